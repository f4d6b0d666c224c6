//! Money and scopes: what is owed before closes and forgiven at them, late charges, dunning, credits paid back, prices over time;
//! whom credits are for.

use super::text::Place;
use super::{Drawn, levels};

impl Drawn {
    /// True if features of this level or kind are drawn, and with one chance in `count`; without it no choice is made.
    pub fn only_with(&mut self, kind: u64, count: u64) -> bool {
        self.has(kind) && self.chance.one_in(count)
    }

    /// Who may burn credits, as keys of what gives them.
    pub fn scope(&mut self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.only_with(levels::SCOPES, 2) {
            if self.chance.one_in(2) {
                let features = self.chance.of(&[
                    "\"chat\"",
                    "\"agent\"",
                    "\"image\"",
                    "\"chat\", \"image\"",
                    "\"agent\", \"chat\"",
                ]);
                parts.push(format!("features = [{features}]"));
            }
            if parts.is_empty() || self.chance.one_in(4) {
                let groups = self.chance.of(&["\"law\"", "\"sales\"", "\"law\", \"sales\""]);
                parts.push(format!("groups = [{groups}]"));
            }
        }
        if self.only_with(levels::OWN_LOTS, 2) {
            let per = self.chance.of(&["member", "member", "project", "group"]);
            parts.push(format!("per = \"{per}\""));
        }
        parts
    }

    /// How many credits a grant or an allowance gives; by heads now and then.
    pub fn given(&mut self, most: u64) -> String {
        if self.only_with(levels::HEADS, 3) {
            let formulas = ["\"5 * members\"", "\"members * 2.5 + projects\"", "\"7 * projects / 3\""];
            return self.chance.of(&formulas).to_owned();
        }
        self.credits(most)
    }

    /// Whose operation it is, as keys of one that is written down.
    pub fn asker(&mut self) -> String {
        // Limits say whose operations they are themselves.
        let told_apart = self.has(levels::SCOPES) || self.has(levels::OWN_LOTS);
        if !told_apart || self.has(levels::LIMITS) {
            return String::new();
        }
        let who = self.chance.of(&[
            "",
            ", member = \"none\"",
            ", member = 0",
            ", member = 1",
            ", member = 2",
            ", member = 2, group = \"sales\"",
        ]);
        who.to_owned()
    }

    /// What becomes of debt before closes and at them.
    pub fn overage(&mut self, parts: &mut Vec<String>) {
        if !self.has(levels::OVERAGE) {
            return;
        }
        if self.chance.one_in(2) {
            parts.retain(|part| !part.starts_with("at_cycle") && !part.starts_with("price_per_credit"));
            let price = self.chance.of(&["0.3 USD", "0.07 USD", "0.333333333 USD"]);
            parts.push(format!("at_cycle = \"invoice\", price_per_credit = \"{price}\""));
            parts.push(format!(
                "invoice_at = \"{} USD\"",
                self.chance.of(&["1", "0.5", "2.5", "0.000001", "4"])
            ));
        }
        let has_allowance = self.lines.iter().any(|(_, line)| line.starts_with("allowance = {"));
        if has_allowance && self.chance.one_in(2) {
            let grace = self.grace();
            parts.push(grace);
        }
    }

    fn grace(&mut self) -> String {
        let share = self.chance.of(&["0.1", "0.333", "1.0", "0.05"]);
        let times = self.chance.from(1, 2);
        let unit = self.chance.of(&["day", "week", "month", "year"]);
        format!("grace = {{ share = {share}, times = {times}, per = \"{unit}\" }}")
    }

