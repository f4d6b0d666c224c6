//! How much of the bill comes out: shares, and conditions on them.

use std::collections::BTreeMap;

use crate::experiment::{Doubt, Ruling};
use crate::scenario::{Comparison, ThresholdError, did_you_mean, split_condition};
use crate::workload::{BilledColumn, BilledQuantity};

use super::compare::{BackTest, BackTestLine, LineStanding};

/// What comes out of one quantity. Amounts are in its integers; what is given back counts by its size in `…_size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantityScore {
    /// What is compared.
    pub quantity: BilledQuantity,
    /// Organization-months that the file states.
    pub rows: u64,
    /// Of them, those that the replay has.
    pub compared_rows: u64,
    /// Of them, equal to the file's last digit.
    pub exact_rows: u64,
    /// Equal or within the share asked for.
    pub within_rows: u64,
    /// Sums over what both sides have.
    pub billed: i128,
    /// …
    pub replayed: i128,
    /// Size of everything that the file states.
    pub billed_size: i128,
    /// Of it, in rows that are equal.
    pub exact_size: i128,
    /// … equal or within.
    pub within_size: i128,
    /// … in rows that the replay does not have.
    pub unreplayed_size: i128,
    /// Organization-months of the replay that the file does not state, and their size.
    pub unbilled_rows: u64,
    /// …
    pub unbilled_size: i128,
    /// Size of everything that the replay has.
    pub replayed_size: i128,
}

/// What a condition can be about: its name and what it says.
pub const MEASURES: [(&str, &str); 7] = [
    ("exact_share", "share of what the file bills in organization-months that come out to its last digit"),
    ("within_share", "the same, with those within the share of `--within`"),
    ("exact_rows_share", "share of the file's organization-months that come out to its last digit"),
    ("within_rows_share", "the same, with those within the share of `--within`"),
    (
        "unreplayed_share",
        "share of what the file bills of organizations and months that the replay does not have",
    ),
    ("unbilled_share", "share of what the replay has in organization-months that the file does not state"),
    ("difference_share", "size of the difference of the sums that both have, relative to the bill"),
];

impl QuantityScore {
    /// A measure by its name, as a fraction; `None` of nothing.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<f64> {
        let share = |part: i128, whole: i128| (whole != 0).then(|| part as f64 / whole as f64);
        let rows = |part: u64| share(i128::from(part), i128::from(self.rows));
        match name {
            "exact_share" => share(self.exact_size, self.billed_size),
            "within_share" => share(self.within_size, self.billed_size),
            "exact_rows_share" => rows(self.exact_rows),
            "within_rows_share" => rows(self.within_rows),
            "unreplayed_share" => share(self.unreplayed_size, self.billed_size),
            "unbilled_share" => share(self.unbilled_size, self.replayed_size),
            "difference_share" => share((self.billed - self.replayed).abs(), self.billed.abs()),
            _ => None,
        }
    }
}

/// Scores of every quantity that the file has.
pub(super) fn scores(
    lines: &[BackTestLine],
    columns: &BTreeMap<BilledQuantity, BilledColumn>,
) -> Vec<QuantityScore> {
    let empty = |quantity| QuantityScore {
        quantity,
        rows: 0,
        compared_rows: 0,
        exact_rows: 0,
        within_rows: 0,
        billed: 0,
        replayed: 0,
        billed_size: 0,
        exact_size: 0,
        within_size: 0,
        unreplayed_size: 0,
        unbilled_rows: 0,
        unbilled_size: 0,
        replayed_size: 0,
    };
    let mut scores: BTreeMap<BilledQuantity, QuantityScore> =
        columns.keys().map(|&quantity| (quantity, empty(quantity))).collect();
    for line in lines {
        if let Some(score) = scores.get_mut(&line.quantity) {
            score.add(line);
        }
    }
    scores.into_values().collect()
}

impl QuantityScore {
    fn add(&mut self, line: &BackTestLine) {
        self.replayed_size += line.replayed.unwrap_or(0).abs();
        let Some(billed) = line.billed else {
            self.unbilled_rows += 1;
            self.unbilled_size += line.replayed.unwrap_or(0).abs();
            return;
        };
        let size = billed.abs();
        self.rows += 1;
        self.billed_size += size;
        let Some(replayed) = line.replayed else {
            self.unreplayed_size += size;
            return;
        };
        self.compared_rows += 1;
        self.billed += billed;
        self.replayed += replayed;
        if line.standing == LineStanding::Exact {
            self.exact_rows += 1;
            self.exact_size += size;
        }
        if matches!(line.standing, LineStanding::Exact | LineStanding::Within) {
            self.within_rows += 1;
            self.within_size += size;
        }
    }
}

/// A condition on a back-test: `exact_share >= 95%`, `exact_share in charged >= 95%`.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTestCondition {
    /// One of [`MEASURES`].
    measure: &'static str,
    /// Of which quantity; of the bill if absent.
    quantity: Option<BilledQuantity>,
    comparison: Comparison,
    limit: f64,
    /// As written.
    pub text: String,
}

/// A condition and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTestJudgement {
    /// The condition as written.
    pub text: String,
    /// What was found; absent if there is nothing to compare.
    pub found: Option<f64>,
    /// Whether it holds; undecided if there is nothing to compare.
    pub ruling: Ruling,
}

impl BackTestCondition {
    /// Reads `MEASURE [in QUANTITY] OPERATOR VALUE`.
    ///
    /// # Errors
    /// What is wanted instead, with a hint.
    pub fn parse(text: &str) -> Result<Self, ThresholdError> {
        let (left, comparison, limit) = split_condition(text, "a condition, like \"exact_share >= 95%\"")?;
        let (name, of) = left.split_once(" in ").unwrap_or((left, ""));
        let names = || MEASURES.iter().map(|(name, _)| *name);
        let measure = names().find(|known| *known == name.trim()).ok_or_else(|| ThresholdError {
            wanted: format!("one of: {}", names().collect::<Vec<_>>().join(", ")),
            hint: did_you_mean(name.trim(), names()).map(|name| format!("did you mean `{name}`?")),
        })?;
        let quantities = || BilledQuantity::ALL.into_iter();
        let quantity = match of.trim() {
            "" => None,
            of => Some(quantities().find(|known| known.name() == of).ok_or_else(|| ThresholdError {
                wanted: format!(
                    "behind `in` one of: {}",
                    quantities().map(BilledQuantity::name).collect::<Vec<_>>().join(", ")
                ),
                hint: None,
            })?),
        };
        Ok(BackTestCondition { measure, quantity, comparison, limit, text: text.trim().to_owned() })
    }

    /// Judges it. There is one past: nothing is undecided but what cannot be compared.
    #[must_use]
    pub fn judge(&self, test: &BackTest) -> BackTestJudgement {
        let quantity = self.quantity.or(test.bill());
        let found =
            quantity.and_then(|quantity| test.score(quantity)).and_then(|score| score.measure(self.measure));
        let ruling = match found {
            None => Ruling::undecided(Doubt::Absent, None),
            Some(value) if self.comparison.holds(value, self.limit) => Ruling::Pass,
            Some(_) => Ruling::Fail,
        };
        BackTestJudgement { text: self.text.clone(), found, ruling }
    }
}
