//! The account: one organization under one policy.
//!
//! Owns the loop over instants: due events and timers in the order of SEMANTICS §10, then arrivals. The files beside
//! this one hold one concern each: `follow`, `calm`, `reach` and `light` (the course of plain operations), `instants` (what
//! is due of the account's own), `opening`, `cycle` and `grants` (credits given), `plan_change`, `prorate` and `rules` (another
//! plan, other rules), `gate` (what checks need), `attempt`, `restart` and `react` (admission and what customers do), `work`, `charging` and
//! `refunding` (operations in flight and what they owe), `books` (lots, holds, debt and the journal), `change` (what follows a
//! posting), `top_up` and `purchase` (credits bought), `money`, `pace`, `finish`.
//! Invariants: time never runs backwards; an effect without delay is carried out inside its cause.

mod attempt;
mod books;
mod calm;
mod change;
mod charging;
mod cycle;
mod env;
mod events;
mod finish;
mod follow;
mod gate;
mod grants;
mod instants;
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
mod state;
mod top_up;
mod views;
mod work;

use std::sync::Arc;

use crate::outcome::Tally;
use crate::sampling::StreamKey;
use crate::units::{Credits, FeatureIndex, PolicyIndex, SimTime};
use crate::workload::Traits;

use super::{EntryRule, LawViolation, Outages, TraceSlice, World};
use env::Env;
use state::State;

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
}

impl Account {
    /// Opens the account at the start of the horizon (or at the organization's sign-up, if that is later).
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
        let mut state = State::new(&env);
        state.open(&env);
        Ok(Account { env, state })
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
        self.state.take_fault(&env)
    }

    /// How the operations of a feature have to enter the course, so that it serves this account.
    #[must_use]
    pub fn entry(&self, feature: usize) -> EntryRule {
        light::entry(&self.env, self.state.short_ways[feature], FeatureIndex(feature as u16))
    }

    /// Closes the books at the end of the horizon, after `advance` to it.
    ///
    /// # Errors
    /// A violated law, with organization, instant and law.
    pub fn finish(mut self) -> Result<Tally, LawViolation> {
        let env = Arc::clone(&self.env);
        self.state.finish(&env);
        self.state.take_fault(&env)?;
        Ok(self.state.report())
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
        self.state.now
    }
}
