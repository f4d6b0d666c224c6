//! Limits of quantities, gauges, and people who raise limits.
//!
//! Everything is added to a file that is drawn already, so that files without any of it stay as they are.

use super::text::{FEATURES, Place};
use super::{Drawn, levels};

impl Drawn {
    /// What some limits count, and whom they ask.
    pub fn limits_of_quantities(&mut self) {
        if !self.lines.iter().any(|(place, _)| *place == Place::Limit) {
            return;
        }
        if self.now_and_then(levels::ASKS, 3) {
            for index in 0..self.lines.len() {
                if self.is_limit_without(index, "on_limit = ") && self.chance.one_in(2) {
                    let ask = self.ask();
                    self.also(index, &format!("on_limit = {ask}"));
                }
            }
        }
        if self.now_and_then(levels::QUANTITIES, 3) {
            if !self.counted {
                self.count_tokens();
            }
            for feature in 0..3 {
                if !self.is_written(feature) {
                    let tokens = "quantities = { tokens = { uniform = [0, 9] } }";
                    self.add(Place::Feature(feature), tokens.to_owned());
                }
            }
            for index in 0..self.lines.len() {
                let parts = ["covers = ", "counts = "].iter().all(|key| self.is_limit_without(index, key));
                if parts && self.is_limit_without(index, "unit = ") && !self.chance.one_in(3) {
                    self.count_quantity(index);
                }
            }
        }
        if self.now_and_then(levels::QUANTITIES, 6) {
            self.gauge();
        }
    }

    fn is_limit_without(&self, index: usize, key: &str) -> bool {
        let (place, line) = &self.lines[index];
        *place == Place::Limit && !line.contains(key)
    }

    /// A limit says this, too.
    fn also(&mut self, index: usize, what: &str) {
        let line = &self.lines[index].1;
        let open = line.strip_suffix(" }").unwrap_or(line);
        self.lines[index].1 = format!("{open}, {what} }}");
    }

    /// A person who says yes or no, at once or later.
    fn ask(&mut self) -> String {
        let raise = self.chance.of(&["1", "3.5", "\"50%\"", "\"33%\""]);
        let mut parts = vec![format!("raise = {raise}")];
        if self.chance.one_in(2) {
            parts.push(format!("probability = {}", self.probability()));
        }
        if self.chance.one_in(2) {
            parts.push(format!("delay = {}", self.some_span()));
        }
        format!("{{ ask = {{ {} }} }}", parts.join(", "))
    }

    /// A limit of credits counts tokens instead, if the operations that it names have any.
    fn count_quantity(&mut self, index: usize) {
        let line = &self.lines[index].1;
        let (from, to) = (line.find("features = [").unwrap_or(0), line.len());
        let named = &line[from..to];
        let names_some = line.contains("features = [");
        let draws = |feature: usize| {
            let drawn =
                (Place::Feature(feature), "quantities = { tokens = { uniform = [0, 9] } }".to_owned());
            self.lines.contains(&drawn)
        };
        let counts = |feature: usize| self.is_paid(feature) && (self.is_counted(feature) || draws(feature));
        let names = |feature: usize| named.contains(&format!("\"{}\"", FEATURES[feature]));
        let measured = if names_some {
            (0..3).all(|feature| !names(feature) || counts(feature))
        } else {
            (0..3).any(counts)
        };
        if !measured {
            return;
        }
        let bit_by_bit = line.contains("rolling = ") || line.contains("refill = ");
        let counted: &[&str] =
            &["", "", ", counted = \"end\"", ", counted = \"end\"", ", counted = \"latest\""];
        let counted = self.chance.of(&counted[..if bit_by_bit { 4 } else { 5 }]);
        self.also(index, &format!("unit = \"tokens\"{counted}"));
    }

    /// Operations of a feature without steps cost how far the newest value is above the one before.
    fn gauge(&mut self) {
        let feature = self.chance.below(3) as usize;
        let asks = format!("feature = \"{}\"", FEATURES[feature]);
        let steps = |(place, line): &(Place, String)| match place {
            Place::Operation => line.contains(&asks) && line.contains("steps = "),
            Place::Feature(of) => {
                *of == feature && (line.starts_with("steps = ") || line.contains("reactive = true"))
            }
            _ => false,
        };
        if !self.lines.iter().any(steps) {
            self.add(Place::Feature(feature), "unit = \"latest\"".to_owned());
        }
    }
}
