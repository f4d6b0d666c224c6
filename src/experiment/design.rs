//! Which settings to try: every combination, lists side by side, or a Latin hypercube.
//!
//! Owns the points of a design as text. Leaves what the keys mean to `scenario` and running to `trials`.

use crate::sampling::{Purpose, StreamKey};
use crate::scenario::{UnitAmount, Vary};

/// Most points of a design: beyond it somebody mistyped a step.
pub const MOST_POINTS: usize = 100_000;

/// A key and what it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Dotted key.
    pub key: String,
    /// Its settings.
    pub settings: Settings,
}

/// What a key can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Settings {
    /// One of these, as the command line would set them.
    Listed(Vec<String>),
    /// Anything between two ends, inclusive.
    Between(Between),
}

/// Everything between two ends of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Between {
    low: UnitAmount,
    high: f64,
    places: usize,
}

/// Why an axis or a design cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DesignError(pub String);

type Designed<T> = Result<T, DesignError>;

fn wrong<T>(what: impl Into<String>) -> Designed<T> {
    Err(DesignError(what.into()))
}

impl Axis {
    /// `KEY=a,b,c`, `KEY=lo..hi:step` or `KEY=lo..hi`.
    ///
    /// # Errors
    /// What is wanted instead.
    pub fn parse(text: &str) -> Designed<Self> {
        let Some((key, values)) =
            text.split_once('=').filter(|(key, values)| !key.trim().is_empty() && !values.trim().is_empty())
        else {
            return wrong(format!("`{text}` is no `KEY=a,b,c`, `KEY=lo..hi:step` or `KEY=lo..hi`"));
        };
        let settings = match values.split_once("..").filter(|_| !values.contains(['[', '{', '"', ','])) {
            Some((low, rest)) => range(values, low, rest)?,
            None => Settings::Listed(top_level(values)),
        };
        Ok(Axis { key: key.trim().to_owned(), settings })
    }

    /// The axis that a scenario's `[sweep]` states.
    ///
    /// # Errors
    /// If its range cannot be read.
    pub fn of(vary: &Vary) -> Designed<Self> {
        match &vary.range {
            Some(range) => Axis::parse(&format!("{}={range}", vary.key)),
            None => Ok(Axis { key: vary.key.clone(), settings: Settings::Listed(vary.values.clone()) }),
        }
    }

    /// The setting at `share` (0 to 1) of the way.
    #[must_use]
    pub fn at(&self, share: f64) -> String {
        match &self.settings {
            Settings::Listed(values) => {
                values[((share * values.len() as f64) as usize).min(values.len() - 1)].clone()
            }
            Settings::Between(between) => between.at(share),
        }
    }

    fn listed(&self) -> Designed<&[String]> {
        match &self.settings {
            Settings::Listed(values) => Ok(values),
            Settings::Between(_) => wrong(format!(
                "`{}` has a range without a step; write `lo..hi:step`, or ask for a Latin hypercube",
                self.key
            )),
        }
    }
}

impl Between {
    fn at(&self, share: f64) -> String {
        self.low.with(self.low.number + share * (self.high - self.low.number), self.places)
    }
}

/// `lo..hi` and `lo..hi:step`. The unit may be written at any of the three.
fn range(text: &str, low: &str, rest: &str) -> Designed<Settings> {
    let (high, step) = rest.split_once(':').map_or((rest, None), |(high, step)| (high, Some(step)));
    let read = |part: &str| {
        UnitAmount::parse(part).ok_or_else(|| DesignError(format!("`{part}` in `{text}` is no number")))
    };
    let (low, high, step) = (read(low)?, read(high)?, step.map(read).transpose()?);
    let parts: Vec<&UnitAmount> = [&low, &high].into_iter().chain(&step).collect();
    let unit = parts.iter().map(|part| part.unit.trim_end()).find(|unit| !unit.is_empty()).unwrap_or("");
    if parts.iter().any(|part| !part.unit.trim().is_empty() && part.unit.trim() != unit.trim()) {
        return wrong(format!("`{text}` mixes units"));
    }
    if high.number < low.number {
        return wrong(format!("`{text}` ends before it begins"));
    }
    let places = parts.iter().map(|part| part.places).max().unwrap_or(0);
    let low = UnitAmount { unit: unit.to_owned(), ..low };
    let Some(step) = step else {
        return Ok(Settings::Between(Between {
            places: fine_places(&low, high.number, places),
            low,
            high: high.number,
        }));
    };
    steps(text, &low, high.number, step.number, places)
}

