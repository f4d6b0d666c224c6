//! A cohort: who lives how long, reacts how, and buys.

use super::text::Place;
use super::when::instant;
use super::{Drawn, levels};

impl Drawn {
    pub fn cohort(&mut self) {
        if self.chance.one_in(3) {
            let days = self.chance.from(1, 40);
            let line = match self.chance.below(3) {
                0 => format!("signed_up = {{ at = {} }}", instant(self.start - days as i64 * 1_440 + 600)),
                1 => format!("signed_up = {{ after = \"{} days\" }}", self.chance.below(5)),
                _ => "signed_up = { before = \"60 days\" }".to_owned(),
            };
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(levels::LIFETIMES, 3) {
            let line = format!("lifetime = \"{} days\"", self.chance.from(2, 90));
            self.add(Place::Cohort, line);
        }
        if self.chance.one_in(5) {
            let line = format!("debt_at_start = {}", self.credits(20));
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(1, 7) {
            let mut closes: Vec<i64> = (0..self.chance.from(1, 3)).map(|_| self.minutes() + 60).collect();
            closes.retain(|&close| close > self.start && close < self.start + self.days * 1_440);
            closes.sort_unstable();
            closes.dedup();
            if !closes.is_empty() {
                let closes: Vec<String> = closes.into_iter().map(instant).collect();
                self.add(Place::Cohort, format!("cycle_closes = [{}]", closes.join(", ")));
            }
        }
        if self.has(levels::SCOPES) || self.has(levels::OWN_LOTS) {
            let line = "members = 3\ngroups = { law = 1, sales = 2 }".to_owned();
            self.add(Place::Cohort, line);
        } else if self.now_and_then(2, 3) {
            let line =
                format!("members = {}\nbilling_members = {}", self.chance.from(1, 3), self.chance.from(1, 2));
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(2, 2) {
            self.reactions();
        }
        if self.now_and_then(2, 2) {
            let buyer = self.buyer();
            self.add(Place::Cohort, format!("buyer = {buyer}"));
        }
        if self.now_and_then(2, 6) {
            let line = format!(
                "churn = {{ refusals = {}, within = {}, probability = {} }}",
                self.chance.from(1, 3),
                self.some_span(),
                self.probability()
            );
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(2, 6) {
            let unit = self.chance.of(&["hour", "day", "week", "month", "year"]);
            let line =
                format!("budget = {{ money = \"{} USD\", per = \"{unit}\" }}", self.chance.from(1, 12));
            self.add(Place::Cohort, line);
        }
    }

    pub fn reactions(&mut self) {
        let mut parts = Vec::new();
        if self.chance.one_in(2) {
            let (p, delay, attempts) = (self.probability(), self.some_span(), self.chance.from(1, 4));
            parts.push(format!("retry = {{ probability = {p}, delay = {delay}, attempts = {attempts} }}"));
        }
        if self.chance.one_in(2) {
            parts.push(format!("wait = {}", self.probability()));
        }
        if self.chance.one_in(3) {
            let p = self.probability();
            parts.push(format!(
                "substitute = {{ probability = {p}, pairs = {{ chat = \"image\", agent = \"chat\" }} }}"
            ));
        }
        // Probabilities of one draw sum to one at most.
        if parts.len() > 1 {
            parts = parts.into_iter().map(|part| part.replace("1.0", "0.3").replace("0.5", "0.3")).collect();
        }
        if !parts.is_empty() {
            self.add(Place::Cohort, format!("reactions = {{ {} }}", parts.join(", ")));
        }
    }

    pub fn buyer(&mut self) -> String {
        let mut parts = Vec::new();
        for key in ["on_refusal", "on_warning", "on_zero", "on_wait", "on_degraded"] {
            if self.chance.one_in(2) {
                parts.push(format!("{key} = {}", self.probability()));
            }
        }
        if self.chance.one_in(5) {
            parts.push(format!("while_short = {}", self.some_span()));
        }
        if self.chance.one_in(5) {
            // Seldom enough for the number of lots that it makes.
            parts.push(format!("every = \"{}\"", self.chance.of(&["1 day", "3 days", "7 days"])));
        }
        for key in ["human_delay", "ask_delay", "processing"] {
            if self.chance.one_in(2) {
                parts.push(format!("{key} = {}", self.span()));
            }
        }
        if self.chance.one_in(4) {
            parts.push(format!("declined = {}", self.chance.of(&["0.5", "0.2"])));
        }
        if self.chance.one_in(3) {
            let choice = self.chance.of(&[
                "\"cheapest-per-credit\"",
                "{ fixed = \"large\" }",
                "{ weighted = { small = 1, large = 2 } }",
            ]);
            parts.push(format!("choice = {choice}"));
        }
        if self.chance.one_in(4) {
            parts.push("after_purchase = \"drop\"".to_owned());
        }
        format!("{{ {} }}", parts.join(", "))
    }
}
