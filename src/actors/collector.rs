//! The actor that puts parts back into order: rows by organization, outcomes by replication.
//!
//! Owns what came too early. Memory is bounded: rows that come too early go to disk above a limit,
//! outcomes are handed on, replication by replication, as soon as they are complete.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;

use crate::outcome::{Outcome, RunShape};
use crate::parts::{Header, Part, PartError, Span};

use super::control::{ActorName, Control, ControlEvent, Failure, InjectedFault, Sentinel};
use super::keeper::PartKeeper;
use super::messages::{ArbiterFinished, Close, Contribution, RowsAccepted, UnitRows};
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

    /// Told before each complete replication: operations that it demanded.
    fn demanded(&mut self, _operations: u64) {}

    /// What there is of a replication that was cut short.
    fn partial(&mut self, replication: u32, outcome: Outcome);

    /// The next rows of all files, of these organizations.
    ///
    /// # Errors
    /// A file cannot be read or written.
    fn unit(&mut self, _of: Span, rows: RowParts) -> Result<(), SpillError> {
        rows.pour(&mut |file, rows| self.rows(file, rows))
    }

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

/// Where finished parts of a run go, and which an earlier run has left there.
#[derive(Debug)]
pub struct Kept {
    /// Their folder.
    pub folder: PathBuf,
    /// What every part says about itself.
    pub header: Header,
    /// Parts of an earlier run that are taken up. Their units are left out of the plan.
    pub parts: Vec<Part>,
    /// Number of the next part.
    pub next: u64,
}

/// What a collector is given.
pub struct CollectorSpec {
    /// Which organizations, in which units.
    pub plan: Arc<Plan>,
    /// How many arbiters send parts.
    pub arbiters: usize,
    /// Takes replications in order.
    pub sink: Box<dyn Sink>,
    /// Takes what is spilled.
    pub folder: PathBuf,
    /// The names behind the numbers of outcomes.
    pub shape: Arc<RunShape>,
    /// Where parts are kept, if they are.
    pub kept: Option<Kept>,
    /// Shared with the control thread.
    pub control: Arc<Control>,
}

/// What has come of a replication.
struct ReplicationSum {
    units: u64,
    operations: u64,
    outcome: Outcome,
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
    outcomes: BTreeMap<u32, ReplicationSum>,
    next_replication: u32,
    shape: Arc<RunShape>,
    keeper: Option<PartKeeper>,
    /// Parts of an earlier run that are still to be taken up.
    parts: Vec<Part>,
    /// Later replications are not wanted any more.
    enough: bool,
    left: usize,
    control: Arc<Control>,
}

impl Collector {
    /// Waits for what its arbiters send.
    #[must_use]
    pub fn new(spec: CollectorSpec) -> Self {
        let CollectorSpec { plan, arbiters, sink, folder, shape, kept, control } = spec;
        let sentinel = Sentinel::new(control.clone(), ActorName::Collector);
        let (keeper, parts) = match kept {
            Some(Kept { folder, header, parts, next }) => {
                (Some(PartKeeper::new(folder, header, next)), parts)
            }
            None => (None, Vec::new()),
        };
        Collector {
            next_replication: plan.replications().start,
            next_unit: plan.first_unit(),
            plan,
            arbiters,
            sink,
            folder,
            early: BTreeMap::new(),
            early_memory: 0,
            outcomes: BTreeMap::new(),
            shape,
            keeper,
            parts,
            enough: false,
            left: 0,
            control,
            sentinel,
        }
    }

    /// Takes up what an earlier run has finished, as if an arbiter had just sent it.
    fn take_up(&mut self, part: &Part) -> Result<(), Failure> {
        let io = |SpillError { path, source }| Failure::Io { path, source };
        for piece in &part.pieces {
            let outcome = piece.outcome(self.shape.clone()).map_err(Failure::Part)?;
            for &span in &piece.spans {
                let unit = self.plan.index_of(span).ok_or_else(|| Failure::Part(unknown(part)))?;
                let mut rows = RowParts::default();
                for (_, file, held) in part.rows.iter().filter(|(of, ..)| *of == span) {
                    rows.set_held(*file as usize, held.clone());
                }
                self.early.insert(unit, rows);
            }
            self.add(piece.replication(), (piece.spans.len() as u64, piece.operations), outcome);
            self.hand_on();
            self.write_ready().map_err(io)?;
        }
        Ok(())
    }

