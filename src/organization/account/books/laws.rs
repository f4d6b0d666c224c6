//! Laws 1, 2, 4 and 5 as totals (docs/semantics.md §12): what was counted as it happened against what the ledger holds.

use crate::units::{Category, Credits};

use super::AccountBooks;

impl AccountBooks {
    /// In debug builds every verb ends here.
    #[inline]
    pub(super) fn assert_laws(&self) {
        debug_assert_eq!(self.broken_law(false), None, "a posting has broken the books");
    }

    /// The first law of the books that is broken; `guard` if holds alone keep the account from overspending (law 5).
    pub(in super::super) fn broken_law(&self, guard: bool) -> Option<String> {
        self.law_of_lots()
            .or_else(|| self.scoped.broken_law(self.ledger.lots()))
            .or_else(|| self.law_of_debt())
            .or_else(|| self.law_of_holds(guard))
    }

    fn law_of_lots(&self) -> Option<String> {
        let (credits, remaining) = (&self.credits, self.ledger.remaining_by_category());
        Category::ALL.into_iter().find_map(|category| {
            let index = category.index();
            let come = credits.remaining_start[index] + credits.issued[index];
            let used = credits.burned[index] + credits.repaid[index];
            let gone = used + credits.expired[index] + credits.voided[index];
            (come != gone + remaining[index]).then(|| {
                let (name, left) = (category.name(), remaining[index]);
                format!("law 1 is broken for {name} credits: {come} came, {gone} went, {left} remain")
            })
        })
    }

    fn law_of_debt(&self) -> Option<String> {
        let (debt, present) = (&self.debt, self.ledger.debt());
        let sum = |values: [Credits; 3]| values.into_iter().sum::<Credits>();
        let repaid = sum(self.credits.repaid);
        let owed = debt.start + debt.incurred - repaid - debt.forgiven - debt.invoiced;
        if owed != present {
            return Some(format!("law 2 is broken: debt should be {owed} and is {present}"));
        }
        let burned = sum(self.credits.burned);
        let charged: Credits = self.charged.iter().copied().sum();
        let (refunded, incurred) = (self.credits.refunded, debt.incurred);
        (charged + refunded != burned + incurred).then(|| {
            format!(
                "law 2 is broken: {charged} charged and {refunded} refunded, but {burned} burned and {incurred} became debt"
            )
        })
    }

    fn law_of_holds(&self, guard: bool) -> Option<String> {
        let (holds, open) = (&self.holds, self.ledger.open_holds());
        let (begun, ended) =
            (holds.open_start + holds.opened, holds.settled + holds.released + holds.expired);
        if begun != ended + open {
            return Some(format!("law 4 is broken: of {begun} holds {ended} ended and {open} are open"));
        }
        let lots = self.ledger.lots();
        if let Some(lot) = lots.iter().find(|lot| lot.remaining < Credits::ZERO || lot.free() < Credits::ZERO)
        {
            return Some(format!("law 4 is broken: grant {} is negative", lot.id));
        }
        let overspend = self.debt.overspend;
        (guard && self.holds_kept && overspend.is_positive())
            .then(|| format!("law 5 is broken: overspend of {overspend} although every hold was kept"))
    }
}
