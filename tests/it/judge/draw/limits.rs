//! Limits: small amounts, windows that end as something is charged, several owners, several limits at once.

use super::text::{FEATURES, Place};
use super::when::instant;
use super::{Drawn, levels};

/// Names of limits; those of one name in several plans share their meters.
const NAMES: [&str; 4] = ["five", "day", "seat", "best"];

impl Drawn {
    pub fn limits(&mut self) {
        if !self.has(levels::LIMITS) {
            return;
        }
        self.owners();
        let count = self.chance.from(1, 4) as usize;
        let first = self.chance.below(4) as usize;
        let names: Vec<&str> = (0..count).map(|place| NAMES[(first + place) % NAMES.len()]).collect();
        let mut in_flight = Vec::new();
        for name in &names {
            let (line, counts_flights) = self.limit(name);
            self.add(Place::Limit, line);
            if !counts_flights {
                in_flight.push(*name);
            }
        }
        if self.now_and_then(levels::RESETS, 3) && !in_flight.is_empty() {
            for _ in 0..self.chance.from(1, 2) {
                let line = self.reset(&in_flight);
                self.add(Place::LimitReset, line);
            }
        }
    }

    /// Members, in groups, and projects ask.
    fn owners(&mut self) {
        if !self.lines.iter().any(|(_, line)| line.contains("groups = { law")) {
            self.add(Place::Cohort, "groups = { law = 0.5, sales = 0.5 }".to_owned());
        }
        if !self.lines.iter().any(|(_, line)| line.starts_with("members")) {
            self.add(Place::Cohort, "members = 3".to_owned());
        }
        if self.chance.one_in(2) {
            self.add(Place::Cohort, "projects = 2".to_owned());
        }
        let alone = self.lines.iter().any(|(_, line)| line.starts_with("members = 1"));
        for index in 0..self.lines.len() {
            if self.lines[index].0 != Place::Operation || self.chance.one_in(3) {
                continue;
            }
            let members = ["0", "0", if alone { "0" } else { "1" }, "\"none\""];
            let member = self.chance.of(&members);
            let line = &mut self.lines[index].1;
            *line = line.replace(" }", &format!(", member = {member} }}"));
            // Steps have braces of their own.
            *line = line.replace(&format!(", member = {member} }},"), " },");
            *line = line.replace(&format!(", member = {member} }}]"), " }]");
        }
    }

    fn limit(&mut self, name: &str) -> (String, bool) {
        let mut parts = vec![format!("name = \"{name}\"")];
        let unit = self.chance.below(5);
        let per = self.chance.of(&["organization", "organization", "member", "project", "group"]);
        let money = unit < 3 && self.only_with(levels::MONEY_LIMITS, 3);
        let amount = if unit < 3 { self.credits(60) } else { self.chance.from(0, 5).to_string() };
        let said = |amount: String| if money { format!("\"{amount} USD\"") } else { amount };
        match self.chance.below(10) {
            0 => parts.push("amount = \"none\"".to_owned()),
            3 if self.has(levels::VARYING) => {
                let amounts = ["\"4 * members\"", "\"members * 3.5 + projects\"", "{ uniform = [2, 30] }"];
                let amounts = if money { &amounts[..2] } else { &amounts[..] };
                parts.push(format!("amount = {}", self.chance.of(amounts)));
            }
            1 | 2 if per == "member" || per == "group" => {
                let own = if self.chance.one_in(3) {
                    "\"none\"".to_owned()
                } else {
                    said(self.chance.from(1, 20).to_string())
                };
                let everybody = if self.chance.one_in(3) {
                    String::new()
                } else {
                    format!("default = {}, ", said(amount))
                };
                let of = if per == "group" || self.chance.one_in(3) {
                    format!("groups = {{ law = {own} }}")
                } else {
                    format!("members = {{ \"1\" = {own} }}")
                };
                parts.push(format!("amount = {{ {everybody}{of} }}"));
            }
            _ => parts.push(format!("amount = {}", said(amount))),
        }
        match unit {
            3 => parts.push("unit = \"operations\"".to_owned()),
            4 => parts.push("unit = \"in-flight\"".to_owned()),
            _ => {}
        }
        parts.push(format!("per = \"{per}\""));
        if unit != 4 && !self.chance.one_in(6) {
            let window = self.window();
            // There are no buckets of money.
            if !money || !window.contains("refill") {
                parts.push(format!("window = {window}"));
            }
        }
        if unit < 3 {
            self.parts_of_charges(&mut parts, money);
        }
        if self.chance.one_in(3) {
            let (one, other) = (self.chance.below(3) as usize, self.chance.below(3) as usize);
            let mut features = vec![format!("\"{}\"", FEATURES[one])];
            if other != one {
                features.push(format!("\"{}\"", FEATURES[other]));
            }
            parts.push(format!("features = [{}]", features.join(", ")));
        }
        if self.chance.one_in(6) {
            parts.push("groups = [\"law\"]".to_owned());
        }
        self.meets(&mut parts);
        if self.chance.one_in(3) {
            let shares = ["[\"50%\"]", "[\"50%\", \"100%\"]", "[\"33%\", \"80%\", \"150%\"]"];
            parts.push(format!("alerts = {}", self.chance.of(&shares)));
        }
        if self.now_and_then(levels::CHAINS, 4) {
            parts.push("chain = \"one\"".to_owned());
        }
        if self.chance.one_in(8) {
            parts.push("adopted = 0.5".to_owned());
        }
        (format!("{{ {} }}", parts.join(", ")), unit == 4)
    }

