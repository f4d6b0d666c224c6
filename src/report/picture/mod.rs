//! Pictures as data: what they say, their axes, series, values with intervals and verdicts.
//!
//! Owns the value that plots (SVG, PNG) and the page's script draw alike, and the functions that make it of results: each owns
//! the sentence that its finding is. Leaves pixels, fonts and colours in numbers to who draws.
//! Invariants: a series has one colour in every picture of a folder; numbers are finite and in the unit of their axis; what
//! would be empty, or equal to what is shown, is left out and named.

mod axis;
mod balance;
mod bars;
mod changes;
mod concurrency;
mod credits;
mod debt;
mod description;
mod finding;
mod front;
mod hours;
mod limits;
mod optimum;
mod purchases;
mod sweeps;
mod swings;
mod ticks;

use serde::{Serialize, Serializer};

use crate::experiment::{Difference, Estimate, Findings, Verdict};

use super::number;

pub use axis::{AxisScale, AxisTick, PictureAxis};
pub use description::description;
pub use front::front_picture;
pub use optimum::{DrawnCondition, DrawnSearch, TriedSetting, optimum_picture};
pub use sweeps::sweep_picture;
pub use swings::swings_picture;

/// A picture: its finding as title, and panels that share their series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// Its file below `plots/` without ending; no other picture of a folder has it.
    pub name: String,
    /// What it shows, as a sentence without a full stop; policies stand between backticks.
    pub title: String,
    /// What is drawn, and how to read it.
    pub subtitle: String,
    /// Whom the colours stand for; panels refer to it by index.
    pub series: Vec<PictureSeries>,
    /// From top to bottom, or in rows of two or three where they are small.
    pub panels: Vec<PicturePanel>,
    /// What to know besides, a sentence each.
    pub notes: Vec<String>,
    /// What has no panel, and why.
    pub left_out: Vec<LeftOut>,
}

/// Something that is not drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub what: String,
    /// Why it is not drawn: a clause that goes on behind the name and a colon.
    pub why: String,
}

/// A policy, or whatever else a colour stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PictureSeries {
    /// Its name.
    pub name: String,
    /// Its colour: a place in the palette, the same in every picture of the folder. A palette that ends begins anew with
    /// another dash.
    pub color: usize,
    /// Others are compared with it.
    pub baseline: bool,
}

/// Two axes and what is drawn between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PicturePanel {
    /// What it shows; may be empty where there is one panel.
    pub title: String,
    /// The horizontal axis.
    pub x: PictureAxis,
    /// The vertical axis; without ticks where rows have names.
    pub y: PictureAxis,
    /// What is drawn.
    pub content: PanelContent,
}

/// What is drawn between the axes of a panel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PanelContent {
    /// A bar a policy along `x`, and beside it its paired difference to the baseline with its interval around a zero line.
    Bars {
        /// From top to bottom.
        rows: Vec<BarRow>,
        /// The axis of differences; absent where nothing is compared.
        difference: Option<PictureAxis>,
    },
    /// Dots with intervals in named rows, along `x`.
    Dots {
        /// From top to bottom.
        rows: Vec<DotRow>,
        /// Values to draw a line at, with what they are.
        lines: Vec<AxisTick>,
    },
    /// Bars between a low and a high end in named rows, around a base on `x`.
    Swings {
        /// From top to bottom.
        rows: Vec<SwingRow>,
        /// The value as assumed.
        base: f64,
    },
    /// Curves over `x`, with bands.
    Curves {
        /// Drawn in this order.
        curves: Vec<PictureCurve>,
    },
    /// Points in the plane.
    Points {
        /// Drawn in this order.
        points: Vec<PlanePoint>,
        /// Whether points that are `marked` are joined from left to right.
        joined: bool,
    },
    /// Bars of parts that add up, a policy each, along `x`.
    Stacks {
        /// Names of the parts, from the axis outwards.
        parts: Vec<String>,
        /// From top to bottom.
        rows: Vec<StackRow>,
    },
    /// A grid of shades: `values[row][column]`, from 0 (white) to `most` (the series' colour).
    Shades {
        /// Whose values.
        series: usize,
        /// By row, then column.
        values: Vec<Vec<f64>>,
        /// The darkest shade's value, the same in all panels of a picture.
        most: f64,
    },
}

