//! Rates: cards by date, clock, weekday and sign-up, prices with dates, and what falls back on another feature.
//!
//! Everything is added to a file that is drawn already, so that files without rates stay as they are.

use super::text::{FEATURES, Place};
use super::{Drawn, levels};

impl Drawn {
    pub fn rates(&mut self) {
        if self.has(levels::CARDS) && (0..3).any(|feature| self.is_paid(feature)) {
            self.quantities();
            let rates = self.cards();
            self.add(Place::Policy, format!("rates = {rates}"));
            if self.lines.iter().any(|(place, _)| *place == Place::Plan) && self.chance.one_in(2) {
                let rates = self.cards();
                self.add(Place::Plan, format!("rates = {rates}"));
            }
            for index in 0..self.lines.len() {
                if self.lines[index].0 == Place::RuleChange && self.chance.one_in(2) {
                    let set = format!("set = {{ rates = {}, ", self.cards());
                    self.lines[index].1 = self.lines[index].1.replacen("set = { ", &set, 1);
                }
            }
        }
        if self.has(levels::DATED_PRICES) {
            self.dated_prices();
        }
        if self.has(levels::SHORT_FALLBACKS) {
            self.short_fallbacks();
        }
    }

    /// Operations that are written down say of how many tokens they are.
    fn quantities(&mut self) {
        if !self.chance.one_in(2) {
            self.count_tokens();
        }
    }

    /// All of them do.
    pub fn count_tokens(&mut self) {
        self.counted = true;
        for index in 0..self.lines.len() {
            let (place, line) = &self.lines[index];
            if *place != Place::Operation {
                continue;
            }
            let tokens = self.chance.of(&["0", "1", "3.5", "12", "0.333333"]);
            // Only the last brace is the operation's own.
            let open = line.strip_suffix(" }").unwrap_or(line);
            self.lines[index].1 = format!("{open}, quantities = {{ tokens = {tokens} }} }}");
        }
    }

    /// A feature's operations are all written down.
    pub fn is_written(&self, feature: usize) -> bool {
        !self
            .lines
            .iter()
            .any(|(place, line)| *place == Place::Feature(feature) && line.starts_with("arrivals"))
    }

    /// Nothing prices what is free.
    pub fn is_paid(&self, feature: usize) -> bool {
        !self.lines.iter().any(|(place, line)| *place == Place::Feature(feature) && line == "free = true")
    }

    /// Operations of a feature say of how many tokens they are.
    pub fn is_counted(&self, feature: usize) -> bool {
        let asks = format!("feature = \"{}\"", FEATURES[feature]);
        let mut operations = self.lines.iter().filter(|(place, _)| *place == Place::Operation);
        self.counted && self.is_written(feature) && operations.any(|(_, line)| line.contains(&asks))
    }

    fn rate(&mut self, feature: usize) -> String {
        let formulas = [
            "\"cost * 2\"",
            "\"cost / 3\"",
            "\"cost * 1.5 + 1\"",
            "\"duration / 3600 + turn\"",
            "\"max(cost - 4, 0)\"",
            "\"if(cost > 10, 10, cost)\"",
            "\"tokens * 0.7 + cost\"",
            "\"tokens / 3\"",
        ];
        let counted = self.is_counted(feature);
        match self.chance.below(4) {
            0 => self.credits(20),
            1 => "\"cost\"".to_owned(),
            _ => self.chance.of(&formulas[..if counted { 8 } else { 6 }]).to_owned(),
        }
    }

    /// Rates of some features.
    fn rates_of_some(&mut self) -> String {
        let paid: Vec<usize> = (0..3).filter(|feature| self.is_paid(*feature)).collect();
        let first = paid[self.chance.below(paid.len() as u64) as usize];
        let mut rates = vec![format!("{} = {}", FEATURES[first], self.rate(first))];
        for (feature, name) in FEATURES.iter().enumerate() {
            if feature != first && paid.contains(&feature) && self.chance.one_in(2) {
                rates.push(format!("{name} = {}", self.rate(feature)));
            }
        }
        rates.join(", ")
    }

