//! Terms of a whole policy: cycle, burn order, rounding, debt.

use super::text::Place;
use super::{Drawn, levels};

impl Drawn {
    pub fn policy(&mut self) {
        if self.chance.one_in(4) {
            let every = self.period();
            if self.chance.one_in(2) {
                self.add(Place::Policy, format!("cycle = {every}"));
            }
        } else {
            let allowance = self.allowance();
            self.add(Place::Policy, format!("allowance = {allowance}"));
            if self.chance.one_in(2) {
                let rollover = self.rollover();
                self.add(Place::Policy, format!("rollover = {rollover}"));
            }
        }
        if self.now_and_then(levels::SUBSCRIPTIONS, 2) {
            let line = self.subscription();
            self.add(Place::Policy, line);
        }
        if self.chance.one_in(4) {
            let keys = [
                "\"priority\"",
                "\"expires_at\"",
                "\"category\"",
                "\"unit_price\"",
                "\"effective_at\"",
                "\"created_at\"",
                "\"amount\"",
                "\"burns\"",
                "{ expires_at = \"second\" }",
                "{ expires_at = \"day\" }",
                "{ amount = \"larger-first\" }",
                "{ category = [\"purchased\", \"included\", \"promotional\"] }",
            ];
            let mut order: Vec<&str> = Vec::new();
            for _ in 0..self.chance.from(1, 5) {
                let key = self.chance.of(&keys);
                let kind = |key: &str| {
                    ["expires_at", "category", "amount"]
                        .iter()
                        .find(|k| key.contains(*k))
                        .map_or(key.to_owned(), |k| (*k).to_owned())
                };
                if !order.iter().any(|known| kind(known) == kind(key)) {
                    order.push(key);
                }
            }
            if self.only_with(levels::SCOPES, 2) {
                let place = self.chance.below(order.len() as u64 + 1) as usize;
                order.insert(place, "\"scope\"");
            }
            self.add(Place::Policy, format!("burn_order = [{}]", order.join(", ")));
        }
        if self.seldom(6) {
            self.add(Place::Policy, "expiry_boundary = \"inclusive\"".to_owned());
        }
        if self.chance.one_in(6) {
            let line = format!("month_end = \"{}\"", self.chance.of(&["overflow", "last-day"]));
            self.add(Place::Policy, line);
        }
        if self.chance.one_in(3) {
            let line = format!(
                "round = {{ {} = {} }}",
                self.chance.of(&["up", "nearest", "down"]),
                self.chance.of(&["1", "0.5", "2.5", "0.01"])
            );
            self.add(Place::Policy, line);
            if self.chance.one_in(2) {
                self.add(Place::Policy, "round_per = \"charge\"".to_owned());
            }
        }
        self.overdraft();
        self.selling();
    }

    pub fn overdraft(&mut self) {
        if self.chance.one_in(2) {
            let mut parts = vec![match self.chance.below(5) {
                0 => "limit = \"unlimited\"".to_owned(),
                _ => format!("limit = {}", self.credits(30)),
            }];
            if self.chance.one_in(2) {
                parts.push(format!("repay = \"{}\"", self.chance.of(&["purchase", "never"])));
            }
            if self.chance.one_in(2) {
                parts.push(format!("at_cycle = \"{}\"", self.chance.of(&["forgive", "invoice"])));
            }
            if self.chance.one_in(2) {
                parts.push("price_per_credit = \"0.3 USD\"".to_owned());
            }
            if self.chance.one_in(4) {
                parts.push("fee = \"2 USD\"".to_owned());
            }
            if self.chance.one_in(6) {
                parts.push("adopted = 0.5".to_owned());
            }
            self.overage(&mut parts);
            self.add(Place::Policy, format!("overdraft = {{ {} }}", parts.join(", ")));
        }
        if self.chance.one_in(6) {
            let line = format!("debt_counts = {}", self.chance.of(&["true", "false"]));
            self.add(Place::Policy, line);
        }
        if self.now_and_then(levels::TERMS, 4) {
            let mut parts = Vec::new();
            if self.chance.one_in(2) {
                parts.push(format!("pay = \"terms\", delay = {}", self.some_span()));
            }
            if self.chance.one_in(2) {
                parts.push("declined = 0.5".to_owned());
            }
            if self.chance.one_in(2) {
                parts.push(format!("write_off_after = {}", self.some_span()));
            }
            self.add(Place::Policy, format!("invoices = {{ {} }}", parts.join(", ")));
        }
    }
}