/// A policy's bar and its difference to the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BarRow {
    /// The policy.
    pub series: usize,
    /// Its outcome; absent where the outcome does not apply.
    pub value: Option<PictureValue>,
    /// Policy less baseline; absent for the baseline itself.
    pub difference: Option<JudgedValue>,
}

/// A dot with an interval, in a row of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DotRow {
    /// The policy.
    pub series: usize,
    /// The row's name.
    pub label: String,
    /// A word behind the row: `chosen`, `breaks`.
    pub remark: String,
    /// Emphasized.
    pub marked: bool,
    /// The value; absent where it does not apply.
    pub value: Option<PictureValue>,
}

/// What one assumption moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SwingRow {
    /// The assumption's key.
    pub label: String,
    /// The outcome at the low setting, which `text` names.
    pub low: PictureValue,
    /// The outcome at the high setting, which `text` names.
    pub high: PictureValue,
    /// How far the outcome moves between its ends, with the paired interval of that.
    pub width: PictureValue,
    /// It turns the ranking of policies.
    pub ranking_changes: bool,
}

/// A line over an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PictureCurve {
    /// Its policy.
    pub series: usize,
    /// What it is besides its policy's; empty for the policy itself.
    pub label: String,
    /// How it is drawn.
    pub style: CurveStyle,
    /// In the order of `x`.
    pub points: Vec<CurvePoint>,
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveStyle {
    /// From point to point, intervals as a band.
    Line,
    /// The same with a dot at each point.
    Dotted,
    /// Level until the next point.
    Steps,
    /// A thin dashed line without a band.
    Aside,
}

/// A point of a curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Where on the axis; instants in seconds since 1970.
    pub x: f64,
    /// The value, its interval the band.
    #[serde(flatten)]
    pub value: PictureValue,
}

/// A point in the plane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanePoint {
    /// Its policy.
    pub series: usize,
    /// Written beside it; may be empty.
    pub label: String,
    /// Full, and joined with others that are; else a ring.
    pub marked: bool,
    /// Along the horizontal axis.
    pub x: PictureValue,
    /// Along the vertical axis.
    pub y: PictureValue,
}

/// A policy's parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackRow {
    /// The policy.
    pub series: usize,
    /// One a part.
    pub parts: Vec<PictureValue>,
    /// What is written behind the bar.
    pub total: String,
}

/// A number with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PictureValue {
    /// In the unit of its axis.
    pub mean: f64,
    /// The lower end; absent without an interval.
    pub low: Option<f64>,
    /// The upper end; absent without an interval.
    pub high: Option<f64>,
    /// As people read it, with its unit.
    pub text: String,
}

/// A difference to the baseline and what it comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedValue {
    /// The difference.
    #[serde(flatten)]
    pub value: PictureValue,
    /// What it comes to.
    #[serde(serialize_with = "in_words")]
    pub verdict: Verdict,
    /// The verdict as the tables mark it.
    pub sign: &'static str,
}

fn in_words<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.name())
}

impl PictureValue {
    /// A number without an interval.
    #[must_use]
    pub fn plain(mean: f64, unit: &str) -> Self {
        PictureValue { mean, low: None, high: None, text: with_unit(&number::short(mean), unit) }
    }

    /// An estimate, times a factor, in a unit.
    #[must_use]
    pub fn of(estimate: &Estimate, factor: f64, unit: &str) -> Self {
        let shown = estimate.scaled(factor);
        let (low, high) = shown.interval().filter(|(low, high)| low < high).unzip();
        PictureValue { mean: shown.mean, low, high, text: with_unit(&number::estimated(&shown), unit) }
    }

    /// The lower end, or the number itself.
    #[must_use]
    pub fn lowest(&self) -> f64 {
        self.low.unwrap_or(self.mean)
    }

    /// The upper end, or the number itself.
    #[must_use]
    pub fn highest(&self) -> f64 {
        self.high.unwrap_or(self.mean)
    }
}

impl JudgedValue {
    /// A difference, times a factor, in a unit.
    #[must_use]
    pub fn of(difference: &Difference, factor: f64, unit: &str) -> Self {
        let value = PictureValue::of(&difference.estimate, factor, unit);
        // Alike by chance is no interval.
        let shown = difference.interval().is_some();
        let value = if shown { value } else { PictureValue { low: None, high: None, ..value } };
        JudgedValue { value, verdict: difference.verdict, sign: sign(difference.verdict) }
    }
}