    fn add(&mut self, replication: u32, (units, operations): (u64, u64), outcome: Outcome) {
        match self.outcomes.get_mut(&replication) {
            Some(sum) => {
                sum.units += units;
                sum.operations += operations;
                sum.outcome.merge(&outcome);
            }
            None => {
                self.outcomes.insert(replication, ReplicationSum { units, operations, outcome });
            }
        }
    }

    /// Copies the rows of a finished unit into the part of its arbiter.
    fn keep_rows(&mut self, arbiter: usize, unit: u64, rows: &RowParts) -> Result<(), SpillError> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        keeper.rows((arbiter, self.control.epoch()), (unit, self.plan.span(unit)), rows)
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
            self.sink.unit(self.plan.span(self.next_unit), rows)?;
            self.next_unit += 1;
        }
        Ok(())
    }

    /// Hands on every replication that is complete and next in order.
    fn hand_on(&mut self) {
        while !self.enough
            && let Some(entry) = self.outcomes.first_entry()
            && *entry.key() == self.next_replication
            && entry.get().units == self.plan.units_of(self.next_replication)
        {
            let ReplicationSum { operations, outcome, .. } = entry.remove();
            self.sink.demanded(operations);
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
            for (replication, sum) in outcomes {
                self.sink.partial(replication, sum.outcome);
            }
            for (unit, rows) in early {
                self.sink.unit(self.plan.span(unit), rows)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, ctx: &mut Context<Self>) {
        let whole = self.enough || self.next_replication == self.plan.replications().end;
        let closed = self.close();
        self.check(closed);
        if let Some(keeper) = self.keeper.as_mut().filter(|_| !whole) {
            let closed = keeper.close_all();
            self.check(closed);
        }
        self.sentinel.finish();
        self.control.tell(ControlEvent::Collected { whole });
        ctx.stop();
    }

    fn check(&self, done: Result<(), SpillError>) {
        if let Err(SpillError { path, source }) = done {
            self.control.fail(Failure::Io { path, source });
        }
    }
}

/// A part that does not belong to the plan; nobody chooses such a part.
fn unknown(part: &Part) -> PartError {
    let path = part.pieces.first().map(|piece| piece.path().to_owned()).unwrap_or_default();
    PartError::Broken { path, what: "holds organizations that the run has not" }
}

impl Actor for Collector {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        super::record_panics();
        for part in std::mem::take(&mut self.parts) {
            if let Err(failure) = self.take_up(&part) {
                self.control.fail(failure);
            }
        }
    }
}

impl Handler<UnitRows> for Collector {
    type Result = ();

    fn handle(&mut self, UnitRows { arbiter, unit, rows, from }: UnitRows, _: &mut Self::Context) {
        match self.control.injection {
            Some(InjectedFault::SlowCollector(pause)) => std::thread::sleep(pause),
            Some(InjectedFault::DyingCollector) => panic!("injected"),
            _ => {}
        }
        let taken = self.keep_rows(arbiter, unit, &rows).and_then(|()| self.take_rows(unit, rows));
        self.check(taken);
        self.control.count_unit_collected();
        from.do_send(RowsAccepted);
    }
}

impl Handler<Contribution> for Collector {
    type Result = ();

    fn handle(&mut self, sent: Contribution, _: &mut Self::Context) {
        if let Some(keeper) = &mut self.keeper {
            let kept = keeper.outcome(&self.plan, self.control.epoch(), &sent);
            self.check(kept);
        }
        self.add(sent.replication, (sent.units.len() as u64, sent.operations), *sent.outcome);
        self.hand_on();
        let written = self.write_ready();
        self.check(written);
    }
}

impl Handler<ArbiterFinished> for Collector {
    type Result = ();

    fn handle(&mut self, _: ArbiterFinished, ctx: &mut Self::Context) {
        self.left += 1;
        if self.left == self.arbiters {
            self.end(ctx);
        }
    }
}

impl Handler<Close> for Collector {
    type Result = ();

    fn handle(&mut self, _: Close, ctx: &mut Self::Context) {
        self.end(ctx);
    }
}
