//! One organization through a whole replication: its arrivals, merged once, applied to the account of every policy.
//!
//! Owns the accounts and the pace at which they advance. Leaves the order of arrivals to the inbox and the carrying of
//! batches to its driver: actors, or a plain loop.
//!
//! Invariants: the accounts of all policies see the same operations in the same order, and each account sees all of an
//! instant at once, so nothing depends on batches.

use std::io;
use std::sync::Arc;

use crate::judge::LotLeft;
use crate::sampling::StreamKey;
use crate::units::{FeatureIndex, PolicyIndex};
use crate::workload::{Batch, Source, SourceState, Traits};

use super::account::without_unasked;
use super::judging::{EndedAccount, Judging};
use super::{
    Account, BrokenPromise, EntryRule, EventTrace, Inbox, LawViolation, OrganizationOutcome, Outages, Refill,
    Scrutiny, WaysTaken, World,
};

impl Refill {
    /// Draws up to `limit` arrivals of the feature that is asked.
    ///
    /// # Errors
    /// A usage history on disk that cannot be read.
    pub fn draw(&mut self, world: &World, limit: usize) -> io::Result<()> {
        world.sources[self.feature.index()].extend(&mut self.state, &mut self.batch, limit)
    }
}

/// Memory that one organization leaves to the next.
#[derive(Debug, Default)]
pub struct Workspace {
    batches: Vec<Batch>,
    trace: EventTrace,
}

/// What an organization needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationProgress {
    /// Arrivals of the features that [`OrganizationRun::take_want`] yields.
    Wants,
    /// Nothing: the horizon is reached.
    Done,
    /// Nothing: nobody wants the organization any more ([`World::abandon`]), and it has left before the horizon.
    Left,
}

/// One organization in one replication, under every policy.
#[derive(Debug)]
pub struct OrganizationRun {
    world: Arc<World>,
    traits: Traits,
    inbox: Inbox,
    accounts: Vec<Account>,
    operations: u64,
    space: Workspace,
    /// What is written down for the judge, if an account is to be judged.
    judging: Option<Judging>,
    key: StreamKey,
    outages: Arc<Outages>,
}

impl OrganizationRun {
    /// An organization before its first arrival. `key` is the organization's key in this replication; `begin` gives
    /// the state of a feature's source before its first arrival.
    ///
    /// # Errors
    /// What an account finds wrong at the start.
    pub fn new(
        world: &Arc<World>,
        key: StreamKey,
        traits: Traits,
        outages: &Arc<Outages>,
        mut space: Workspace,
        begin: impl Fn(&Source, &Traits) -> SourceState,
    ) -> Result<Self, LawViolation> {
        let features = 0..world.sources.len();
        let enabled = features.filter(|&feature| traits.enabled.get(feature).copied().unwrap_or(true));
        let refills = enabled.map(|feature| Refill {
            feature: FeatureIndex(feature as u16),
            batch: space.batches.pop().unwrap_or_default(),
            state: begin(&world.sources[feature], &traits),
        });
        let inbox = Inbox::new(refills, world.end);
        let policies = (0..world.policies.len()).map(|policy| PolicyIndex(policy as u16));
        let accounts: Vec<Account> = policies
            .map(|policy| Account::new(world.clone(), policy, key, &traits, outages.clone()))
            .collect::<Result<_, _>>()?;
        let (world, outages) = (world.clone(), outages.clone());
        let (operations, judging) = (0, None);
        let mut run =
            OrganizationRun { world, traits, inbox, accounts, operations, space, judging, key, outages };
        if run.world.detail.audit || Scrutiny::keyed(key).recomputed {
            run.write_down();
        }
        run.begin_trace();
        Ok(run)
    }

    /// Has every account looked at as closely as can be, whatever its key says; before the first arrival.
    pub fn scrutinize(&mut self) {
        self.accounts.iter_mut().for_each(|account| account.scrutinize(Scrutiny::FULL));
        self.write_down();
        self.begin_trace();
    }

    /// Has everything that is asked for from here on written down for the judge.
    fn write_down(&mut self) {
        self.judging = Some(Judging::new(self.key, &self.outages, self.world.features.len()));
    }

    fn begin_trace(&mut self) {
        let accounts = &self.accounts;
        self.space.trace.begin((0..self.world.features.len()).map(|feature| entry(accounts, feature)));
    }

