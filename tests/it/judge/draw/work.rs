//! What is asked for: operations written down and drawn.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::text::{FEATURES, Place};
use super::{Drawn, levels};

impl Drawn {
    pub fn operations(&mut self) {
        let mut costs: BTreeMap<usize, bool> = BTreeMap::new();
        let count = self.chance.from(4, 30);
        for _ in 0..count {
            let feature = self.chance.below(3) as usize;
            costs.insert(feature, true);
            let at = self.at();
            let mut line = format!("{{ at = {at}, feature = \"{}\"", FEATURES[feature]);
            let mut at_once = true;
            if self.now_and_then(2, 3) {
                let steps: Vec<String> = (0..self.chance.from(1, 4)).map(|_| self.step()).collect();
                write!(line, ", steps = [{}]", steps.join(", ")).unwrap();
            } else {
                let credits = self.credits(40);
                let credits = if self.chance.one_in(12) { "0".to_owned() } else { credits };
                let span = self.span();
                at_once = span.contains("\"0s");
                write!(line, ", credits = {credits}, duration = {span}").unwrap();
            }
            if self.chance.one_in(4) {
                let outcome = self.chance.of(&["failed", "cancelled", "completed"]);
                write!(line, ", outcome = \"{outcome}\"").unwrap();
                if outcome != "completed" && self.chance.one_in(2) {
                    write!(line, ", after = \"{}\"", if at_once { "0s" } else { "1 us" }).unwrap();
                }
            }
            line.push_str(" }");
            self.add(Place::Operation, line);
        }
        for feature in 0..3 {
            let cost = self.chance.from(1, 9);
            self.add(Place::Feature(feature), format!("cost = {cost}"));
            if self.chance.one_in(6) {
                self.add(Place::Feature(feature), "free = true".to_owned());
            }
            if self.now_and_then(levels::DRAWN, 2) && !costs.contains_key(&feature) {
                self.add(Place::Feature(feature), "arrivals = { poisson = \"2/day\" }".to_owned());
                self.add(
                    Place::Feature(feature),
                    "duration = { lognormal = { median = \"1h\", sigma = 1.0 } }".to_owned(),
                );
            }
        }
    }

    pub fn step(&mut self) -> String {
        let span = self.span();
        match self.chance.below(5) {
            0 => format!("{{ kind = \"review\", duration = {span} }}"),
            1 => format!("{{ kind = \"helper\", duration = {span} }}"),
            _ => format!("{{ credits = {}, duration = {span} }}", self.credits(15)),
        }
    }
}
