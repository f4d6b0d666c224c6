//! The opening of an account: one event with everything dated at it (docs/semantics.md §10.4).

use crate::units::Credits;

use super::account::Judged;
use super::facts::{EntryKind, Fact};
use super::repay::JudgedDebt;
use super::scopes::Holder;

impl Judged<'_> {
    /// The account opens, at its sign-up or at the start if that is later (docs/semantics.md §1.5).
    pub fn opens(&mut self) {
        self.opened = true;
        self.rows.begin(self.now);
        self.begin_plan();
        self.take_up_rates();
        let plan_grants = self.terms().grants.clone();
        let mut specs = plan_grants;
        specs.extend(self.case.customers.grants.iter().cloned());
        let own = self.terms().own_grants.then_some(self.plan);
        let count = self.terms().grants.len();
        let opening = self.now;
        let places = self.take_up_grants(&specs, None, opening);
        for &place in &places[..count] {
            self.grants.0[place].list = Some(own);
        }
        self.plans.given.push(own);
        self.say(Fact::new(self.now, EntryKind::Opened));
        let debt = self.case.customers.debt_at_start;
        if debt.is_positive() {
            self.debts.push(JudgedDebt {
                owner: Holder::All,
                owed: debt,
                beyond: Credits::ZERO,
                parts: Vec::new(),
            });
            self.say(Fact::new(self.now, EntryKind::OpeningDebt).of(debt));
        }
        self.whole_event = Some(self.balances());
        self.begin_first_period();
        self.begin_grants(&places);
        self.stamp();
        self.repay();
        self.invoice_what_is_due();
        self.whole_event = None;
        self.balances_of_some_change();
        self.arm_alerts();
        self.arm_top_ups();
        self.begin_people();
        self.clients_begin();
        self.schedule_changes();
        self.schedule_resets();
        self.life_will_end();
        self.look_at_top_ups(None);
    }
}
