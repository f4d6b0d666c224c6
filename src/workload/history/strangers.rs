//! Values of a column of features or groups that are none, gathered so that one repair names them all.

use std::collections::BTreeSet;

/// Values of a column of names that are none of the scenario's: the first of them by name, the others by number.
#[derive(Debug, Default)]
pub(super) struct UnknownNames {
    first_line: u64,
    named: BTreeSet<String>,
    /// Whether there are more than are named.
    more: bool,
}

impl UnknownNames {
    const MOST_NAMED: usize = 20;

    pub fn add(&mut self, value: &str, line: u64) {
        if self.named.is_empty() {
            self.first_line = line;
        }
        if !self.named.contains(value) {
            self.more |= self.named.len() >= Self::MOST_NAMED;
            if !self.more {
                self.named.insert(value.to_owned());
            }
        }
    }

    /// Line of the first, the values in words, and that they are no such `thing`s.
    pub fn words(&self, thing: &str) -> Option<(u64, String, String)> {
        let mut named: Vec<String> = self.named.iter().map(|value| format!("`{value}`")).collect();
        if self.more {
            named.push("others".to_owned());
        }
        let are = if named.len() == 1 { format!("is no {thing}") } else { format!("are no {thing}s") };
        (!named.is_empty()).then(|| (self.first_line, named.join(", "), are))
    }

    /// As the map of a scenario would name them.
    pub fn entries(&self, name: &str) -> String {
        let entries: Vec<String> = self.named.iter().map(|value| format!("{value:?} = {name:?}")).collect();
        entries.join(", ")
    }
}
