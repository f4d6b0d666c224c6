//! Limits of quantities: what an operation needs of their room, and what is counted of it (docs/semantics.md §15.3).
//!
//! Leaves how much of a quantity an operation has to the demand, and meters to `meters`. Invariant: what is counted at the start is
//! the whole, whatever becomes of the operation; what is counted at the end is what of it was done.

use crate::policy::{CountedAt, LimitUnit};
use crate::units::Credits;

use super::super::env::Env;
use super::super::gate::NeedOfRoom;
use super::super::meter_rules::{MeterRule, RoomAsker};
use super::State;
use super::limits::LimitAlerts;

/// `amount · of / whole`, half-up; all of the amount if the whole is nothing.
fn share(amount: Credits, of: Credits, whole: Credits) -> Credits {
    if !whole.is_positive() {
        return amount;
    }
    let whole = i128::from(whole.micros());
    let twice = 2 * i128::from(amount.micros()) * i128::from(of.micros()) + whole;
    // More than any amount has room for is as good as that.
    Credits::from_micros(i64::try_from(twice.div_euclid(2 * whole)).unwrap_or(i64::MAX / 4))
}

impl State {
    /// How much of a limit's quantity an operation has; nothing of an operation in the trace, which no such limit lets in.
    fn quantity_of(&self, rule: &MeterRule, asker: RoomAsker) -> Credits {
        let number = rule.measured_by(asker.serves);
        asker.slot.zip(number).map_or(Credits::ZERO, |(slot, number)| self.flight[slot].measured(number))
    }

    /// The room that an operation needs under a limit of a quantity: its true value, or the share that the estimate has of its
    /// cost where it is counted at the end.
    pub(super) fn room_for_quantity(
        &self,
        env: &Env,
        (rule, counted): (&MeterRule, CountedAt),
        asker: RoomAsker,
        estimate: Credits,
    ) -> NeedOfRoom {
        let whole = self.quantity_of(rule, asker);
        match counted {
            CountedAt::Start => NeedOfRoom::Whole(whole),
            CountedAt::Latest => NeedOfRoom::Newest(whole),
            CountedAt::End => match env.check(self.plan, asker.serves).room_needed(estimate) {
                NeedOfRoom::Whole(need) => {
                    let cost = asker.slot.map_or(Credits::ZERO, |slot| self.flight[slot].cost());
                    NeedOfRoom::Whole(share(whole, need, cost))
                }
                any => any,
            },
        }
    }

    /// What open holds of an owner's operations reserve of a quantity that is counted at the end: its share of each.
    pub(super) fn quantity_reserved(&self, (rule, counted): (&MeterRule, CountedAt), owner: u16) -> Credits {
        let ledger = self.books.ledger();
        if counted != CountedAt::End || ledger.open_holds() == 0 {
            return Credits::ZERO;
        }
        let held = self.flight.slots().filter_map(|(slot, work)| {
            let asker = self.asker(slot);
            let hold = work.hold().filter(|_| rule.owner_of(asker) == Some(owner))?;
            Some(share(self.quantity_of(rule, asker), ledger.hold(hold).amount, work.cost()))
        });
        held.sum()
    }

    /// A quantity is counted as its operation starts.
    pub(super) fn count_quantity(
        &mut self,
        env: &Env,
        (rule, owner, counted): (&MeterRule, u16, CountedAt),
        asker: RoomAsker,
        told: &mut LimitAlerts,
    ) {
        let amount = self.quantity_of(rule, asker);
        match counted {
            CountedAt::Start => {
                self.count_into(env, (rule, owner, asker), amount, told);
            }
            CountedAt::Latest => {
                let clock = self.window_clock(env);
                let rise = self.meters.replace(rule, owner, amount, clock);
                if env.detail.meters {
                    self.note_metered((rule, owner, asker), (amount, rise), clock);
                }
                let rise = rise.unless(rule.stands_behind(env.meter_rules(self.plan), asker));
                self.rises((rule, owner), rise, told, clock);
            }
            CountedAt::End => {}
        }
    }

    /// An operation has ended: what of its quantities was done counts where that is counted at the end. Returns what people are to
    /// be told.
    pub(super) fn meter_end(&mut self, env: &Env, slot: u32) -> LimitAlerts {
        let mut told = LimitAlerts::default();
        let counts = |rule: &&MeterRule| rule.unit == LimitUnit::Quantity(CountedAt::End);
        if !env.measures {
            return told;
        }
        let (asker, work) = (self.asker(slot), &self.flight[slot]);
        let (done, cost) = (work.done(), work.cost());
        for rule in env.meter_rules(self.plan).iter().filter(counts) {
            if let Some(owner) = rule.owner_of(asker) {
                let whole = self.quantity_of(rule, asker);
                let amount = if done == cost || cost.is_zero() {
                    whole
                } else {
                    whole.scale_floor(done.micros(), cost.micros())
                };
                self.count_into(env, (rule, owner, asker), amount, &mut told);
            }
        }
        told
    }
}