    /// From when, until when, for whom.
    fn in_force(&mut self) -> String {
        let mut parts = String::new();
        if self.chance.one_in(2) {
            parts.push_str(&format!("from = {}, ", self.at()));
        }
        if self.chance.one_in(3) && parts.is_empty() {
            parts.push_str(&format!("until = {}, ", self.at()));
        }
        match self.chance.below(6) {
            0 => parts.push_str(&format!("signed_up = {{ before = {} }}, ", self.at())),
            1 => parts.push_str(&format!("signed_up = {{ from = {} }}, ", self.at())),
            _ => {}
        }
        parts
    }

    fn cards(&mut self) -> String {
        if self.chance.one_in(4) {
            return format!("{{ {} }}", self.rates_of_some());
        }
        let mut cards = Vec::new();
        for _ in 0..self.chance.from(1, 4) {
            let mut card = self.in_force();
            if self.chance.one_in(2) {
                let hours = ["2-3", "1-4", "22-06", "0-12", "12-24", "23:30-00:30", "02:30-03", "9-17"];
                card.push_str(&format!("hours = \"{}\", ", self.chance.of(&hours)));
            }
            if self.chance.one_in(4) {
                let days = ["[\"Fri\"]", "[\"Sat\", \"Sun\"]", "[\"Mon\", \"Wed\"]"];
                card.push_str(&format!("weekdays = {}, ", self.chance.of(&days)));
            }
            cards.push(format!("{{ {card}{} }}", self.rates_of_some()));
        }
        format!("[{}]", cards.join(", "))
    }

    /// Packages and subscriptions by date and sign-up.
    fn dated_prices(&mut self) {
        for index in 0..self.lines.len() {
            let line = self.lines[index].1.clone();
            if let Some(packages) = line.strip_prefix("packages = [") {
                let mut more = String::new();
                for _ in 0..self.chance.from(1, 2) {
                    let name = self.chance.of(&["small", "small", "large", "promo"]);
                    let (credits, price) = (self.chance.from(5, 50), self.chance.from(0, 5));
                    let when = self.in_force();
                    let when = when.trim_end_matches(", ");
                    if when.is_empty() {
                        continue;
                    }
                    let ends = if self.ratable { "expires_after = \"month\", " } else { "" };
                    more.push_str(&format!(
                        ", {{ name = \"{name}\", credits = {credits}, price = \"{price} USD\", {ends}{when} }}"
                    ));
                }
                self.lines[index].1 = format!("packages = [{}{more}]", packages.trim_end_matches(']'));
            }
            if let Some(price) = line.strip_prefix("subscription = ").filter(|price| !price.contains("none"))
            {
                let first = match price.strip_prefix('"') {
                    Some(_) => format!("{{ price = {price} }}"),
                    None => price.to_owned(),
                };
                // All of them are billed at one interval.
                let every = first
                    .find("every = ")
                    .map_or(String::new(), |at| format!(", {}", first[at..].trim_end_matches([' ', '}'])));
                let mut more = String::new();
                for _ in 0..self.chance.from(1, 2) {
                    let when = self.in_force();
                    let when = when.trim_end_matches(", ");
                    if when.is_empty() {
                        continue;
                    }
                    more.push_str(&format!(
                        ", {{ price = \"{} USD\"{every}, {when} }}",
                        self.chance.from(0, 30)
                    ));
                }
                self.lines[index].1 = format!("subscription = [{first}{more}]");
            }
        }
    }

    /// What a shortage, or a full cap, makes of an operation: another feature's.
    fn short_fallbacks(&mut self) {
        for key in ["short", "beyond_limit", "at_max_in_flight"] {
            for index in 0..self.lines.len() {
                let (place, line) = &self.lines[index];
                let own = format!("{key} = \"");
                let rules = matches!(place, Place::Policy | Place::Plan | Place::RuleChange);
                // Not the end of a longer key.
                let starts = |at: &usize| *at == 0 || line[..*at].ends_with(' ');
                let Some(at) = line.find(&own).filter(starts).filter(|_| rules) else { continue };
                if !self.chance.one_in(3) {
                    continue;
                }
                let line = self.lines[index].1.clone();
                let rest = &line[at + own.len()..];
                let end = rest.find('"').map_or(rest.len(), |end| end + 1);
                let feature = self.chance.of(&FEATURES);
                self.lines[index].1 =
                    format!("{}{key} = {{ fallback = \"{feature}\" }}{}", &line[..at], &rest[end..]);
            }
        }
    }
}
