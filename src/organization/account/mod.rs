//! The account: one organization under one policy.
//!
//! The files and folders beside this one are its **parts**: each owns its fields, asserts what must hold of them, and
//! knows nothing of the others but their values (`views` are read by many). `books` (lots, holds, debt, the journal),
//! `watch` (what changes of balance cross), `gate` (what checks need, who is in flight and queues), `meters` and
//! `meter_rules` (what limits have counted, and what they ask for), `flight` (operations at work and what they owe), `shop`
//! (what is bought), `customer` (what people remember and expect), `issuance`, `cycle` and `changes` (what is written down
//! and when it comes), `money`, `timers` (what is due), `counts`, `bulk` (bulk intervals).
//! `conductor` is the only one that sees them; `env` is what an account reads and never changes.
//! Invariants: only a part changes its fields; no part imports the conductor.

mod books;
mod bulk;
mod changes;
mod conductor;
mod counts;
mod customer;
mod cycle;
mod env;
mod events;
mod flight;
mod gate;
mod invoice_book;
mod issuance;
mod limit_counts;
mod meter;
mod meter_prices;
mod meter_rules;
mod meters;
mod money;
mod monthly;
mod past_windows;
mod shop;
mod slot_set;
mod timed_prices;
mod timers;
mod views;
mod watch;
mod ways;

use std::sync::Arc;

use crate::judge::LotLeft;
use crate::outcome::{Entry, Tally};
use crate::sampling::StreamKey;
use crate::units::{Credits, PolicyIndex, SimTime};
use crate::workload::Traits;

use super::{DetailOptions, EntryRule, LawViolation, Outages, TraceSlice, World};
use conductor::{Shadow, State, takes_shortcuts};
use env::Env;

#[cfg(test)]
pub(crate) use bulk::SPOILS;
pub use conductor::Scrutiny;
pub use ways::WaysTaken;

/// The three balances of an account, and what they are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balances {
    /// Usable credits less debt.
    pub settled: Credits,
    /// Settled less open holds.
    pub available: Credits,
    /// Settled less usage incurred but not yet recorded.
    pub ongoing: Credits,
    /// Debt.
    pub debt: Credits,
    /// Amounts of open holds.
    pub held: Credits,
}

/// What an account that is looked at keeps, and the one that goes the other way beside it, if there are two ways.
fn envs(env: &Env, scrutiny: Scrutiny) -> (Arc<Env>, Option<Arc<Env>>) {
    let keeping = |detail| Arc::new(env.keeping(detail));
    // Rows of cycles and of meters are kept on both sides, to compare them.
    let asked = DetailOptions { cycles: true, limit_accounts: true, audit: false, ..env.world.detail };
    let unread = DetailOptions { cycles: true, limit_accounts: true, ..DetailOptions::default() };
    let own = keeping(asked);
    if takes_shortcuts(&own) {
        let followed = DetailOptions { audit: scrutiny.recomputed, followed: true, ..unread };
        return (own, Some(keeping(followed)));
    }
    let own = keeping(DetailOptions { audit: scrutiny.recomputed, ..asked });
    (own, Some(keeping(unread)).filter(|quick| takes_shortcuts(quick)))
}

/// One organization under one policy, from the start of the horizon to its end.
#[derive(Debug, Clone)]
pub struct Account {
    env: Arc<Env>,
    state: State,
    /// The same account gone through another way, if somebody looks.
    shadow: Option<Box<Shadow>>,
}

impl Account {
    /// Opens the account at the start of the horizon (or at the organization's sign-up, if that is later). It is looked
    /// at as closely as its key says, or in full if the run is to be audited.
    ///
    /// # Errors
    /// If what the scenario writes down for the account breaks a law from the outset.
    pub fn new(
        world: Arc<World>,
        policy: PolicyIndex,
        key: StreamKey,
        traits: &Traits,
        outages: Arc<Outages>,
    ) -> Result<Account, LawViolation> {
        let env = Arc::new(Env::new(world, policy, key, traits, outages));
        let scrutiny = if env.world.detail.audit { Scrutiny::FULL } else { Scrutiny::keyed(key) };
        let mut account = Account::looked_at(env, scrutiny);
        account.state.take_fault(&account.env)?;
        Ok(account)
    }

