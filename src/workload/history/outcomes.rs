//! How calls ended, in the words of exports.
//!
//! Owns the words that everybody uses. Invariant: a word that is not known is a success, for most outcomes are.

use crate::workload::operation::Fate;

/// What a cell says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workload) struct WordedOutcome {
    pub fate: Fate,
    /// False if the cell says that nothing was charged.
    pub charged: bool,
}

impl WordedOutcome {
    pub const FINE: WordedOutcome = WordedOutcome { fate: Fate::Completes, charged: true };

    /// The worse of two: failed before cancelled, not charged before charged.
    pub fn worse(self, other: WordedOutcome) -> WordedOutcome {
        let rank = |fate| match fate {
            Fate::Completes => 0,
            Fate::Cancelled => 1,
            Fate::Fails => 2,
        };
        let fate = if rank(other.fate) > rank(self.fate) { other.fate } else { self.fate };
        WordedOutcome { fate, charged: self.charged && other.charged }
    }
}

/// What a cell of a column says: names such as `success` and `error` turn its sense round, words such as `timeout` and
/// numbers such as 503 speak for themselves.
pub(in crate::workload) fn outcome(column: &str, text: &str) -> WordedOutcome {
    let word = text.trim().to_lowercase();
    let holds = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    let charged = !holds(&["not charged", "no charge", "not billed", "not_charged", "uncharged"]);
    WordedOutcome { fate: fate(column, &word), charged }
}

fn fate(column: &str, word: &str) -> Fate {
    let holds = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    let (yes, no) = (["true", "1", "yes"].contains(&word), ["false", "0", "no"].contains(&word));
    let nothing = ["", "-", "none", "null", "ok", "{}", "[]"].contains(&word);
    match super::columns::last_word(column).as_str() {
        _ if nothing => Fate::Completes,
        "success" | "ok" | "succeeded" | "successful" if no => Fate::Fails,
        "success" | "ok" | "succeeded" | "successful" if yes => Fate::Completes,
        "error" | "errors" | "exception" | "failed" | "failure" if no => Fate::Completes,
        "error" | "errors" | "exception" | "failed" | "failure" => Fate::Fails,
        "cancelled" | "canceled" | "aborted" if yes => Fate::Cancelled,
        "cancelled" | "canceled" | "aborted" => Fate::Completes,
        _ if holds(&["no error", "no_error", "without error"]) => Fate::Completes,
        _ if holds(&["cancel", "abort", "interrupted"]) => Fate::Cancelled,
        _ if holds(&[
            "fail",
            "error",
            "timeout",
            "timed_out",
            "timed out",
            "denied",
            "reject",
            "exception",
            "refused",
            "fatal",
            "critical",
        ]) =>
        {
            Fate::Fails
        }
        // The client hung up.
        _ if word == "499" => Fate::Cancelled,
        _ if word.len() == 3 && word.starts_with(['4', '5']) && word.parse::<u16>().is_ok() => Fate::Fails,
        _ => Fate::Completes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_by_their_words() {
        let cases = [
            ("Kind", "Included", Fate::Completes, true),
            ("Kind", "On-Demand", Fate::Completes, true),
            ("Kind", "Errored, No Charge", Fate::Fails, false),
            ("Kind", "Aborted, Not Charged", Fate::Cancelled, false),
            ("level", "ERROR", Fate::Fails, true),
            ("level", "DEFAULT", Fate::Completes, true),
            ("level", "WARNING", Fate::Completes, true),
            ("response_status", "429", Fate::Fails, true),
            ("response_status", "200", Fate::Completes, true),
            ("response_status", "499", Fate::Cancelled, true),
            ("success", "False", Fate::Fails, true),
            ("is_success", "true", Fate::Completes, true),
            ("error", "rate limited", Fate::Fails, true),
            ("error", "", Fate::Completes, true),
            ("data.error", "null", Fate::Completes, true),
            ("cancelled", "true", Fate::Cancelled, true),
            ("cancelled", "false", Fate::Completes, true),
            ("status", "canceled by user", Fate::Cancelled, true),
            ("status", "TIMEOUT", Fate::Fails, true),
            ("status", "no error", Fate::Completes, true),
            ("status", "finished", Fate::Completes, true),
        ];
        for (column, text, fate, charged) in cases {
            assert_eq!(outcome(column, text), WordedOutcome { fate, charged }, "{column}: {text}");
        }
        let both = outcome("status", "failed").worse(outcome("kind", "cancelled, not charged"));
        assert_eq!(both, WordedOutcome { fate: Fate::Fails, charged: false });
    }
}
