//! Tables of the page: narrow, sortable by script, read well by screen readers, on phones and on paper.
//!
//! Owns the markup of every table. What a cell sorts by stands in `data-value`; on a phone a row becomes a card, whose lines
//! take their names from `data-label`.

use maud::{Markup, html};

use crate::units::visible_lines;

use super::super::table::{Cell, Column, Table, Tone};

/// Policies beside each other in one table; more make a second one, in which the baseline stands again.
const MOST_BESIDE: usize = 6;

/// Bytes of a line of a head that is broken where there is no room.
const LONG_HEAD: usize = 16;

/// A table of the page.
#[derive(Debug, Clone, Default)]
pub struct PageTable {
    /// What it shows.
    pub caption: String,
    /// Columns; cells of the first one head their rows.
    pub heads: Vec<PageHead>,
    /// Rows as long as there are columns.
    pub rows: Vec<Vec<PageCell>>,
    /// Sentences below it.
    pub notes: Vec<String>,
}

/// The head of a column.
#[derive(Debug, Clone)]
pub struct PageHead {
    /// For people; may have several lines.
    pub label: String,
    /// Numbers stand to the right.
    pub right: bool,
}

/// A cell.
#[derive(Debug, Clone, Default)]
pub struct PageCell {
    /// For people; empty where the value does not apply.
    pub text: String,
    /// What it sorts by, if that is a number.
    pub value: Option<f64>,
    /// A verdict behind it: its character and what that means.
    pub mark: Option<(String, &'static str)>,
    /// How it is coloured.
    pub tone: Tone,
    /// A sentence below it.
    pub about: String,
    /// It is not what the baseline has.
    pub differs: bool,
}

impl PageCell {
    /// A word.
    pub fn text(text: impl Into<String>) -> Self {
        PageCell { text: text.into(), ..PageCell::default() }
    }
}

/// What a mark of a table means, for those who do not see it.
fn meaning(mark: &str) -> Option<&'static str> {
    Some(match mark {
        "+" => "better",
        "-" => "worse",
        "↑" => "higher",
        "↓" => "lower",
        "≈" => "practically equal",
        "=" => "equal",
        "~" => "undecided",
        _ => return None,
    })
}

impl From<&Cell> for PageCell {
    fn from(cell: &Cell) -> Self {
        let value = match cell {
            Cell::Number { value, .. } | Cell::Estimate { value, .. } => Some(*value),
            Cell::Toned { value, .. } => *value,
            Cell::Text(_) | Cell::Absent => None,
        };
        // Spaces align numbers in a terminal; here they stand to the right.
        let words: Vec<&str> = cell.shown().split_whitespace().collect();
        let mark = words.last().and_then(|last| Some(((*last).to_owned(), meaning(last)?)));
        let mark = mark.filter(|_| matches!(cell, Cell::Toned { value: Some(_), .. }));
        let words = if mark.is_some() { &words[..words.len() - 1] } else { &words[..] };
        let text = if *cell == Cell::Absent { String::new() } else { words.join(" ") };
        PageCell { text, value, mark, tone: cell.tone(), ..PageCell::default() }
    }
}

impl From<&Table> for PageTable {
    fn from(table: &Table) -> Self {
        let head = |column: &Column| PageHead { label: column.shown().to_owned(), right: column.right };
        PageTable {
            caption: table.title.clone(),
            heads: table.columns.iter().map(head).collect(),
            rows: table.rows.iter().map(|row| row.iter().map(PageCell::from).collect()).collect(),
            notes: table.notes.clone(),
        }
    }
}

impl PageTable {
    /// The same in tables that are narrow enough for a page: the first `lead` columns stand in each of them.
    pub fn narrow(self, lead: usize) -> Vec<PageTable> {
        let rest: Vec<usize> = (lead..self.heads.len()).collect();
        let most = (MOST_BESIDE + 1).saturating_sub(lead).max(1);
        if rest.len() <= most {
            return vec![self];
        }
        // As wide as each other.
        let parts = rest.len().div_ceil(most);
        let each = rest.len().div_ceil(parts);
        let part = |(index, columns): (usize, &[usize])| {
            let kept = || (0..lead).chain(columns.iter().copied());
            PageTable {
                caption: format!("{} ({} of {parts})", self.caption, index + 1),
                heads: kept().map(|column| self.heads[column].clone()).collect(),
                rows: self
                    .rows
                    .iter()
                    .map(|row| kept().map(|column| row[column].clone()).collect())
                    .collect(),
                notes: if index + 1 == parts { self.notes.clone() } else { Vec::new() },
            }
        };
        rest.chunks(each).enumerate().map(part).collect()
    }

