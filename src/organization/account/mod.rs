//! The account: one organization under one policy.
//!
//! Owns the loop over instants: due events and timers in the order of docs/semantics.md §10, then arrivals. The files beside
//! this one hold one concern each: `follow`, `calm`, `reach` and `light` (the course of plain operations), `instants` (what
//! is due of the account's own), `opening`, `cycle` and `grants` (credits given), `plan_change`, `prorate` and `rules` (another
//! plan, other rules), `gate` (what checks need), `attempt`, `restart` and `react` (admission and what customers do), `work`, `charging` and
//! `refunding` (operations in flight and what they owe), `books` (lots, holds, debt and the journal), `change` (what follows a
//! posting), `top_up` and `purchase` (credits bought), `money`, `pace`, `finish`; `shadow` goes another way beside it and
//! compares.
//! Invariants: time never runs backwards; an effect without delay is carried out inside its cause.

mod attempt;
mod billing;
mod books;
mod calm;
mod change;
mod changes;
mod charging;
mod closing;
mod counts;
mod customer;
mod cycle;
mod env;
mod events;
mod finish;
mod flight;
mod follow;
mod gate;
mod grants;
mod instants;
mod issuance;
mod light;
mod money;
mod opening;
mod pace;
mod plan_change;
mod prorate;
mod purchase;
mod reach;
mod react;
mod refunding;
mod restart;
mod rules;
mod shadow;
mod shop;
mod state;
mod timers;
mod top_up;
mod views;
mod watch;
mod ways;
mod work;

use std::sync::Arc;

use crate::outcome::Tally;
use crate::sampling::StreamKey;
use crate::units::{Credits, FeatureIndex, PolicyIndex, SimTime};
use crate::workload::Traits;

use super::{DetailOptions, EntryRule, LawViolation, Outages, TraceSlice, World};
use env::Env;
use shadow::Shadow;
use state::State;

#[cfg(test)]
pub(crate) use calm::SPOILS;
pub use shadow::Scrutiny;
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
        let state = State::opened(&env);
        let scrutiny = if env.world.detail.audit { Scrutiny::FULL } else { Scrutiny::keyed(key) };
        let mut account = Account { env, state, shadow: None };
        if scrutiny != Scrutiny::default() {
            account.scrutinize(scrutiny);
        }
        Ok(account)
    }

    /// Has the account, which is just opened, looked at while it runs: gone through the other way beside the one that it
    /// goes, and recomputed from the journal of whichever of the two is followed. An account that can take no shortcuts
    /// has nothing to be compared with.
    pub fn scrutinize(&mut self, scrutiny: Scrutiny) {
        // Rows of cycles are kept on both sides, to compare them.
        let asked = DetailOptions { cycles: true, audit: false, ..self.env.world.detail };
        let unread = DetailOptions { cycles: true, ..DetailOptions::default() };
        let followed = DetailOptions { audit: scrutiny.recomputed, followed: true, ..unread };
        let open = |detail| {
            let env = Arc::new(self.env.keeping(detail));
            let state = State::opened(&env);
            (env, state)
        };
        let own = open(asked);
        let (own, other) = if own.1.takes_shortcuts() {
            (own, Some(open(followed)))
        } else {
            let quick = open(unread);
            let own = open(DetailOptions { audit: scrutiny.recomputed, ..asked });
            (own, quick.1.takes_shortcuts().then_some(quick))
        };
        (self.env, self.state) = own;
        let shadow = other.filter(|_| scrutiny.followed);
        self.shadow = shadow.map(|(env, state)| Box::new(Shadow::new(env, state, &self.state)));
    }

    /// Handles a stretch of the course, and every event of the account's own that is due before its end; leaves early
    /// once [`World::abandon`] is set.
    ///
    /// # Errors
    /// A violated law, or time that stands still, with organization, instant and law.
    pub fn advance(&mut self, stretch: &TraceSlice<'_>) -> Result<(), LawViolation> {
        let env = Arc::clone(&self.env);
        self.state.follow(&env, stretch);
        // An account that has left in the middle of something may break any law.
        if self.state.is_called_off(&env) && env.world.is_abandoned() {
            return Ok(());
        }
        self.state.take_fault(&env)?;
        match &mut self.shadow {
            Some(shadow) => shadow.follow(&env, &mut self.state, stretch),
            None => Ok(()),
        }
    }

    /// How the operations of a feature have to enter the course, so that it serves this account.
    #[must_use]
    pub fn entry(&self, feature: usize) -> EntryRule {
        let of = |env: &Env, state: &State| {
            light::entry(env, state.short_ways[feature], FeatureIndex(feature as u16))
        };
        let own = of(&self.env, &self.state);
        self.shadow.as_ref().map_or(own, |shadow| own.or(of(shadow.env(), shadow.state())))
    }

    /// Which way operations have gone so far.
    #[must_use]
    pub fn ways(&self) -> WaysTaken {
        self.state.ways
    }

    /// Closes the books at the end of the horizon, after `advance` to it.
    ///
    /// # Errors
    /// A violated law, with organization, instant and law.
    pub fn finish(mut self) -> Result<Tally, LawViolation> {
        let env = Arc::clone(&self.env);
        self.state.finish(&env);
        self.state.take_fault(&env)?;
        let mut tally = self.state.report();
        if let Some(shadow) = self.shadow {
            shadow.finish(&env, &mut tally)?;
        }
        if !env.world.detail.cycles {
            tally.detail = tally.detail.filter(|_| env.world.detail.keeps_rows());
            tally.detail.iter_mut().for_each(|detail| detail.cycles.clear());
        }
        Ok(tally)
    }

    /// The balances at this moment.
    #[must_use]
    pub fn balances(&self) -> Balances {
        let (views, ledger) = (self.state.views(), self.state.books.ledger());
        let (debt, held) = (ledger.debt(), ledger.held());
        Balances { settled: views.settled, available: views.available, ongoing: views.ongoing, debt, held }
    }

    /// The account's clock: everything before it has been handled.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.state.timers.now()
    }
}