/// Whole ends of a number without a unit ask for whole numbers, unless there would be hardly any.
fn fine_places(low: &UnitAmount, high: f64, places: usize) -> usize {
    let width = high - low.number;
    if places == 0 && low.unit.is_empty() && width >= 2.0 {
        return 0;
    }
    // Four significant digits of the width.
    let magnitude = if width > 0.0 { libm::floor(libm::log10(width)) } else { 0.0 };
    places.max((3 - magnitude as i32).clamp(0, 9) as usize)
}

/// Counted in units of the last decimal, so that 0.1..0.5:0.1 ends at 0.5.
fn steps(text: &str, low: &UnitAmount, high: f64, step: f64, places: usize) -> Designed<Settings> {
    let scale = libm::pow(10.0, places as f64);
    let units = |value: f64| libm::round(value * scale) as i64;
    let (first, last, step) = (units(low.number), units(high), units(step));
    if step <= 0 {
        return wrong(format!("the step of `{text}` is not above 0"));
    }
    if ((last - first) / step) as usize >= MOST_POINTS {
        return wrong(format!("`{text}` has more than {MOST_POINTS} values"));
    }
    let value = |index: i64| low.with((first + index * step) as f64 / scale, places);
    Ok(Settings::Listed((0..=(last - first) / step).map(value).collect()))
}

/// Splits at commas that stand outside of brackets, braces and quotes.
fn top_level(text: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut parts) = (0_i32, false, vec![String::new()]);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(character);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Every combination; the last axis varies fastest.
///
/// # Errors
/// If an axis is a range without a step, or there are too many points.
pub fn grid(axes: &[Axis]) -> Designed<Vec<Vec<String>>> {
    let mut points = vec![Vec::new()];
    for axis in axes {
        let values = axis.listed()?;
        if points.len() * values.len() > MOST_POINTS {
            return wrong(format!("that is more than {MOST_POINTS} points"));
        }
        let longer =
            |point: &Vec<String>, value: &String| [point.as_slice(), std::slice::from_ref(value)].concat();
        points =
            points.iter().flat_map(|point| values.iter().map(move |value| longer(point, value))).collect();
    }
    Ok(points)
}

/// The first of every list, the second of every list, …
///
/// # Errors
/// If the lists differ in length or an axis is a range without a step.
pub fn matched(axes: &[Axis]) -> Designed<Vec<Vec<String>>> {
    let lists: Vec<&[String]> = axes.iter().map(Axis::listed).collect::<Designed<_>>()?;
    let length = lists.first().map_or(0, |list| list.len());
    if let Some((axis, list)) = axes.iter().zip(&lists).find(|(_, list)| list.len() != length) {
        let first = &axes[0].key;
        return wrong(format!(
            "`{first}` has {length} values and `{}` has {}; matched lists are of one length",
            axis.key,
            list.len()
        ));
    }
    Ok((0..length).map(|index| lists.iter().map(|list| list[index].clone()).collect()).collect())
}

/// `count` points such that each axis, cut into `count` equal parts, has one point in each part. The same seed gives
/// the same points; an axis keeps its values when another is added.
#[must_use]
pub fn latin_hypercube(axes: &[Axis], count: u32, seed: u64) -> Vec<Vec<String>> {
    let column = |axis: &Axis| {
        let key = StreamKey::root(seed).name("latin hypercube").name(&axis.key);
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_by_key(|&index| key.value(Purpose::Traits, u64::from(index), 0));
        let place = |(index, part): (usize, u32)| {
            let inside = key.uniform(Purpose::Traits, index as u64, 1);
            axis.at((f64::from(part) + inside) / f64::from(count))
        };
        order.into_iter().enumerate().map(place).collect::<Vec<String>>()
    };
    let columns: Vec<Vec<String>> = axes.iter().map(column).collect();
    (0..count as usize).map(|index| columns.iter().map(|column| column[index].clone()).collect()).collect()
}