    /// Takes the buffer of a feature that must be asked before the organization can go on; `None` if every such
    /// feature has been asked. The buffer comes back through [`OrganizationRun::accept`].
    pub fn take_want(&mut self) -> Option<Box<Refill>> {
        self.inbox.take_want()
    }

    /// Takes an answer in.
    ///
    /// # Errors
    /// An answer that breaks the drawer's promises: nothing drawn before the end, or out of order.
    pub fn accept(&mut self, refill: Box<Refill>) -> Result<(), LawViolation> {
        if let Some(judging) = &mut self.judging {
            judging.hear(refill.feature, &refill.batch);
            if judging.has_too_much() {
                self.accounts.iter_mut().for_each(|account| drop(account.take_heard()));
            }
        }
        self.inbox.accept(refill).map_err(|broken| self.fault(broken))
    }

    /// True if no answer is under way, so that [`OrganizationRun::advance`] can do something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.inbox.is_ready()
    }

    /// Merges everything that nothing can precede any more and applies it to one account after the other, each over
    /// the whole slice, so that an account's state stays in the cache.
    ///
    /// # Errors
    /// What an account finds wrong: a broken law, a limit.
    pub fn advance(&mut self) -> Result<OrganizationProgress, LawViolation> {
        let upto = self.inbox.merge(&mut self.space.trace);
        let given = self.inbox.given();
        let slice = self.space.trace.slice(&given, upto);
        for account in &mut self.accounts {
            account.advance(&slice)?;
        }
        if self.world.is_abandoned() {
            return Ok(OrganizationProgress::Left);
        }
        self.operations += given.iter().map(|given| given.operations().len() as u64).sum::<u64>();
        Ok(if upto >= self.world.end { OrganizationProgress::Done } else { OrganizationProgress::Wants })
    }

    /// Operations merged so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// Which ways the operations of all accounts have gone so far.
    #[must_use]
    pub fn ways(&self) -> WaysTaken {
        let mut sum = WaysTaken::default();
        self.accounts.iter().for_each(|account| sum.add(&account.ways()));
        sum
    }

    /// `COHORT/NUMBER`, or the label of an organization from a usage history.
    #[must_use]
    pub fn name(&self) -> String {
        self.world.name_of(self.traits.id, &self.traits.label)
    }

    /// Lots with something left, of every account.
    #[must_use]
    pub fn lots_left(&self) -> Vec<Vec<LotLeft>> {
        self.accounts.iter().map(Account::lots_left).collect()
    }

    /// Closes every account at the horizon; leaves the buffers to the next organization.
    ///
    /// # Errors
    /// What an account finds wrong at its end.
    pub fn finish(mut self) -> Result<(OrganizationOutcome, Workspace), LawViolation> {
        debug_assert!(self.inbox.reached() >= self.world.end, "an organization finishes at the horizon");
        let journals: Vec<_> = self.accounts.iter_mut().map(Account::take_heard).collect();
        let lots = self.judging.as_ref().map_or_else(Vec::new, |_| self.lots_left());
        let tallies: Vec<_> =
            self.accounts.into_iter().map(Account::finish_with_rows).collect::<Result<_, _>>()?;
        if let Some(mut judging) = self.judging {
            judging.sort();
            for (policy, tally) in tallies.iter().enumerate() {
                let (journal, lots) = (journals[policy].as_deref(), lots[policy].as_slice());
                let told = EndedAccount { journal, tally, lots };
                judging.judge(&self.world, &self.traits, PolicyIndex(policy as u16), told)?;
            }
        }
        let tallies = tallies.into_iter().map(|tally| without_unasked(tally, self.world.detail)).collect();
        let Workspace { mut batches, trace } = self.space;
        batches.extend(self.inbox.into_batches());
        let outcome = OrganizationOutcome { id: self.traits.id, label: self.traits.label, tallies };
        Ok((outcome, Workspace { batches, trace }))
    }

    fn fault(&self, broken: BrokenPromise) -> LawViolation {
        let name = self.world.features.get(broken.feature.index()).map_or("?", |facts| facts.name.as_str());
        LawViolation {
            policy: String::from("all"),
            organization: self.name(),
            at: self.inbox.reached(),
            what: format!("the demand of feature `{name}` {}", broken.what),
        }
    }
}

/// How a feature's operations enter the trace, so that it serves every account.
fn entry(accounts: &[Account], feature: usize) -> EntryRule {
    let entries = accounts.iter().map(|account| account.entry(feature));
    entries.reduce(EntryRule::or).unwrap_or(EntryRule { free: false, longest: None })
}
