//! The actor that puts parts back into order: rows by organization, outcomes by replication.
//!
//! Owns what came too early. Memory is bounded: rows that come too early go to disk above a limit,
//! outcomes are handed on, replication by replication, as soon as they are complete.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;

use crate::outcome::Outcome;

use super::control::{ActorName, Control, Event, Failure, Injection, Sentinel};
use super::messages::{Contribution, Left, Taken, UnitRows};
use super::plan::Plan;
use super::rows::{RowParts, SpillError};

/// Rows of early units that the collector keeps in memory (bytes).
const MEMORY_OF_EARLY_ROWS: usize = 16 << 20;

/// Whether more replications are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enough {
    /// Go on.
    No,
    /// Stop after this replication; later ones are dropped.
    Yes,
}

/// Takes replications in order, each once.
pub trait Sink: Send {
    /// A complete replication.
    fn complete(&mut self, replication: u32, outcome: Outcome) -> Enough;

    /// What there is of a replication that was cut short.
    fn partial(&mut self, replication: u32, outcome: Outcome);

    /// The next rows of a file (by its place in the row writer's files), in the order of replications and
    /// organizations.
    ///
    /// # Errors
    /// The file cannot be written.
    fn rows(&mut self, file: usize, rows: &[u8]) -> Result<(), SpillError>;
}

/// Takes no notice of outcomes, for whoever only looks at the rows that pass by.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOutcomes;

impl Sink for NoOutcomes {
    fn complete(&mut self, _: u32, _: Outcome) -> Enough {
        Enough::No
    }

    fn partial(&mut self, _: u32, _: Outcome) {}

    fn rows(&mut self, _: usize, _: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}

/// Puts parts back into order.
pub struct Collector {
    /// Dropped first: whoever ends because this one does must not be heard before it.
    sentinel: Sentinel,
    plan: Arc<Plan>,
    arbiters: usize,
    sink: Box<dyn Sink>,
    folder: PathBuf,
    next_unit: u64,
    early: BTreeMap<u64, RowParts>,
    early_memory: usize,
    outcomes: BTreeMap<u32, (u64, Outcome)>,
    next_replication: u32,
    /// Later replications are not wanted any more.
    enough: bool,
    left: usize,
    control: Arc<Control>,
}

impl Collector {
    /// Waits for the parts of `arbiters` arbiters. `folder` takes what is spilled.
    #[must_use]
    pub fn new(
        plan: Arc<Plan>,
        arbiters: usize,
        sink: Box<dyn Sink>,
        folder: PathBuf,
        control: Arc<Control>,
    ) -> Self {
        let sentinel = Sentinel::new(control.clone(), ActorName::Collector);
        Collector {
            next_replication: plan.replications().start,
            plan,
            arbiters,
            sink,
            folder,
            next_unit: 0,
            early: BTreeMap::new(),
            early_memory: 0,
            outcomes: BTreeMap::new(),
            enough: false,
            left: 0,
            control,
            sentinel,
        }
    }

    fn take_rows(&mut self, unit: u64, mut rows: RowParts) -> Result<(), SpillError> {
        if self.early_memory + rows.memory() > MEMORY_OF_EARLY_ROWS {
            rows.spill(&self.folder, unit)?;
        }
        self.early_memory += rows.memory();
        self.early.insert(unit, rows);
        self.write_ready()
    }

    /// Writes the rows whose turn it is. Rows of a replication wait until it is certain that it belongs to the run.
    fn write_ready(&mut self) -> Result<(), SpillError> {
        let handed_on = self.next_replication - self.plan.replications().start;
        let decided = u64::from(handed_on) + u64::from(!self.enough);
        let bound = decided * self.plan.units_per_replication();
        while self.next_unit < bound
            && let Some(rows) = self.early.remove(&self.next_unit)
        {
            self.early_memory -= rows.memory();
            rows.pour(&mut |file, rows| self.sink.rows(file, rows))?;
            self.next_unit += 1;
        }
        Ok(())
    }

    /// Hands on every replication that is complete and next in order.
    fn hand_on(&mut self) {
        let whole = self.plan.units_per_replication();
        while !self.enough
            && let Some(entry) = self.outcomes.first_entry()
            && *entry.key() == self.next_replication
            && entry.get().0 == whole
        {
            let (_, outcome) = entry.remove();
            self.enough = self.sink.complete(self.next_replication, outcome) == Enough::Yes;
            self.next_replication += 1;
        }
        if self.enough {
            self.control.stop();
        }
    }

    /// Everything that will come has come.
    fn close(&mut self) -> Result<(), SpillError> {
        let (outcomes, early) = (std::mem::take(&mut self.outcomes), std::mem::take(&mut self.early));
        if !self.enough {
            for (replication, (_, outcome)) in outcomes {
                self.sink.partial(replication, outcome);
            }
            for rows in early.into_values() {
                rows.pour(&mut |file, rows| self.sink.rows(file, rows))?;
            }
        }
        Ok(())
    }

    fn check(&self, done: Result<(), SpillError>) {
        if let Err(SpillError { path, source }) = done {
            self.control.fail(Failure::Io { path, source });
        }
    }
}

impl Actor for Collector {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        super::record_panics();
    }
}

impl Handler<UnitRows> for Collector {
    type Result = ();

    fn handle(&mut self, UnitRows { unit, rows, from }: UnitRows, _: &mut Self::Context) {
        match self.control.injection {
            Some(Injection::SlowCollector(pause)) => std::thread::sleep(pause),
            Some(Injection::DyingCollector) => panic!("injected"),
            _ => {}
        }
        let taken = self.take_rows(unit, rows);
        self.check(taken);
        self.control.count_unit_collected();
        from.do_send(Taken);
    }
}

impl Handler<Contribution> for Collector {
    type Result = ();

    fn handle(&mut self, Contribution { replication, units, outcome }: Contribution, _: &mut Self::Context) {
        match self.outcomes.get_mut(&replication) {
            Some((sum, merged)) => {
                *sum += units;
                merged.merge(&outcome);
            }
            None => {
                self.outcomes.insert(replication, (units, *outcome));
            }
        }
        self.hand_on();
        let written = self.write_ready();
        self.check(written);
    }
}

impl Handler<Left> for Collector {
    type Result = ();

    fn handle(&mut self, _: Left, ctx: &mut Self::Context) {
        self.left += 1;
        if self.left == self.arbiters {
            let closed = self.close();
            self.check(closed);
            self.sentinel.finish();
            self.control.tell(Event::Collected);
            ctx.stop();
        }
    }
}