/// One character a verdict, as tables and pictures have it.
pub(in crate::report) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "+",
        Verdict::Worse => "-",
        Verdict::Higher => "↑",
        Verdict::Lower => "↓",
        Verdict::PracticallyEqual => "≈",
        Verdict::Equal => "=",
        Verdict::Undecided => "~",
    }
}

fn with_unit(text: &str, unit: &str) -> String {
    if unit.is_empty() { text.to_owned() } else { format!("{text} {unit}") }
}

/// The policies of a run as series, in file order: a policy's colour is its place.
fn policies(findings: &Findings) -> Vec<PictureSeries> {
    let series = |(index, name): (usize, &String)| PictureSeries {
        name: name.clone(),
        color: index,
        baseline: index == findings.baseline,
    };
    findings.shape().policies.iter().enumerate().map(series).collect()
}

/// Every picture of a run that has something to show, in the order of the page. What has none is named below the first.
#[must_use]
pub fn pictures(findings: &Findings) -> Vec<Picture> {
    let bars = |name: &'static str| {
        let own = bars::BAR_PICTURES.iter().find(|own| own.name == name);
        own.map(|own| own.picture(findings))
    };
    let made = |names: &'static [&'static str]| names.iter().copied().filter_map(bars);
    let others = [
        credits::picture(findings),
        balance::picture(findings).ok_or_else(|| LeftOut {
            what: "balance".to_owned(),
            why: "the horizon is too short for a timeline".to_owned(),
        }),
        debt::picture(findings),
    ];
    let service = made(&["service"]).chain([hours::picture(findings), limits::picture(findings)]);
    let load = made(&["load"]).chain([concurrency::picture(findings)]);
    let money = made(&["money", "breakage", "top-ups"]).chain([purchases::picture(findings)]);
    gathered(service.chain(load).chain(money).chain(changes::pictures(findings)).chain(others))
}

/// Those that can be drawn; what cannot is named below the first.
#[must_use]
pub fn gathered(made: impl IntoIterator<Item = Result<Picture, LeftOut>>) -> Vec<Picture> {
    let (mut pictures, mut left_out) = (Vec::new(), Vec::new());
    for made in made {
        match made {
            Ok(picture) => pictures.push(picture),
            Err(missing) => left_out.push(missing),
        }
    }
    if let Some(first) = pictures.first_mut() {
        first.left_out.extend(left_out);
    }
    pictures
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Measurements;
    use crate::outcome::synthetic;

    fn findings(policies: &[&str], replications: u64) -> Findings {
        let shape = synthetic::shape(policies);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..replications).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 60)));
        Findings::new(measurements, 0)
    }

    #[test]
    fn a_title_says_what_was_found_and_claims_nothing_that_is_not_shown() {
        let title = |replications| {
            let found = pictures(&findings(&["block", "overdraft"], replications));
            found.iter().find(|picture| picture.name == "service").expect("it applies").title.clone()
        };
        assert!(title(12).starts_with("`overdraft` cuts refusals to "), "{}", title(12));
        assert!(title(12).ends_with("% of operations under `block`"), "{}", title(12));
        assert!(title(2).starts_with("No policy is shown to change refusals"), "{}", title(2));
    }

    #[test]
    fn a_policy_has_one_colour_in_every_picture() {
        let found = pictures(&findings(&["block", "overdraft", "hold"], 6));
        assert!(found.len() >= 3);
        for picture in &found {
            for series in &picture.series {
                assert_eq!(
                    series.color,
                    ["block", "overdraft", "hold"].iter().position(|name| *name == series.name).unwrap()
                );
            }
        }
    }

    #[test]
    fn a_picture_is_plain_data_with_finite_numbers() {
        let json = serde_json::to_value(pictures(&findings(&["block", "overdraft"], 6))).unwrap();
        let bars = &json[0]["panels"][0]["content"];
        assert_eq!(bars["kind"], "bars");
        assert_eq!(bars["rows"][1]["difference"]["verdict"], "better");
        assert!(bars["rows"][1]["difference"]["low"].is_f64(), "the interval lies beside the difference");
        // What is not finite becomes null, which only ends of intervals may be.
        for row in bars["rows"].as_array().unwrap() {
            assert!(row["value"]["mean"].is_f64());
        }
    }
}
