//! Outcomes by name.

use std::fmt;

use crate::outcome::{Direction, METRICS, Metric, metric_index};

/// The name of an outcome; [`crate::outcomes`] has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutcomeName(pub(super) &'static str);

impl OutcomeName {
    /// The outcome that is written so (`loss_rate`); none if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        crate::outcome::metric(name).map(|metric| OutcomeName(metric.name))
    }

    /// Every outcome, in the order of the files.
    pub fn all() -> impl Iterator<Item = OutcomeName> {
        METRICS.iter().map(|metric| OutcomeName(metric.name))
    }

    /// As it is written in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// What it says, in one sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.metric().about
    }

    /// Its unit (`credits`, `share`, `h`, …); money in `currency`.
    #[must_use]
    pub fn unit(self, currency: Option<&str>) -> String {
        self.metric().unit(currency)
    }

    /// Which way is better.
    #[must_use]
    pub fn direction(self) -> Direction {
        self.metric().direction
    }

    /// Its place in the list of outcomes.
    pub(super) fn place(self) -> usize {
        metric_index(self.0).expect("an outcome is named by the list")
    }

    fn metric(self) -> &'static Metric {
        &METRICS[self.place()]
    }
}

impl fmt::Display for OutcomeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const HEAD: &str = "\
//! The names of all outcomes. `docs/outcomes.md` has the same list with units and scopes.
//!
//! Written by `CREDITSIM_UPDATE=1 cargo test --lib outcome_names`; a test compares it with the list of outcomes.

use super::OutcomeName;
";

    #[test]
    fn outcome_names_are_those_of_the_list() {
        let mut wanted = HEAD.to_owned();
        for metric in METRICS.iter() {
            let (name, constant) = (metric.name, metric.name.to_uppercase());
            wanted += &format!(
                "\n/// {}\npub const {constant}: OutcomeName = OutcomeName(\"{name}\");\n",
                metric.about
            );
        }
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/front/outcomes.rs");
        if std::env::var_os("CREDITSIM_UPDATE").is_some() {
            std::fs::write(&file, &wanted).expect("the file can be written");
        }
        let written = std::fs::read_to_string(&file).expect("the file is there");
        // `cargo fmt` breaks long lines.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words(&written) == words(&wanted),
            "write it anew: CREDITSIM_UPDATE=1 cargo test --lib outcome_names"
        );
    }

    #[test]
    fn every_outcome_is_found_by_its_name() {
        for outcome in OutcomeName::all() {
            assert_eq!(OutcomeName::named(outcome.name()), Some(outcome));
            assert!(outcome.about().ends_with('.'));
        }
        assert_eq!(OutcomeName::named("no_such_outcome"), None);
    }
}