    /// Invoices that are not paid, and what follows.
    pub fn dunned(&mut self) -> String {
        let mut parts = vec![format!("declined = {}", self.chance.of(&["0.5", "1.0", "1.0"]))];
        if self.chance.one_in(2) {
            parts.push(format!("pay = \"terms\", delay = {}", self.some_span()));
        }
        if self.chance.one_in(3) {
            parts.push(format!("write_off_after = {}", self.some_span()));
        }
        if self.chance.one_in(2) {
            let tries = [
                "{ after = \"6h\", paid = 0.5 }",
                "{ after = \"1 day\", paid = 1.0 }",
                "{ after = \"1h\", paid = 0.3 }, { after = \"2h\", paid = 0.3 }, { after = \"3 days\", paid = 0.7 }",
                "{ after = \"12h\", paid = 0.0 }, { after = \"24h\", paid = 1.0 }",
            ];
            parts.push(format!("dunning = [{}]", self.chance.of(&tries)));
        }
        if self.chance.one_in(2) {
            let after = self.chance.of(&["0s", "1h", "6h", "1 day", "3 days"]);
            parts.push(format!("suspend_after = \"{after}\""));
        }
        if self.chance.one_in(4) {
            let after = self.chance.of(&["0s", "6h", "3 days", "10 days"]);
            parts.push(format!("terminate_after = \"{after}\""));
        }
        format!("invoices = {{ {} }}", parts.join(", "))
    }

    /// Which lots late charges burn.
    pub fn late(&mut self) -> String {
        let grace = self.chance.of(&["", "", "1h", "6h", "2 days", "10 days"]);
        let late_grace = if grace.is_empty() { String::new() } else { format!(", late_grace = \"{grace}\"") };
        format!("billed_to = \"incurred\"{late_grace}")
    }

    /// What trims take and limits count is not judged beside late charges yet.
    fn is_unsettled(&self) -> bool {
        self.has(levels::LIMITS) || self.lines.iter().any(|(_, line)| line.contains("max_total = "))
    }

    pub fn paid_back(&mut self) -> String {
        let shares = ["0.5", "1.0", "0.0", "0.333"];
        let mut parts = Vec::new();
        if self.chance.one_in(2) {
            parts.push(format!("downgrade = {}", self.chance.of(&shares)));
        }
        if parts.is_empty() || self.chance.one_in(2) {
            parts.push(format!("leave = {}", self.chance.of(&shares)));
        }
        format!("refund_on = {{ {} }}", parts.join(", "))
    }

    /// Terms of money of a whole policy.
    pub fn money(&mut self) {
        if self.only_with(levels::DUNNING, 2) {
            self.lines.retain(|(_, line)| !line.starts_with("invoices = "));
            let line = self.dunned();
            self.add(Place::Policy, line);
        }
        if self.only_with(levels::LATE, 2) && !self.is_unsettled() {
            if !self.lines.iter().any(|(_, line)| line.starts_with("metering_lag")) {
                let lag =
                    self.chance.of(&["\"6h\"", "\"1 day\"", "\"3 days\"", "{ exponential = \"1 day\" }"]);
                self.add(Place::Policy, format!("metering_lag = {lag}"));
            }
            let keys = self.late();
            for line in keys.split(", ") {
                self.add(Place::Policy, line.to_owned());
            }
        }
        if self.only_with(levels::PAID_BACK, 2) {
            if !self.lines.iter().any(|(_, line)| line.starts_with("lifetime")) && self.chance.one_in(2) {
                let line = format!("lifetime = \"{} days\"", self.chance.from(2, 90));
                self.add(Place::Cohort, line);
            }
            let line = self.paid_back();
            self.add(Place::Policy, line);
        }
        if self.ratable {
            self.add(Place::Policy, "recognition = \"ratable\"".to_owned());
        }
    }

    /// One rule of money, for a plan or for rules that change; none where none is drawn.
    pub fn of_money(&mut self) -> Option<String> {
        let kinds = [levels::OVERAGE, levels::DUNNING, levels::LATE, levels::PAID_BACK, levels::RATABLE];
        let kind = kinds[self.has(levels::MONEY).then(|| self.chance.below(5))? as usize];
        Some(match kind {
            _ if !self.has(kind) => return None,
            levels::OVERAGE => {
                let mut parts = vec![format!("limit = {}", self.credits(30))];
                self.overage(&mut parts);
                format!("overdraft = {{ {} }}", parts.join(", "))
            }
            levels::DUNNING => self.dunned(),
            levels::LATE if self.is_unsettled() => return None,
            levels::LATE => self.late(),
            levels::PAID_BACK => self.paid_back(),
            _ if self.ratable => format!("recognition = \"{}\"", self.chance.of(&["on-use", "ratable"])),
            _ => return None,
        })
    }
}
