//! Parts of charges: what limits bound and count of them, and what they are worth.

use super::{Drawn, levels};

/// Lists of parts.
const PARTS: [&str; 7] = [
    "[\"included\"]",
    "[\"overage\"]",
    "[\"included\", \"purchased\"]",
    "[\"promotional\"]",
    "[\"purchased\"]",
    "[\"included\", \"promotional\", \"overage\"]",
    "[\"included\", \"purchased\", \"promotional\"]",
];

impl Drawn {
    /// What a limit of credits or money covers and counts of charges, and its price.
    pub fn parts_of_charges(&mut self, parts: &mut Vec<String>, money: bool) {
        if self.only_with(levels::CEILINGS, 2) {
            let covers = self.chance.of(&PARTS);
            parts.push(format!("covers = {covers}"));
            if covers.contains("overage") && self.chance.one_in(2) {
                parts.push("overrun = \"absorb\"".to_owned());
            }
        }
        if self.only_with(levels::CEILINGS, 4) {
            let counts = if self.chance.one_in(4) { "\"all\"" } else { self.chance.of(&PARTS) };
            parts.push(format!("counts = {counts}"));
        }
        if money {
            parts.push("unit = \"money\"".to_owned());
            let priced = self.lines.iter().any(|(_, line)| line.contains("price_per_credit"));
            if !priced || !self.chance.one_in(4) {
                let price = self.chance.of(&["0.5 USD", "0.333333333 USD", "1 USD", "0.07 USD"]);
                parts.push(format!("list_price = \"{price}\""));
            }
        }
    }
}