    /// Has the account, which is just opened, looked at while it runs: gone through the other way beside the one that it
    /// goes, and recomputed from the journal of whichever of the two is followed. An account that can take no shortcuts
    /// has nothing to be compared with.
    pub fn scrutinize(&mut self, scrutiny: Scrutiny) {
        *self = Account::looked_at(Arc::clone(&self.env), scrutiny);
    }

    /// An account that is opened, and the one beside it if there is one.
    fn looked_at(env: Arc<Env>, scrutiny: Scrutiny) -> Account {
        if scrutiny == Scrutiny::default() {
            let state = State::opened(&env);
            return Account { env, state, shadow: None };
        }
        let (env, other) = envs(&env, scrutiny);
        let state = State::opened(&env);
        let shadow = other.filter(|_| scrutiny.followed).map(|other| {
            let opened = State::opened(&other);
            Box::new(Shadow::new(other, opened, &state))
        });
        Account { env, state, shadow }
    }

    /// Handles a slice of the trace, and every event of the account's own that is due before its end; leaves early
    /// once [`World::abandon`] is set.
    ///
    /// # Errors
    /// A violated law, or time that stands still, with organization, instant and law.
    pub fn advance(&mut self, slice: &TraceSlice<'_>) -> Result<(), LawViolation> {
        let env = Arc::clone(&self.env);
        self.state.follow(&env, slice);
        // An account that has left in the middle of something may break any law.
        if env.world.is_abandoned() {
            return Ok(());
        }
        self.state.take_fault(&env)?;
        match &mut self.shadow {
            Some(shadow) => shadow.follow(&env, &mut self.state, slice),
            None => Ok(()),
        }
    }

    /// How the operations of a feature have to enter the trace, so that it serves this account.
    #[must_use]
    pub fn entry(&self, feature: usize) -> EntryRule {
        let own = self.state.entry(&self.env, feature);
        self.shadow.as_ref().map_or(own, |shadow| own.or(shadow.entry(feature)))
    }

    /// Which way operations have gone so far.
    #[must_use]
    pub fn ways(&self) -> WaysTaken {
        self.state.ways()
    }

    /// Closes the books at the end of the horizon, after `advance` to it.
    ///
    /// # Errors
    /// A violated law, with organization, instant and law.
    pub fn finish(self) -> Result<Tally, LawViolation> {
        let detail = self.env.world.detail;
        Ok(without_unasked(self.finish_with_rows()?, detail))
    }

    /// The same with the rows of cycles that an account keeps that is looked at, whether anybody asked for them or not.
    pub(super) fn finish_with_rows(self) -> Result<Tally, LawViolation> {
        let Account { env, mut state, shadow } = self;
        state.finish(&env);
        state.take_fault(&env)?;
        let mut tally = state.into_report();
        if let Some(shadow) = shadow {
            shadow.finish(&env, &mut tally)?;
        }
        if let Some(detail) = &mut tally.detail {
            detail.groups.clone_from(&env.groups);
        }
        Ok(tally)
    }

    /// The journal as it was heard so far, of the account or of the one beside it, if it was.
    pub fn take_heard(&mut self) -> Option<Vec<Entry>> {
        let own = self.state.take_heard();
        own.or_else(|| self.shadow.as_mut().and_then(|shadow| shadow.take_heard()))
    }

    /// Lots with something left, for the judge; after `advance` to the end of the horizon.
    #[must_use]
    pub fn lots_left(&self) -> Vec<LotLeft> {
        self.state.lots_left(self.env.world.end)
    }

    /// The balances at this moment.
    #[must_use]
    pub fn balances(&self) -> Balances {
        self.state.balances()
    }

    /// The account's clock: everything before it has been handled.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.state.now()
    }
}

/// What was counted, without rows that nobody asked for.
pub(super) fn without_unasked(mut tally: Tally, detail: DetailOptions) -> Tally {
    tally.detail = tally.detail.filter(|_| detail.keeps_rows());
    if let Some(kept) = &mut tally.detail {
        kept.cycles.retain(|_| detail.cycles);
        kept.limit_accounts.retain(|_| detail.limit_accounts);
    }
    tally
}
