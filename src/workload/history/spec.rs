//! What a scenario says about a usage history.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::units::{FeatureIndex, SimSpan, SimTime};

use crate::workload::accounts::OtherAccounts;
use crate::workload::formula::Formula;
use crate::workload::rates::{FeatureRates, MOST_RATES};

/// A usage history and how its columns are read.
#[derive(Debug, Clone)]
pub struct HistorySpec {
    /// Its name in messages and in the manifest (the cohort's).
    pub name: String,
    /// The ready-made mapping that it is read by, if any.
    pub mapping: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// Its content, if it is bundled in the binary; the path is then only its name.
    pub bundled: Option<&'static [u8]>,
    /// Most text that it may hold, unpacked (bytes); absent if that is the user's own affair.
    pub most_text: Option<u64>,
    /// How the file is written.
    pub format: HistoryFormat,
    /// Which columns mean what.
    pub columns: Columns,
    /// What a row costs.
    pub cost: RowCost,
    /// What else prices the rows of each feature of the scenario, in its file order; empty if nothing does.
    pub rates: Vec<Arc<FeatureRates>>,
    /// Values of the feature column and the features they stand for.
    pub features: FeatureMap,
    /// Values of the group column and the groups they stand for.
    pub groups: GroupMap,
    /// Rows are totals of time buckets instead of single operations.
    pub buckets: Option<Buckets>,
    /// Which rows are usage, if the file holds others too.
    pub kinds: Option<RowKinds>,
    /// What becomes of rows whose size is empty.
    pub sizeless: Sizeless,
    /// What becomes of rows that repeat another.
    pub duplicates: Duplicates,
    /// Where instants without a zone are.
    pub zone: crate::calendar::Zone,
    /// Moves, thins, repeats.
    pub replay: Replay,
    /// The accounts that organizations are joined to by their labels; those without rows are there too.
    pub accounts: Option<HistoryAccounts>,
    /// Only organizations whose label matches one of these patterns (`*` stands for anything); all if empty.
    pub only: Vec<String>,
    /// Merge the labels into this many organizations by hash.
    pub merge_into: Option<u32>,
}

impl Default for HistorySpec {
    fn default() -> Self {
        HistorySpec {
            name: String::new(),
            mapping: None,
            path: PathBuf::new(),
            bundled: None,
            most_text: None,
            format: HistoryFormat::default(),
            columns: Columns::default(),
            cost: RowCost::default(),
            rates: Vec::new(),
            features: FeatureMap::default(),
            groups: GroupMap::default(),
            buckets: None,
            kinds: None,
            sizeless: Sizeless::default(),
            duplicates: Duplicates::default(),
            zone: crate::calendar::Zone::default(),
            replay: Replay::default(),
            accounts: None,
            only: Vec::new(),
            merge_into: None,
        }
    }
}

impl HistorySpec {
    /// True if rows may be operations of a feature.
    #[must_use]
    pub fn may_feed(&self, feature: FeatureIndex) -> bool {
        let mapped = self.features.map.iter().any(|(_, of)| *of == feature);
        mapped || self.features.other == OtherFeatures::Are(feature)
    }

    /// True if an organization of this label is replayed.
    #[must_use]
    pub fn is_chosen(&self, label: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| matches(pattern, label))
    }

    /// Names of the quantities that its columns are mapped to.
    pub fn quantity_names(&self) -> impl Iterator<Item = String> + '_ {
        let quantities = match &self.cost {
            RowCost::OfFeature { quantities, .. } => quantities.as_slice(),
            RowCost::One | RowCost::Columns { .. } | RowCost::Drawn => &[],
        };
        quantities.iter().map(|(name, _)| name.clone())
    }

    /// Prices that stand beside every row: as many as any feature has rates besides its own. What is drawn is priced as it is
    /// drawn.
    #[must_use]
    pub fn priced_by(&self) -> usize {
        let drawn = matches!(self.cost, RowCost::Drawn);
        self.rates.iter().filter(|_| !drawn).map(|rates| rates.len().min(MOST_RATES)).max().unwrap_or(0)
    }
}

/// The accounts that a history's organizations are joined to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryAccounts {
    /// Their labels.
    pub labels: BTreeSet<String>,
    /// The file that tells of them.
    pub file: String,
    /// What becomes of organizations that have none.
    pub others: OtherAccounts,
}

/// How a history's file is written. Compression by gzip is recognized by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HistoryFormat {
    /// By the first byte: `{` and `[` are JSON, anything else CSV.
    #[default]
    Auto,
    /// Comma-separated with one header line.
    Csv,
    /// One JSON object a line, or a JSON document whose arrays hold rows; `a.b` names a field of a nested object.
    Jsonl,
}

/// Which columns mean what; several names are alternatives, the first cell that is not empty counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Arrival: ISO 8601, or a number since 1970 in seconds, milli-, micro- or nanoseconds (told by its size).
    pub time: Vec<String>,
    /// End of the work, if given as an instant.
    pub end: Vec<String>,
    /// Organization; without one, all rows belong to one organization.
    pub organization: Vec<String>,
    /// Feature.
    pub feature: Vec<String>,
    /// Work time.
    pub duration: Option<DurationColumn>,
    /// Outcome of the operation.
    pub status: Option<StatusColumn>,
    /// Unit in which sizes are counted; `features` may tell features by it too.
    pub unit: Vec<String>,
    /// Person who asked.
    pub member: Vec<String>,
    /// Group (cost centre, seat type) of that person; of rows without one the group itself is the person.
    pub group: Vec<String>,
    /// Project that it was for.
    pub project: Vec<String>,
    /// Columns that together number a row uniquely, by which repetitions are found; without them, rows alike in every
    /// cell are.
    pub id: Vec<String>,
    /// Columns other than the time may be missing from the file, and names are compared without case and punctuation.
    pub lenient: bool,
}

