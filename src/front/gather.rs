//! Takes what a run hands out: replications into measurements, rows to the user's sink.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{Cause, Enough, Interrupt, RowWriter, Sink, SpillError};
use crate::experiment::{Measurements, StopDecision, reason, stop};
use crate::outcome::{OrganizationOutcome, Outcome, RunShape};
use crate::report::{RowFile, RowPieces};
use crate::scenario::{Precision, Scenario};

use super::rows::{RowSink, Rows, TypedRows};

/// Writes the rows of the kinds that were asked for.
pub(super) struct KindsWriter {
    files: Vec<RowFile>,
    shape: Arc<RunShape>,
}

impl KindsWriter {
    pub(super) fn new(kinds: &[Rows], shape: Arc<RunShape>) -> Self {
        KindsWriter { files: kinds.iter().map(|kind| kind.file()).collect(), shape }
    }
}

impl RowWriter for KindsWriter {
    fn files(&self) -> usize {
        self.files.len()
    }

    fn write(&self, replication: u32, organization: &OrganizationOutcome, into: &mut [Vec<u8>]) {
        for (file, out) in self.files.iter().zip(into) {
            file.append(out, &self.shape, replication, organization);
        }
    }
}

/// What has come so far.
struct Gathered {
    measurements: Measurements,
    baseline: usize,
    precision: Option<Precision>,
    readers: Vec<(TypedRows, RowPieces)>,
    sink: Option<Box<dyn RowSink>>,
    broken: Option<io::Error>,
    interrupt: Interrupt,
}

/// A sink that can be asked, once the run is over, what it took.
#[derive(Clone)]
pub(super) struct Gatherings(Arc<Mutex<Option<Gathered>>>);

/// What a run came to.
pub(super) struct Harvest {
    pub(super) measurements: Measurements,
    /// Why a precision ended the run where it did.
    pub(super) stopped: Option<String>,
    /// What the user's sink did not take.
    pub(super) broken: Option<io::Error>,
}

impl Gatherings {
    pub(super) fn new(
        (scenario, shape): (&Scenario, Arc<RunShape>),
        (kinds, sink): (&[Rows], Option<Box<dyn RowSink>>),
        interrupt: &Interrupt,
    ) -> Self {
        let reader = |kind: &Rows| (TypedRows::new(*kind), RowPieces::default());
        Gatherings(Arc::new(Mutex::new(Some(Gathered {
            measurements: Measurements::new(shape),
            baseline: scenario.baseline,
            precision: scenario.precision.clone(),
            readers: kinds.iter().map(reader).collect(),
            sink,
            broken: None,
            interrupt: interrupt.clone(),
        }))))
    }

    /// What was gathered; once.
    pub(super) fn harvest(self) -> Option<Harvest> {
        let gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let Gathered { measurements, baseline, precision, broken, .. } = gathered;
        let stopped = precision.and_then(|precision| reason(&measurements, baseline, &precision));
        Some(Harvest { measurements, stopped, broken })
    }

    fn with<T>(&self, other: T, work: impl FnOnce(&mut Gathered) -> T) -> T {
        // A panic of the user's sink has ended the run with an error already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map_or(other, work)
    }
}

impl Sink for Gatherings {
    fn complete(&mut self, _replication: u32, outcome: Outcome) -> Enough {
        self.with(Enough::Yes, |gathered| {
            gathered.measurements.push(&outcome);
            let Some(precision) = &gathered.precision else { return Enough::No };
            match stop(&gathered.measurements, gathered.baseline, precision) {
                StopDecision::Continue { .. } => Enough::No,
                StopDecision::Reached | StopDecision::Capped => Enough::Yes,
            }
        })
    }

    fn partial(&mut self, _replication: u32, _outcome: Outcome) {}

    fn rows(&mut self, file: usize, rows: &[u8]) -> Result<(), SpillError> {
        self.with(Ok(()), |gathered| {
            let Gathered { readers, sink: Some(sink), broken: None, .. } = gathered else { return Ok(()) };
            let Some((reader, pieces)) = readers.get_mut(file) else { return Ok(()) };
            if let Err(source) = pieces.take(rows, &mut |row| reader.hand_on(row, sink.as_mut())) {
                gathered.broken = Some(source);
                gathered.interrupt.ask(Cause::Signal);
                return Err(SpillError {
                    path: PathBuf::from("the sink of rows"),
                    source: io::Error::other("did not take a row"),
                });
            }
            Ok(())
        })
    }
}