    /// As HTML. A table of a few words and numbers is not worth sorting.
    pub fn markup(&self) -> Markup {
        let sortable = self.rows.len() > 2;
        html! {
            div.scroll tabindex="0" role="region" aria-label=(plain(&self.caption)) {
                table.sortable[sortable] {
                    caption { (super::words(&self.caption)) }
                    thead { tr { @for head in &self.heads { (head.markup()) } } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (index, (head, cell)) in self.heads.iter().zip(row).enumerate() {
                                    (cell.markup(head, index == 0))
                                }
                            }
                        }
                    }
                }
            }
            @for note in &self.notes { p.notes { (super::words(note)) } }
        }
    }
}

impl PageHead {
    fn markup(&self) -> Markup {
        let lines: Vec<&str> = self.label.trim().lines().filter(|line| !line.trim().is_empty()).collect();
        html! {
            th scope="col" class=[self.right.then_some("right")] {
                @if lines.is_empty() { span.unseen { "name" } }
                @for (index, line) in lines.iter().enumerate() {
                    @if index > 0 { br; }
                    // A long name may go on below, behind an underscore.
                    @for part in line.split_inclusive('_') { (visible_lines(part)) @if part.ends_with('_') && line.len() > LONG_HEAD { wbr; } }
                }
            }
        }
    }

    /// In one line, for a card on a phone.
    fn label(&self) -> String {
        plain(self.label.trim())
    }
}

/// Lines as one; a name that was broken behind an underscore is whole again.
fn plain(text: &str) -> String {
    let words = text.replace("_\n", "_");
    visible_lines(&words.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

impl PageCell {
    fn markup(&self, head: &PageHead, first: bool) -> Markup {
        let mut classes = Vec::new();
        classes.extend(head.right.then_some("right"));
        classes.extend(self.tone.class());
        classes.extend(self.differs.then_some("differs"));
        classes.extend((self.text.is_empty() && self.mark.is_none()).then_some("absent"));
        let class = (!classes.is_empty()).then(|| classes.join(" "));
        let value = self.value.map(|value| value.to_string());
        if first {
            return html! { th scope="row" class=[class] data-value=[value] { (self.inside()) } };
        }
        html! { td class=[class] data-label=(head.label()) data-value=[value] { (self.inside()) } }
    }

    fn inside(&self) -> Markup {
        html! {
            @if self.text.is_empty() && self.mark.is_none() {
                span.unseen { "does not apply" }
            } @else if self.differs {
                mark { (visible_lines(&self.text)) }
                span.unseen { " (not as the baseline)" }
            } @else {
                (visible_lines(&self.text))
            }
            @if let Some((mark, meaning)) = &self.mark {
                " "
                b.verdict title=(meaning) aria-hidden="true" { (mark) }
                span.unseen { " " (meaning) }
            }
            @if !self.about.is_empty() { small.about { (super::words(&self.about)) } }
        }
    }
}

impl Tone {
    fn class(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Good => Some("good"),
            Tone::Bad => Some("bad"),
            Tone::Doubtful => Some("doubtful"),
            Tone::Notable => Some("notable"),
            Tone::Faint => Some("faint"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_a_mark_with_its_word_and_the_number_sorts() {
        let cell = PageCell::from(&Cell::toned(0.139, "13.9 ±3.2   +", Tone::Good));
        assert_eq!((cell.text.as_str(), cell.value), ("13.9 ±3.2", Some(0.139)));
        assert_eq!(cell.mark, Some(("+".to_owned(), "better")));
        let table = PageTable {
            caption: "Service".to_owned(),
            heads: ["", "loss_\nrate\n%"]
                .map(|label| PageHead { label: label.to_owned(), right: true })
                .to_vec(),
            rows: vec![vec![PageCell::text("hold"), cell]],
            notes: Vec::new(),
        };
        let text = table.markup().into_string();
        for wanted in
            ["<th scope=\"row\"", "data-value=\"0.139\"", "data-label=\"loss_rate %\"", " better</span>"]
        {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
    }

    #[test]
    fn a_wide_table_becomes_several_with_the_baseline_in_each() {
        let names: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
        let head = |name: &String| PageHead { label: name.clone(), right: false };
        let table = PageTable {
            heads: std::iter::once(&"key".to_owned()).chain(&names).map(head).collect(),
            rows: vec![(0..13).map(|number: u32| PageCell::text(number.to_string())).collect()],
            ..PageTable::default()
        };
        let parts = table.narrow(2);
        let heads: Vec<Vec<&str>> =
            parts.iter().map(|part| part.heads.iter().map(|head| head.label.as_str()).collect()).collect();
        assert_eq!(heads[0], ["key", "p0", "p1", "p2", "p3", "p4"]);
        assert_eq!(heads[2], ["key", "p0", "p9", "p10", "p11"]);
        assert!(parts.iter().all(|part| part.heads.len() == part.rows[0].len()));
    }
}