impl Columns {
    /// True if rows name groups or projects.
    #[must_use]
    pub fn place_rows(&self) -> bool {
        !self.group.is_empty() || !self.project.is_empty()
    }
}

/// A column of work times.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationColumn {
    /// Its name.
    pub column: String,
    /// Length of its unit.
    pub unit: SimSpan,
}

/// Columns of outcomes; the worst of them counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatusColumn {
    /// Their names.
    pub columns: Vec<String>,
    /// Values that mean failed.
    pub failed: Vec<String>,
    /// Values that mean cancelled.
    pub cancelled: Vec<String>,
    /// Other values are understood by the words that everybody uses; else they are successes.
    pub usual_words: bool,
}

/// Kinds of rows in a file that holds more than usage.
#[derive(Debug, Clone, PartialEq)]
pub struct RowKinds {
    /// Columns of the kind; several are alternatives. Rows without one are usage.
    pub columns: Vec<String>,
    /// The kinds that are usage, in any case; other rows are counted and left out.
    pub usage: Vec<String>,
}

/// What a row costs.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RowCost {
    /// One credit an operation.
    #[default]
    One,
    /// A formula over columns; the names are the columns' in the order of the formula's values. Empty cells of a
    /// column named in `optional` count as 0; any other empty cell makes the row sizeless.
    Columns {
        /// The formula.
        formula: Formula,
        /// Column of each value.
        columns: Vec<String>,
        /// Columns whose empty cells count as 0.
        optional: Vec<String>,
    },
    /// The cost formula of the row's feature; each of its quantities comes from a column. A bucket of several
    /// operations is priced by their mean, unless the formula is in proportion to the sizes.
    OfFeature {
        /// Pairs (quantity, column); `a|b` are alternatives, `a - b` is what is left of `a` without `b`, and
        /// `a[b=word]` counts in rows whose `b` is that word. A quantity that no column gives counts as 0 if its
        /// name stands in `optional` too.
        quantities: Vec<(String, String)>,
        /// Columns whose empty cells count as 0.
        optional: Vec<String>,
    },
    /// The row says when; cost and duration are drawn as the feature's demand says.
    Drawn,
}

/// Values of the feature column and the features they stand for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureMap {
    /// Pairs (value, feature); a value is written `value`, `value [unit]`, or `[unit]` for any value in that unit.
    pub map: Vec<(String, FeatureIndex)>,
    /// Every other value, and rows of a file without a feature column.
    pub other: OtherFeatures,
}

/// What becomes of rows whose feature is in no map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherFeatures {
    /// An error with file and line.
    #[default]
    Refuse,
    /// Counted and left out.
    Skip,
    /// They all are this feature.
    Are(FeatureIndex),
}

/// Values of the group column and the groups they stand for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupMap {
    /// Pairs (value, group by its number in the scenario).
    pub map: Vec<(String, u16)>,
    /// Every other value.
    pub other: OtherGroups,
}

/// What becomes of rows whose group is in no map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherGroups {
    /// An error with file and line.
    #[default]
    Refuse,
    /// They name no group.
    None,
    /// They all are of this group.
    Are(u16),
}

/// Rows that are totals of a time bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    /// Length of a bucket; of those that do not say their end, if `end` names columns.
    pub length: BucketLength,
    /// Columns of the instant at which a bucket ends; several are alternatives.
    pub end: Vec<String>,
    /// Column with the number of operations; each row is one operation if absent.
    pub requests: Option<String>,
}

/// How long buckets are that do not say their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketLength {
    /// Every bucket says its end.
    Told,
    /// So long; times that do not lie on its grid are refused.
    Is(SimSpan),
    /// A day if all times are midnights of the history's zone; else the longest of an hour, 30, 15, 10, 5 and 1 minutes, and
    /// a second, that divides all distances of times.
    AsFound,
    /// A day if all times are midnights; else rows are events.
    DaysOrEvents,
}

/// What becomes of rows whose size is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sizeless {
    /// Counted apart and left out.
    #[default]
    Skip,
    /// Replayed at no cost.
    Free,
    /// An error with file and line.
    Refuse,
}

/// What becomes of rows that repeat another of their organization: alike in every cell at one instant; or, if a column
/// of ids is named, of the same id. Rows without an id repeat no other by id and are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// Replayed and counted: equal calls at one instant are usual in coarse logs.
    #[default]
    Keep,
    /// Counted and left out.
    Drop,
    /// An error with file and line.
    Refuse,
}

/// How a history is laid over the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Added to every instant.
    pub shift: Shift,
    /// Share of operations kept; decided by draws keyed by organization and row.
    pub thin: f64,
    /// Multiplies every cost.
    pub scale: f64,
    /// How often the history is played, one after another.
    pub repeat: u32,
    /// Distance of repetitions; the history's length, rounded up to whole days, if absent.
    pub repeat_every: Option<SimSpan>,
}

impl Default for Replay {
    fn default() -> Self {
        Replay { shift: Shift::None, thin: 1.0, scale: 1.0, repeat: 1, repeat_every: None }
    }
}

/// What is added to every instant of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shift {
    /// Nothing.
    #[default]
    None,
    /// A span; negative moves to the past.
    By(SimSpan),
    /// Whole weeks, so that the first row falls into the first week from this instant on and keeps its weekday.
    ToWeek(SimTime),
    /// Exactly so that the first row falls on this instant.
    To(SimTime),
}

/// True if `text` matches a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    if rest.is_empty() {
        return true;
    }
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}
