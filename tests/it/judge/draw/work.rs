//! What is asked for: operations written down and drawn.

use std::fmt::Write as _;

use super::text::{FEATURES, Place};
use super::{Drawn, levels};

impl Drawn {
    pub fn operations(&mut self) {
        // The demand of at most one feature is drawn; `operations` would replace its arrivals.
        let drawn = self.now_and_then(levels::DRAWN, 3).then(|| self.chance.below(3) as usize);
        let count = self.chance.from(4, 30);
        for _ in 0..count {
            let feature = self.chance.below(3) as usize;
            if Some(feature) == drawn {
                continue;
            }
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
            line.push_str(&self.asker());
            line.push_str(" }");
            self.add(Place::Operation, line);
        }
        for feature in 0..3 {
            if Some(feature) == drawn {
                self.drawn_demand(Place::Feature(feature));
                continue;
            }
            let cost = self.chance.from(1, 9);
            self.add(Place::Feature(feature), format!("cost = {cost}"));
            if self.chance.one_in(6) {
                self.add(Place::Feature(feature), "free = true".to_owned());
            }
        }
    }

    /// A feature whose arrivals, costs, durations and fates are drawn.
    fn drawn_demand(&mut self, place: Place) {
        let arrivals = [
            "{ poisson = \"1/day\" }",
            "{ poisson = \"1/day\" }",
            "{ gamma = \"2/day\", cv = 2.0 }",
            "{ every = \"30h\" }",
            "{ schedule = \"30 9 * * mon-fri\" }",
            "{ sessions = \"2/week\", calls = 3, think = \"10 min\" }",
        ];
        let reactive = [
            "{ clients = 2, think = \"1 day\", calls = 20, reactive = true }",
            "{ clients = 1, think = { exponential = \"20h\" }, reactive = true }",
        ];
        let from_clients = self.now_and_then(levels::CLIENTS, 2);
        let arrivals = if from_clients { self.chance.of(&reactive) } else { self.chance.of(&arrivals) };
        self.add(place, format!("arrivals = {arrivals}"));
        if self.only_with(levels::SCOPES, 3) {
            self.add(place, "by = \"nobody\"".to_owned());
        }
        if self.chance.one_in(3) {
            let (work, more) = (self.chance.from(1, 6), self.chance.from(1, 9));
            self.add(
                place,
                format!(
                    "steps = [{{ cost = {work}, duration = {{ exponential = \"2h\" }} }}, {{ review = {{ wait = \"3h\" }} }}, {{ cost = {{ uniform = [0.3, {more}] }}, duration = \"90 min\" }}]"
                ),
            );
        } else {
            let cost =
                self.chance.of(&["3", "{ lognormal = { mean = 4, cv = 0.5 } }", "{ exponential = 2 }"]);
            self.add(place, format!("cost = {cost}"));
            let span =
                self.chance.of(&["\"1h\"", "{ lognormal = { median = \"1h\", sigma = 1.0 } }", "\"0s\""]);
            self.add(place, format!("duration = {span}"));
        }
        for key in ["failures", "cancels"] {
            if self.chance.one_in(3) {
                self.add(place, format!("{key} = 0.3"));
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
