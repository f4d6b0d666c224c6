//! Grants, the allowance, what rolls over.

use std::fmt::Write as _;

use super::when::instant;
use super::{Drawn, levels};

impl Drawn {
    pub fn credits(&mut self, most: u64) -> String {
        match self.chance.below(6) {
            0 => format!("{}.{}", self.chance.below(most), self.chance.from(1, 9)),
            1 => format!("{}.333333", self.chance.below(most)),
            _ => self.chance.from(1, most).to_string(),
        }
    }

    pub fn rollover(&mut self) -> String {
        if self.chance.one_in(4) {
            return "\"all\"".to_owned();
        }
        let mut parts = Vec::new();
        if self.chance.one_in(2) {
            parts.push(format!("fraction = {}", self.chance.of(&["0.5", "0.3", "0.75", "0.0"])));
        }
        if self.chance.one_in(3) {
            parts.push("base = \"original\"".to_owned());
        }
        for (key, most) in [("min_credits", 12), ("max_credits", 30), ("max_total", 40)] {
            if self.chance.one_in(3) {
                let limit = format!("{key} = {}", self.credits(most));
                // What trims take is not judged beside late charges yet.
                let late = self.lines.iter().any(|(_, line)| line.contains("billed_to"));
                parts.extend((key != "max_total" || !late).then_some(limit));
            }
        }
        if self.chance.one_in(3) {
            parts.push("trim = \"newest\"".to_owned());
        }
        if self.only_with(levels::OWN_LOTS, 3) {
            parts.push("across = \"organization\"".to_owned());
        }
        if self.chance.one_in(2) {
            parts.push(format!("max_periods = {}", self.chance.from(1, 3)));
        }
        if self.chance.one_in(2) {
            parts.push(format!("burns = \"{}\"", self.chance.of(&["before", "after"])));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    pub fn grant(&mut self) -> String {
        let mut parts = vec![format!("credits = {}", self.given(60))];
        let by_heads = parts[0].contains('"');
        if self.chance.one_in(2) {
            parts.push(format!(
                "category = \"{}\"",
                self.chance.of(&["promotional", "included", "purchased"])
            ));
        }
        if self.chance.one_in(3) {
            parts.push(format!("priority = {}", self.chance.from(0, 2) as i64 - 1));
        }
        if self.chance.one_in(8) {
            // Ids are unique: as many grants as have one already.
            let ids = self.lines.iter().filter(|(_, line)| line.contains(" id = ")).count();
            parts.push(format!("id = {}", 7 + 3 * ids));
        }
        if self.chance.one_in(8) {
            parts.push(format!(
                "created_at = {}",
                instant(self.start - self.chance.from(21, 40) as i64 * 1_440)
            ));
        }
        let mut effective = None;
        if self.chance.one_in(2) {
            let before = self.chance.one_in(3);
            let at =
                if before { self.start - self.chance.from(1, 20) as i64 * 1_440 } else { self.minutes() };
            effective = Some(at);
            parts.push(format!("effective_at = {}", instant(at)));
            if before && self.chance.one_in(2) && !by_heads {
                parts.push(format!("remaining = {}", self.chance.below(2)));
            }
        }
        let from = effective.unwrap_or(self.start);
        match self.chance.below(4) {
            0 => {
                parts.push(format!("expires_at = {}", instant(from + self.chance.from(1, 40) as i64 * 1_440)))
            }
            1 => parts.push(format!("expires_after = {}", self.period())),
            _ => {}
        }
        if self.chance.one_in(6) {
            let at = self.minutes().max(from + 60);
            parts.push(format!("voided_at = {}", instant(at)));
        }
        if self.chance.one_in(4) {
            let mut recurrence = vec![format!("every = {}", self.period())];
            if self.chance.one_in(3) {
                recurrence.push(format!(
                    "anchor = {}",
                    instant(self.start - 40_000 + self.chance.below(80_000) as i64)
                ));
            }
            if self.chance.one_in(2) {
                recurrence.push("mode = \"add\"".to_owned());
            }
            if self.chance.one_in(2) {
                recurrence.push(format!("valid = {}", self.period()));
            }
            parts.push(format!("recurrence = {{ {} }}", recurrence.join(", ")));
        }
        if self.seldom(5) {
            parts.push(format!("rollover = {}", self.rollover()));
        }
        parts.extend(self.scope());
        let ends = parts.iter().any(|part| part.starts_with("expires"));
        if self.chance.one_in(3) && (ends || !self.ratable) {
            parts.push(format!("price = \"{} USD\"", self.chance.from(1, 9)));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    pub fn allowance(&mut self) -> String {
        let anchor = match self.chance.below(6) {
            0 => ", anchor = \"calendar-month\"".to_owned(),
            1 => ", anchor = { day = 31 }".to_owned(),
            2 => format!(", anchor = {}", instant(self.start - 20_000)),
            3 => ", anchor = \"calendar-year\"".to_owned(),
            _ => String::new(),
        };
        let mut line = format!("{{ credits = {}, every = {}{anchor}", self.given(80), self.period());
        if self.chance.one_in(3) {
            line.push_str(", opening = \"prorated\"");
        }
        if self.chance.one_in(4) {
            write!(line, ", priority = {}", self.chance.from(0, 2) as i64 - 1).unwrap();
        }
        if self.chance.one_in(6) {
            write!(line, ", category = \"{}\"", self.chance.of(&["promotional", "purchased"])).unwrap();
        }
        for part in self.scope() {
            write!(line, ", {part}").unwrap();
        }
        if line.contains("per = ") && self.chance.one_in(3) {
            write!(line, ", pool_before_close = {}", self.some_span()).unwrap();
        }
        line + " }"
    }
}
