//! Changes of plan and of rules.

use super::text::Place;
use super::{Drawn, levels};
use std::fmt::Write as _;

impl Drawn {
    pub fn plan_changes(&mut self) {
        for _ in 0..self.several(3) {
            let change = self.plan_change();
            self.add(Place::PlanChange, change);
        }
        if self.chance.one_in(2) && self.may_have_allowance() {
            let allowance = self.allowance();
            self.add(Place::Plan, format!("allowance = {allowance}"));
        } else if self.chance.one_in(3) {
            // A grace is a share of an allowance.
            if !self.lines.iter().any(|(_, line)| line.contains("grace = {")) {
                self.add(Place::Plan, "allowance = \"none\"".to_owned());
            }
        }
        for rule in self.feature_rules() {
            if self.chance.one_in(2) {
                self.add(Place::Plan, rule);
            }
        }
        if self.now_and_then(levels::SUBSCRIPTIONS, 2) {
            let line = self.subscription();
            self.add(Place::Plan, line);
        }
        if self.chance.one_in(3) {
            let grant = self.grant();
            self.add(Place::Plan, format!("grants = [{grant}]"));
        }
        if self.chance.one_in(6) {
            self.add(Place::Plan, "grants_on_change = false".to_owned());
        }
        if self.chance.one_in(3) && self.has_allowance() {
            let rollover = self.rollover();
            self.add(Place::Plan, format!("rollover = {rollover}"));
        }
        if self.chance.one_in(3) {
            let debts = self.of_debt();
            self.add(Place::Plan, debts);
        } else if self.only_with(levels::MONEY, 2)
            && let Some(line) = self.of_money()
        {
            self.add(Place::Plan, line.replace(", late_grace", "\nlate_grace"));
        }
    }

    pub fn rule_changes(&mut self) {
        for _ in 0..self.several(2) {
            let mut set = self.feature_rules();
            set.truncate(self.chance.from(1, 4) as usize);
            if self.chance.one_in(3) && self.may_have_allowance() {
                set.push(format!("allowance = {}", self.allowance()));
            }
            if self.now_and_then(levels::SUBSCRIPTIONS, 3) {
                set.push(self.subscription());
            }
            if self.chance.one_in(3) {
                set.push(self.of_debt());
            } else if self.only_with(levels::MONEY, 2) {
                set.extend(self.of_money());
            }
            let who = match self.chance.below(6) {
                0 => format!(", signed_up = {{ before = {} }}", self.at()),
                1 => format!(", signed_up = {{ from = {} }}", self.at()),
                _ => String::new(),
            };
            let change = format!("{{ at = {}, set = {{ {} }}{who} }}", self.at(), set.join(", "));
            self.add(Place::RuleChange, change);
        }
    }

    /// Some rule of debt, of the burn order or of ends.
    fn of_debt(&mut self) -> String {
        let rules = [
            "overdraft = { limit = 5, repay = \"never\" }",
            "overdraft = { limit = 20, at_cycle = \"forgive\" }",
            "overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"0.2 USD\", fee = \"1 USD\" }",
            "debt_counts = false",
            "burn_order = [\"category\", { expires_at = \"day\" }, \"unit_price\"]",
            "burn_order = [\"category\", \"expires_at\", \"unit_price\"]",
            "burn_order = [\"amount\", \"burns\", \"expires_at\"]",
            "expiry_boundary = \"inclusive\"",
            "round = { up = 0.5 }",
        ];
        self.chance.of(&rules).to_owned()
    }

    /// The policy writes an allowance.
    fn has_allowance(&self) -> bool {
        self.lines.iter().any(|(_, line)| line.starts_with("allowance = {"))
    }

    /// A written cycle stands beside no allowance.
    fn may_have_allowance(&self) -> bool {
        !self.lines.iter().any(|(_, line)| line.starts_with("cycle = "))
    }

    pub fn subscription(&mut self) -> String {
        let price = self.chance.from(1, 30);
        match self.chance.below(4) {
            0 => "subscription = \"none\"".to_owned(),
            1 => format!("subscription = \"{price} USD\""),
            _ => format!("subscription = {{ price = \"{price}.01 USD\", every = {} }}", self.period()),
        }
    }

    pub fn plan_change(&mut self) -> String {
        let mut parts = vec![match self.chance.below(3) {
            0 => format!("after = \"{} days\"", self.chance.below(20)),
            _ => format!("at = {}", self.at()),
        }];
        parts.push(format!("to = \"{}\"", self.chance.of(&["second", "second", "first"])));
        if self.chance.one_in(4) {
            parts.push("from = \"first\"".to_owned());
        }
        if self.chance.one_in(2) {
            parts.push("effective = \"now\"".to_owned());
            if self.chance.one_in(2) {
                parts.push("cycle = \"keep\"".to_owned());
                if self.chance.one_in(3) {
                    parts.push(format!(
                        "prorate = \"{}\"",
                        self.chance.of(&["none", "price", "credits", "both", "full"])
                    ));
                }
                if self.chance.one_in(3) {
                    parts.push("usage = \"reset\"".to_owned());
                }
            } else if self.chance.one_in(3) {
                parts.push("prorate = \"price\"".to_owned());
            }
        }
        if self.seldom(4) {
            let mut convert = format!("factor = {}", self.chance.of(&["0.5", "2", "1.333", "0.01"]));
            if self.now_and_then(levels::OTHER_ENDS, 2) {
                write!(convert, ", expires_after = {}", self.period()).unwrap();
            }
            parts.push(format!("convert = {{ {convert} }}"));
        }
        if self.chance.one_in(6) {
            parts.push("share = 0.5".to_owned());
        }
        format!("{{ {} }}", parts.join(", "))
    }
}