    /// What meets an operation without room.
    fn meets(&mut self, parts: &mut Vec<String>) {
        match self.chance.below(8) {
            0 | 1 if self.has(levels::ROOM_QUEUES) => {
                parts.push("on_limit = \"queue\"".to_owned());
                if self.chance.one_in(2) {
                    parts.push(format!("patience = {}", self.some_span()));
                }
                if self.chance.one_in(3) {
                    parts.push(format!("max = {}", self.chance.below(3)));
                }
            }
            2 => parts.push("on_limit = \"degrade\"".to_owned()),
            3 => parts.push("on_limit = \"allow\"".to_owned()),
            4 | 5 if self.has(levels::FALLBACKS) => {
                let feature = self.chance.below(3) as usize;
                parts.push(format!("on_limit = {{ fallback = \"{}\" }}", FEATURES[feature]));
            }
            _ => {}
        }
    }

    fn window(&mut self) -> String {
        match self.chance.below(6) {
            0 | 1 => {
                let every = match self.chance.below(5) {
                    0 => "\"5h\"".to_owned(),
                    1 => "\"week\"".to_owned(),
                    2 => "\"day\"".to_owned(),
                    _ => self.period(),
                };
                let anchor = match self.chance.below(4) {
                    0 => ", anchor = \"cycle\"".to_owned(),
                    1 => ", anchor = \"sign-up\"".to_owned(),
                    2 => format!(
                        ", anchor = {}",
                        instant(self.start - 20_000 + self.chance.below(40_000) as i64)
                    ),
                    _ => String::new(),
                };
                format!("{{ every = {every}{anchor} }}")
            }
            2 => format!("{{ first_use = {} }}", self.some_span()),
            3 => format!("{{ rolling = {} }}", self.some_span()),
            4 => format!("{{ refill = \"{}\" }}", self.chance.of(&["1/h", "0.3/h", "10/day", "2/min"])),
            _ => "\"life\"".to_owned(),
        }
    }

    fn reset(&mut self, names: &[&str]) -> String {
        let mut named = vec![format!("\"{}\"", self.chance.of(names))];
        let other = format!("\"{}\"", self.chance.of(names));
        if self.chance.one_in(3) && !named.contains(&other) {
            named.push(other);
        }
        let when = if self.now_and_then(levels::BANKS, 2) {
            let mut parts = vec![format!("number = {}", self.chance.from(1, 2))];
            if self.chance.one_in(2) {
                parts.push(format!("every = {}", self.period()));
            }
            if self.chance.one_in(2) {
                parts.push(format!("expires_after = {}", self.period()));
            }
            format!("banked = {{ {} }}", parts.join(", "))
        } else {
            let instants: Vec<String> = (0..self.chance.from(1, 3)).map(|_| self.at()).collect();
            format!("at = [{}]", instants.join(", "))
        };
        let restart = if self.chance.one_in(3) { ", window = \"restart\"" } else { "" };
        format!("{{ limits = [{}], {when}{restart} }}", named.join(", "))
    }
}