/// `count` settings at even distances with both ends; a list is taken whole.
#[must_use]
pub fn evenly(axis: &Axis, count: u32) -> Vec<String> {
    match &axis.settings {
        Settings::Listed(values) => values.clone(),
        Settings::Between(between) => {
            let last = f64::from(count.max(2) - 1);
            let mut values: Vec<String> =
                (0..count.max(2)).map(|index| between.at(f64::from(index) / last)).collect();
            values.dedup();
            values
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn listed(text: &str) -> Vec<String> {
        Axis::parse(text).unwrap().listed().unwrap().to_vec()
    }

    #[test]
    fn values_are_lists_and_steps_with_units() {
        let cases = [
            ("k=1,2,3", "1|2|3"),
            ("k=0..300:100", "0|100|200|300"),
            ("k=0.1..0.5:0.1", "0.1|0.2|0.3|0.4|0.5"),
            ("k=10..30%:10%", "10%|20%|30%"),
            ("k=1h..4h:1h", "1h|2h|3h|4h"),
            ("k=1..2/day:0.5", "1/day|1.5/day|2/day"),
            ("k=5..6:2", "5"),
            ("k={ uniform = [1, 2] },[1, 2],\"a,b\"", "{ uniform = [1, 2] }|[1, 2]|\"a,b\""),
            ("a.b.c=queue, reject", "queue|reject"),
        ];
        for (text, expected) in cases {
            assert_eq!(listed(text).join("|"), expected, "{text}");
        }
        for text in ["k", "=1", "k=", "k=1..x", "k=5..1:1", "k=1..5:0", "k=1h..2d:1h"] {
            assert!(Axis::parse(text).is_err(), "{text}");
        }
        assert!(grid(&[Axis::parse("k=1..5").unwrap()]).is_err(), "a range without a step is no list");
    }

    #[test]
    fn a_grid_has_every_combination_and_matched_lists_go_side_by_side() {
        let axes = [Axis::parse("a=1,2").unwrap(), Axis::parse("b=x,y").unwrap()];
        let joined = |points: Vec<Vec<String>>| points.iter().map(|point| point.join("")).collect::<Vec<_>>();
        assert_eq!(joined(grid(&axes).unwrap()), ["1x", "1y", "2x", "2y"]);
        assert_eq!(joined(matched(&axes).unwrap()), ["1x", "2y"]);
        let uneven = [Axis::parse("a=1,2").unwrap(), Axis::parse("b=x").unwrap()];
        assert!(matched(&uneven).is_err());
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_each_part_of_each_axis() {
        let axes = [Axis::parse("a=0..100").unwrap(), Axis::parse("b=0..1").unwrap()];
        let points = latin_hypercube(&axes, 10, 7);
        for (axis, width) in [(0, 10.0), (1, 0.1)] {
            let parts: BTreeSet<i64> = points
                .iter()
                // Rounding to whole numbers may move a point to its part's upper edge.
                .map(|point| {
                    ((point[axis].parse::<f64>().unwrap() - 0.5 * f64::from(axis == 0)) / width).floor()
                        as i64
                })
                .collect();
            assert!(parts.len() >= 9, "{points:?}");
        }
        assert_eq!(points, latin_hypercube(&axes, 10, 7));
        assert_ne!(points, latin_hypercube(&axes, 10, 8));
        let alone = latin_hypercube(&axes[1..], 10, 7);
        assert!(alone.iter().zip(&points).all(|(own, all)| own[0] == all[1]), "an axis keeps its values");
    }

    #[test]
    fn ends_that_are_whole_give_whole_numbers_where_there_are_some() {
        let cases =
            [("k=0..100", "0|50|100"), ("k=0..1", "0|0.5|1"), ("k=1/day..4/day", "1/day|2.5/day|4/day")];
        for (text, expected) in cases {
            assert_eq!(evenly(&Axis::parse(text).unwrap(), 3).join("|"), expected, "{text}");
        }
    }
}
