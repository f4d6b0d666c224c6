//! Packages, top-ups and alerts.

use std::fmt::Write as _;

use super::Drawn;
use super::text::Place;

impl Drawn {
    pub fn selling(&mut self) {
        let mut packages = Vec::new();
        for (name, credits, price) in [("small", 10, "1"), ("large", 45, "4")] {
            let mut line = format!("{{ name = \"{name}\", credits = {credits}, price = \"{price} USD\"");
            if self.chance.one_in(2) || self.ratable {
                write!(line, ", expires_after = {}", self.period()).unwrap();
            }
            if self.chance.one_in(6) {
                write!(line, ", priority = {}", self.chance.from(0, 2) as i64 - 1).unwrap();
            }
            for part in self.scope() {
                write!(line, ", {part}").unwrap();
            }
            packages.push(line + " }");
        }
        self.add(Place::Policy, format!("packages = [{}]", packages.join(", ")));
        if self.now_and_then(2, 3) {
            for _ in 0..self.chance.from(1, 2) {
                let rule = self.top_up();
                self.add(Place::TopUp, rule);
            }
        }
        if self.now_and_then(1, 2) {
            for _ in 0..self.chance.from(1, 3) {
                let alert = self.alert();
                self.add(Place::Alert, alert);
            }
        }
        if self.now_and_then(2, 8) {
            let buyer = self.buyer();
            self.add(Place::Policy, format!("buyer = {buyer}"));
        }
    }

    pub fn threshold(&mut self) -> String {
        match self.chance.below(3) {
            0 => format!("\"{}%\"", self.chance.of(&["10", "25", "50", "100"])),
            _ => self.credits(30),
        }
    }

    pub fn view(&mut self) -> String {
        self.chance.of(&["settled", "available", "ongoing"]).to_owned()
    }

    pub fn top_up(&mut self) -> String {
        let mut threshold = self.threshold();
        if !self.lines.iter().any(|(_, line)| line.starts_with("allowance")) {
            // There is nothing that it could be a share of.
            threshold = threshold.replace(['%', '"'], "");
        }
        let mut parts = vec![format!("threshold = {threshold}"), "cooldown = \"7 min\"".to_owned()];
        if self.chance.one_in(2) {
            parts[1] = format!("cooldown = {}", self.some_span());
        }
        let package = self.chance.of(&["small", "large"]);
        parts.push(format!("package = \"{package}\""));
        match self.chance.below(4) {
            0 => parts.push("amount = \"multiple\"".to_owned()),
            1 => parts.push(format!("amount = {{ up_to = {} }}", self.chance.from(30, 60))),
            _ => {}
        }
        if self.chance.one_in(2) {
            parts.push("compare = \"at-or-below\"".to_owned());
        }
        if self.chance.one_in(2) {
            parts.push(format!("view = \"{}\"", self.view()));
        }
        if self.seldom(3) {
            parts.push("armed = \"crossing\"".to_owned());
        }
        if self.chance.one_in(4) {
            parts.push("adopted = 0.5".to_owned());
        }
        if self.chance.one_in(4) {
            parts.push("count_pending = false".to_owned());
        }
        if self.chance.one_in(3) {
            let unit = self.chance.of(&["hour", "day", "week", "month", "year"]);
            let cap =
                if self.chance.one_in(2) { "count = 2".to_owned() } else { "money = \"5 USD\"".to_owned() };
            parts.push(format!("caps = [{{ {cap}, per = \"{unit}\" }}]"));
        }
        if self.chance.one_in(2) {
            parts.push(format!("processing = {}", self.span()));
        }
        if self.chance.one_in(4) {
            parts.push(format!("declined = {}", self.chance.of(&["0.5", "1.0"])));
            if self.chance.one_in(2) {
                parts.push(format!("backoff = {}", self.some_span()));
            }
            parts.push(format!("disable_after = {}", self.chance.from(1, 3)));
        }
        if self.chance.one_in(3) {
            parts.push(format!("reevaluate = \"{}\"", self.chance.of(&["on-change", "on-check"])));
        }
        if self.chance.one_in(4) {
            parts.push(format!("ceiling = {}", self.chance.from(1, 3)));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    pub fn alert(&mut self) -> String {
        let threshold = self.threshold();
        let mut line = match self.chance.below(5) {
            0 => return "{ would_exceed = true }".to_owned(),
            1 | 2 => format!("{{ at_or_below = {threshold}"),
            _ => format!("{{ below = {threshold}"),
        };
        if self.chance.one_in(3) {
            line.push_str(", level = \"critical\"");
        }
        if self.chance.one_in(2) {
            write!(line, ", view = \"{}\"", self.view()).unwrap();
        }
        line + " }"
    }
}
