//! The columns that a history needs, found in its file.
//!
//! Owns names and their positions; leaves what cells mean to `clean` and `prices`. Invariant: every column that is
//! missing, ambiguous or misspelt is told at once.

use super::error::{GatheredProblems, HistoryError};
use super::mapping::looks_like;
use super::spec::HistorySpec;
use super::table::HistoryTable;

/// The names of all columns that a history needs, each once.
#[derive(Debug, Default)]
pub(in crate::workload) struct ChosenColumns(pub Vec<String>);

impl ChosenColumns {
    /// The number of a column, under which its cells are read.
    pub fn add(&mut self, name: &str) -> usize {
        self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }

    /// The numbers of several.
    pub fn all(&mut self, names: &[String]) -> Vec<usize> {
        names.iter().map(|name| self.add(name)).collect()
    }
}

/// Chosen columns by role; several are alternatives.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub time: Vec<usize>,
    pub end: Vec<usize>,
    pub organization: Vec<usize>,
    pub feature: Vec<usize>,
    pub duration: Vec<usize>,
    pub status: Vec<usize>,
    pub member: Vec<usize>,
    pub group: Vec<usize>,
    pub project: Vec<usize>,
    pub id: Vec<usize>,
    pub unit: Vec<usize>,
    pub kinds: Vec<usize>,
    pub requests: Vec<usize>,
    pub bucket_end: Vec<usize>,
}

impl Roles {
    /// The columns that a scenario names.
    pub fn choose(spec: &HistorySpec, chosen: &mut ChosenColumns) -> Roles {
        let columns = &spec.columns;
        Roles {
            time: chosen.all(&columns.time),
            end: chosen.all(&columns.end),
            organization: chosen.all(&columns.organization),
            feature: chosen.all(&columns.feature),
            duration: columns.duration.iter().map(|duration| chosen.add(&duration.column)).collect(),
            status: columns.status.iter().flat_map(|s| &s.columns).map(|name| chosen.add(name)).collect(),
            member: chosen.all(&columns.member),
            group: chosen.all(&columns.group),
            project: chosen.all(&columns.project),
            id: chosen.all(&columns.id),
            unit: chosen.all(&columns.unit),
            kinds: spec.kinds.iter().flat_map(|kinds| &kinds.columns).map(|name| chosen.add(name)).collect(),
            requests: spec.buckets.iter().flat_map(|b| &b.requests).map(|name| chosen.add(name)).collect(),
            bucket_end: spec.buckets.iter().flat_map(|b| &b.end).map(|name| chosen.add(name)).collect(),
        }
    }

    /// The groups of alternatives of which the file must have one, with those of sizes; a mapping's file may lack all
    /// roles but the time.
    pub fn needed(&self, lenient: bool, sizes: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let mut groups: Vec<&[usize]> = vec![&self.time];
        if !lenient {
            groups.extend::<[&[usize]; 13]>([
                &self.end,
                &self.organization,
                &self.feature,
                &self.duration,
                &self.status,
                &self.member,
                &self.group,
                &self.project,
                &self.id,
                &self.unit,
                &self.kinds,
                &self.requests,
                &self.bucket_end,
            ]);
        }
        let groups = groups.into_iter().filter(|group| !group.is_empty());
        groups.map(<[usize]>::to_vec).chain(sizes).collect()
    }
}

/// Tells every column that a CSV header lacks or has twice; `sizes` are those of costs.
pub(super) fn require(
    spec: &HistorySpec,
    table: &HistoryTable,
    names: &[String],
    roles: &Roles,
    sizes: Vec<Vec<usize>>,
) -> GatheredProblems {
    let mut problems = GatheredProblems::default();
    let Some(header) = table.header() else { return problems };
    let needed = roles.needed(spec.columns.lenient, sizes);
    let missing: Vec<Vec<usize>> =
        needed.into_iter().filter(|group| group.iter().all(|column| table.lacks(*column))).collect();
    let alternatives = |group: &[usize]| {
        let names: Vec<&str> = group.iter().map(|column| names[*column].as_str()).collect();
        format!("`{}`", names.join("` or `"))
    };
    let lacks = |what: String| HistoryError::row(&spec.path, 1, what).wanting(&one_of(header));
    // A known product's export is named as such, once; else each column has its own closest name.
    let product = looks_like(header).filter(|name| spec.mapping.as_deref() != Some(*name));
    if let (Some(name), false) = (product, missing.is_empty()) {
        let all: Vec<String> = missing.iter().map(|group| alternatives(group)).collect();
        let hint = format!("these are columns of a usage export: write `mapping = \"{name}\"`");
        problems.add(lacks(format!("has no column {}", all.join(", "))).with_hint(hint));
        return problems;
    }
    for group in missing {
        let error = lacks(format!("has no column {}", alternatives(&group)));
        problems.add(match closest(&names[group[0]], header) {
            Some(close) => error.with_hint(format!("did you mean `{close}`?")),
            None => error,
        });
    }
    for name in names.iter().filter(|name| header.iter().filter(|known| known == name).count() > 1) {
        let error = HistoryError::row(&spec.path, 1, "stands twice in the header").in_column(name);
        problems.add(error.with_hint("rename one of the two columns"));
    }
    problems
}

/// A name without case and punctuation: `startTime`, `Start Time` and `start_time` are one.
pub(in crate::workload) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The last word of a name in small letters: `error` of `data.error`, `is_error` and `isError`.
pub(in crate::workload) fn last_word(name: &str) -> String {
    let mut word = String::new();
    let mut last_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                last_small = false;
                word.push(' ');
            }
            continue;
        }
        if c.is_uppercase() && last_small {
            word.push(' ');
        }
        last_small = c.is_lowercase() || c.is_numeric();
        word.extend(c.to_lowercase());
    }
    word.split_whitespace().last().unwrap_or_default().to_owned()
}

fn one_of(header: &[String]) -> String {
    match names_columns(header) {
        true => format!("one of its columns: {}", header.join(", ")),
        false => String::from(
            "a first line that names the columns; this one does not look like it, and is not shown",
        ),
    }
}

/// The end of a sentence about a column that is not there: which there are.
pub(in crate::workload) fn its_columns(header: &[String]) -> String {
    match names_columns(header) {
        true => format!("; its columns are: {}", header.join(", ")),
        false => String::from("; its first line does not look like names of columns, and is not shown"),
    }
}

/// False of a first line that may be anything, such as that of a key or of a list of passwords: messages do not show it. Names
/// of columns are several, short, and of letters, digits and little else.
fn names_columns(header: &[String]) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " _-.()[]#%".contains(c);
    let is_name = |name: &String| {
        name.chars().count() <= 60
            && name.chars().all(plain)
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    header.len() > 1 && header.iter().all(is_name) && header.iter().any(|name| !name.is_empty())
}

/// The closest header for "did you mean".
fn closest<'h>(wanted: &str, header: &'h [String]) -> Option<&'h str> {
    if !names_columns(header) {
        return None;
    }
    let likeness = |name: &String| strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase());
    let best = header.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(best.as_str())
}
