//! What stands around panels: the legend above them, notes and what is left out below.

use std::collections::BTreeSet;

use crate::experiment::Verdict;

use super::super::picture::{PanelContent, Picture, PictureSeries};
use super::canvas::{Canvas, DrawingResult, Font, Place, TextAnchor, cut, width_of, wrap_words};
use super::{columns, paint, plain, rows, stacks};

/// From the beginning of one sign to its text, and behind the text.
const SIGN: f64 = 24.0;
const BEHIND: f64 = 20.0;

/// Something that a legend explains.
#[derive(Debug, Clone)]
pub(super) struct LegendEntry {
    sign: LegendSign,
    text: String,
}

#[derive(Debug, Clone)]
enum LegendSign {
    Series(PictureSeries),
    Verdict(Verdict),
    /// A part, of so many.
    Part(usize, usize),
    End(bool),
}

/// The legend in rows of a width.
pub(super) fn legend(picture: &Picture, width: f64) -> Vec<Vec<LegendEntry>> {
    let mut rows: Vec<Vec<LegendEntry>> = Vec::new();
    let mut free = 0.0;
    for entry in entries(picture) {
        let entry = LegendEntry { text: cut(&entry.text, Font::VALUE, width / 2.0), ..entry };
        let needed = SIGN + width_of(&entry.text, Font::VALUE) + BEHIND;
        match rows.last_mut() {
            Some(row) if needed <= free + BEHIND => row.push(entry),
            _ => {
                rows.push(vec![entry]);
                free = width;
            }
        }
        free -= needed;
    }
    rows
}

fn entries(picture: &Picture) -> Vec<LegendEntry> {
    let series = |index: usize| {
        let own = &picture.series[index];
        LegendEntry { sign: LegendSign::Series(own.clone()), text: own.name.clone() }
    };
    let panels = picture.panels.iter().map(|panel| &panel.content);
    match picture.panels.first().map(|panel| &panel.content) {
        Some(PanelContent::Bars { .. }) => {
            let judged = panels.flat_map(|content| match content {
                PanelContent::Bars { rows, .. } => rows.as_slice(),
                _ => &[],
            });
            let verdicts: BTreeSet<Verdict> =
                judged.filter_map(|row| row.difference.as_ref()).map(|found| found.verdict).collect();
            let entry = |verdict| LegendEntry {
                sign: LegendSign::Verdict(verdict),
                text: paint::verdict_words(verdict).to_owned(),
            };
            verdicts.into_iter().map(entry).collect()
        }
        Some(PanelContent::Stacks { parts, .. }) => {
            let entry = |(index, name): (usize, &String)| LegendEntry {
                sign: LegendSign::Part(index, parts.len()),
                text: name.clone(),
            };
            parts.iter().enumerate().map(entry).collect()
        }
        Some(PanelContent::Swings { .. }) => {
            let entry = |high: bool| LegendEntry {
                sign: LegendSign::End(high),
                text: if high { "high setting" } else { "low setting" }.to_owned(),
            };
            [false, true].map(entry).to_vec()
        }
        Some(PanelContent::Curves { .. } | PanelContent::Points { .. }) if columns(picture) > 1 => {
            let shown: Vec<BTreeSet<usize>> = panels.map(series_of).collect();
            // Where each panel is of one policy, its title says which.
            if shown.iter().all(|own| own.len() < 2) {
                return Vec::new();
            }
            let all: BTreeSet<usize> = shown.into_iter().flatten().collect();
            all.into_iter().map(series).collect()
        }
        _ => Vec::new(),
    }
}

/// The series that a panel draws.
pub(super) fn series_of(content: &PanelContent) -> BTreeSet<usize> {
    match content {
        PanelContent::Curves { curves } => curves.iter().map(|curve| curve.series).collect(),
        PanelContent::Points { points, .. } => points.iter().map(|point| point.series).collect(),
        _ => BTreeSet::new(),
    }
}

pub(super) fn draw_legend(canvas: &Canvas, rows: &[Vec<LegendEntry>], (left, top): Place) -> DrawingResult {
    for (index, row) in rows.iter().enumerate() {
        let (mut x, y) = (left, top + 22.0 * index as f64);
        for entry in row {
            let at = (x + paint::BOX, y);
            match &entry.sign {
                LegendSign::Series(series) => paint::draw_mark(canvas, series, at, 4.5)?,
                LegendSign::Verdict(verdict) => paint::draw_verdict(canvas, *verdict, at)?,
                LegendSign::Part(part, count) => stacks::draw_sample(canvas, (*part, *count), at)?,
                LegendSign::End(high) => rows::draw_sample(canvas, *high, at)?,
            }
            canvas.text(&entry.text, (x + SIGN, y), TextAnchor::Left, Font::VALUE)?;
            x += SIGN + width_of(&entry.text, Font::VALUE) + BEHIND;
        }
    }
    Ok(())
}

/// Notes, and what is left out with its reason, in lines of a width.
pub(super) fn lines(picture: &Picture, width: f64) -> Vec<String> {
    let mut said: Vec<String> = picture.notes.clone();
    let mut reasons: Vec<&str> = picture.left_out.iter().map(|left| left.why.as_str()).collect();
    reasons.dedup();
    for why in reasons {
        let same = picture.left_out.iter().filter(|left| left.why == why);
        let names: Vec<&str> = same.map(|left| left.what.as_str()).collect();
        said.push(format!("not drawn: {} ({why})", names.join(", ")));
    }
    said.iter().flat_map(|line| wrap_words(&plain(line), Font::TICK, width)).collect()
}
