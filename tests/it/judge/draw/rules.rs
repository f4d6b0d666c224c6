//! Rules of features: admission, charges, shortage, work in flight.

use super::text::Place;
use super::when::instant;
use super::{Drawn, levels};

impl Drawn {
    pub fn estimate(&mut self) -> String {
        let words = [
            "\"exact\"",
            "\"exact\"",
            "\"expected\"",
            "6",
            "{ fixed = 3 }",
            "{ history = \"first\" }",
            "{ history = \"last\" }",
            "{ history = { mean = 2 } }",
            "{ blur = { bias = 0.1, cv = 0.3 } }",
            "{ quantile = 0.5 }",
        ];
        self.chance.of(&words).to_owned()
    }

    pub fn admission(&mut self) -> String {
        match self.chance.below(if self.has(2) { 6 } else { 3 }) {
            0 => "\"none\"".to_owned(),
            1 => "\"positive\"".to_owned(),
            2 => format!("{{ estimate = {} }}", self.estimate()),
            _ => {
                let mut parts = vec![format!("estimate = {}", self.estimate())];
                if self.chance.one_in(2) {
                    parts.push(format!("buffer = {}", self.chance.of(&["0.2", "-0.5", "1.0", "0.1"])));
                }
                if self.chance.one_in(4) {
                    parts.push("need = \"positive\"".to_owned());
                }
                if self.chance.one_in(3) {
                    parts.push(format!("timeout = {}", self.some_span()));
                    if self.chance.one_in(2) {
                        parts.push("on_timeout = \"charge\"".to_owned());
                    }
                }
                if self.chance.one_in(2) {
                    parts.push(format!("overrun = \"{}\"", self.chance.of(&["absorb", "stop", "extend"])));
                }
                if self.seldom(4) {
                    parts.push("pins_expiry = true".to_owned());
                }
                if self.chance.one_in(6) {
                    parts.push("leak = 0.5".to_owned());
                }
                format!("{{ hold = {{ {} }} }}", parts.join(", "))
            }
        }
    }

    pub fn feature_rules(&mut self) -> Vec<String> {
        let mut rules = vec![format!("admission = {}", self.admission())];
        if self.chance.one_in(3) {
            rules.push(format!("view = \"{}\"", self.view()));
        }
        if self.chance.one_in(2) {
            rules.push(format!("charge = \"{}\"", self.chance.of(&["start", "step", "segment"])));
        }
        let short = if self.has(2) {
            ["allow", "reject", "degrade", "queue"]
        } else {
            ["allow", "reject", "degrade", "reject"]
        };
        if self.chance.one_in(2) {
            rules.push(format!("short = \"{}\"", self.chance.of(&short)));
        }
        if self.chance.one_in(3) {
            rules.push(format!("beyond_limit = \"{}\"", self.chance.of(&short[1..])));
        }
        if self.now_and_then(2, 3) {
            rules.push(format!("in_flight = \"{}\"", self.chance.of(&["stop-at-step", "kill"])));
            if self.chance.one_in(2) {
                rules.push("killed = \"absorb\"".to_owned());
            }
        }
        if self.chance.one_in(3) {
            rules.push(format!("on_cancel = \"{}\"", self.chance.of(&["charge-all", "free"])));
        }
        if self.chance.one_in(3) {
            rules.push(format!("on_failure = \"{}\"", self.chance.of(&["charge-all", "free"])));
        }
        if self.chance.one_in(4) {
            rules.push(format!("minimum = {}", self.credits(10)));
            if self.chance.one_in(2) {
                rules.push("minimum_on_failure = true".to_owned());
            }
            if self.chance.one_in(2) {
                rules.push("minimum_on_cancel = true".to_owned());
            }
        }
        if self.now_and_then(levels::TERMS, 8) {
            rules.push("denial = 0.3".to_owned());
        }
        if self.seldom(6) {
            rules.push("notify = false".to_owned());
        }
        rules
    }

    pub fn enforcement(&mut self, place: Place) {
        for rule in self.feature_rules() {
            self.add(place, rule);
        }
        if self.now_and_then(2, 3) {
            let line = format!("patience = {}", self.some_span());
            self.add(place, line);
        }
        if self.now_and_then(2, 6) {
            let line = format!("queue_max = {}", self.chance.below(3));
            self.add(place, line);
        }
        if self.now_and_then(2, 4) {
            let line = format!("resume = {}", self.some_span());
            self.add(place, line);
        }
        if self.now_and_then(2, 4) {
            let line = format!("max_in_flight = {}", self.chance.from(1, 3));
            self.add(place, line);
            let line = format!(
                "at_max_in_flight = \"{}\"",
                self.chance.of(&["allow", "reject", "degrade", "queue"])
            );
            self.add(place, line);
        }
        if self.now_and_then(levels::LAG, 2) {
            let lag = match self.chance.below(3) {
                0 => "{ exponential = \"2h\" }".to_owned(),
                _ => self.some_span(),
            };
            self.add(place, format!("metering_lag = {lag}"));
        }
        if self.now_and_then(levels::TERMS, 6) {
            let line = format!("refund_valid = {}", self.period());
            self.add(place, line);
        }
        if self.now_and_then(levels::TERMS, 6) {
            let (from, hours) = (self.minutes(), self.chance.from(1, 60));
            let to = from + hours as i64 * 60;
            self.add(
                Place::Outage,
                format!(
                    "name = \"vendor\"\nwindows = [{{ from = {}, to = {} }}]",
                    instant(from),
                    instant(to)
                ),
            );
        }
    }
}
