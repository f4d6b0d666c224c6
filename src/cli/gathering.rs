//! Takes what a run hands out, in order: replications into measurements, rows into files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::calendar::Zone;
use crate::engine::{Enough, RowWriter, Sink, SpillError, Stopwatch};
use crate::experiment::{Measurements, Resamples, StopDecision, reason, stop, until};
use crate::outcome::{OrganizationOutcome, Outcome, Recount, RunShape};
use crate::report::{self, RowFile, RunFile, RunFolder};
use crate::scenario::{Precision, Scenario, Until};

use super::exit::CommandProblem;
use super::progress::span;
use super::rows::{RowsForm, RowsSink};
use super::terminal::number_of;

/// Writes the rows of the files that were asked for.
pub(super) struct GatheringWriter {
    files: Vec<RowFile>,
    shape: Arc<RunShape>,
    recounts: Option<Recounts>,
    /// Told of every organization too.
    resamples: Arc<OnceLock<Resamples>>,
}

/// What accounts have counted, a second time, by replication.
type Recounts = Arc<Mutex<BTreeMap<u32, Recount>>>;

impl GatheringWriter {
    pub fn new(files: Vec<RowFile>, shape: Arc<RunShape>) -> Self {
        GatheringWriter { files, shape, recounts: None, resamples: Arc::default() }
    }

    /// Has every organization counted a second time, to compare the merged outcomes with.
    pub fn recounting(self) -> Self {
        GatheringWriter { recounts: Some(Recounts::default()), ..self }
    }

    /// Where resamples of the organizations are taken in, once they are drawn.
    pub fn resamples(&self) -> Arc<OnceLock<Resamples>> {
        Arc::clone(&self.resamples)
    }
}

impl RowWriter for GatheringWriter {
    fn files(&self) -> usize {
        self.files.len()
    }

    fn write(&self, replication: u32, organization: &OrganizationOutcome, into: &mut [Vec<u8>]) {
        if let Some(recounts) = &self.recounts {
            let mut recounts = recounts.lock().unwrap_or_else(PoisonError::into_inner);
            recounts.entry(replication).or_default().add(&self.shape, organization);
        }
        if let Some(resamples) = self.resamples.get() {
            resamples.add(organization);
        }
        for (file, out) in self.files.iter().zip(into) {
            file.append(out, &self.shape, replication, organization);
        }
    }
}

/// What was gathered when a run ended.
pub(super) struct GatheredRun {
    pub measurements: Measurements,
    /// Files with rows, still open, or why they cannot be had.
    pub files: Vec<(String, Result<RunFile, String>)>,
    /// True if the precision asked for was not reached.
    pub precision_missed: bool,
    /// Why a precision ended the run where it did.
    pub stopped: Option<String>,
    /// The rows of `books.csv`; none without a currency.
    pub books: Option<Vec<u8>>,
    /// The rows of `limits.csv`; none without limits.
    pub limits: Option<Vec<u8>>,
    /// Organizations in the one unfinished replication that is measured because no other is finished.
    unfinished: Option<u64>,
}

impl GatheredRun {
    /// Replications that were finished.
    pub fn finished(&self) -> u32 {
        if self.unfinished.is_some() { 0 } else { self.measurements.replications() }
    }

    /// Says so if there is less than was asked for.
    pub fn shortfall(&self, scenario: &Scenario) -> Option<String> {
        if let Some(organizations) = self.unfinished {
            let what = "no replication was finished, so no results are written";
            return Some(format!("{what}; the numbers are those of {organizations} organizations"));
        }
        let (done, asked) = (self.measurements.replications(), scenario.replications);
        if done == 0 {
            return Some(String::from("no replication was finished, so no results are written"));
        }
        (scenario.precision.is_none() && self.stopped.is_none() && done < asked)
            .then(|| format!("{done} of {asked} replications were finished; the numbers are theirs"))
    }
}

/// The header of `books.csv`.
fn books_begun() -> Vec<u8> {
    let mut books = Vec::new();
    report::write_books_header(&mut books).expect("memory takes every byte");
    books
}

/// The header of `limits.csv`.
fn limits_begun() -> Vec<u8> {
    let mut limits = Vec::new();
    report::write_limits_header(&mut limits).expect("memory takes every byte");
    limits
}

struct GatheringState {
    measurements: Measurements,
    baseline: usize,
    precision: Option<Precision>,
    until: Option<Until>,
    precision_missed: bool,
    partial: Option<Outcome>,
    /// Rows of `books.csv` so far: a few for every replication, whatever the number of organizations.
    books: Option<Vec<u8>>,
    /// Rows of `limits.csv` so far, if any policy has limits.
    limits: Option<Vec<u8>>,
    zone: Zone,
    files: Vec<OpenRows>,
    /// No replication is added after this long.
    time: Option<(Stopwatch, Duration)>,
    folder: PathBuf,
    recounts: Option<Recounts>,
    /// What was merged otherwise than accounts have counted it.
    broken: Option<String>,
}

/// A file that is being written.
struct OpenRows {
    /// The rows of this one of the writer's files.
    of: usize,
    name: String,
    /// Itself, or why it cannot be had.
    open: Result<RowsSink, String>,
}

impl OpenRows {
    /// Opens the files in which the rows of one of the writer's files are kept.
    fn begin(
        (of, file): (usize, RowFile),
        form: RowsForm,
        folder: &RunFolder,
    ) -> Result<Vec<OpenRows>, CommandProblem> {
        let forms = match file {
            RowFile::Cycles | RowFile::LimitAccounts | RowFile::Operations | RowFile::Journal => vec![form],
            // Other programs look for it; columns stand beside it.
            RowFile::Organizations if form == RowsForm::Parquet => vec![RowsForm::Csv, form],
            RowFile::Organizations | RowFile::Changes => vec![RowsForm::Csv],
        };
        let begin = |form: RowsForm| {
            let (csv, name) = (file.name(), form.named(file.name()));
            let broken = |source| CommandProblem::File { path: folder.path().join(&name), source };
            let opened = folder.open(&name).map_err(broken)?;
            let open = RowsSink::begin(opened, form, (csv, &file.header())).map_err(broken)?;
            Ok(OpenRows { of, name, open: Ok(open) })
        };
        forms.into_iter().map(begin).collect()
    }

    /// Takes rows, unless it cannot be had.
    fn take(&mut self, rows: &[u8], folder: &Path) -> Result<(), SpillError> {
        let Ok(taken) = &mut self.open else { return Ok(()) };
        taken.take(rows).map_err(|source| {
            // Half a row may be in it.
            self.open = Err(source.to_string());
            SpillError { path: folder.join(&self.name), source }
        })
    }
}

/// A sink that can be asked, once the run is over, what it took.
#[derive(Clone)]
pub(super) struct Gathering(Arc<Mutex<Option<GatheringState>>>);

impl Gathering {
    /// Opens the files and writes their headers.
    pub fn begin(
        writer: &GatheringWriter,
        scenario: &Scenario,
        shape: Arc<RunShape>,
        folder: &RunFolder,
        (form, time): (RowsForm, Option<Duration>),
    ) -> Result<Self, CommandProblem> {
        let numbered = writer.files.iter().copied().enumerate();
        let files: Vec<Vec<OpenRows>> =
            numbered.map(|file| OpenRows::begin(file, form, folder)).collect::<Result<_, _>>()?;
        let state = GatheringState {
            measurements: Measurements::new(shape),
            baseline: scenario.baseline,
            precision: scenario.precision.clone(),
            until: scenario.until.clone(),
            precision_missed: false,
            partial: None,
            books: scenario.currency.is_some().then(books_begun),
            limits: scenario.policies.iter().any(|policy| !policy.limit_names.is_empty()).then(limits_begun),
            zone: scenario.zone.clone(),
            files: files.into_iter().flatten().collect(),
            time: time.map(|time| (Stopwatch::start(), time)),
            folder: folder.path().to_owned(),
            recounts: writer.recounts.clone(),
            broken: None,
        };
        Ok(Gathering(Arc::new(Mutex::new(Some(state)))))
    }

    fn state(&self) -> MutexGuard<'_, Option<GatheringState>> {
        // A panic of the collector has ended the run with an error already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was gathered; once.
    pub fn finish(self) -> Result<GatheredRun, CommandProblem> {
        let state = self.state().take();
        let Some(mut state) = state else { return Err(CommandProblem::usage("the run has ended already")) };
        if let Some(broken) = state.broken.take() {
            return Err(CommandProblem::Internal(broken));
        }
        let partial = state.partial.take().filter(|_| state.measurements.replications() == 0);
        let unfinished = partial.as_ref().map(Outcome::organizations);
        if let Some(outcome) = partial {
            state.measurements.push(&outcome);
        }
        let GatheringState {
            measurements,
            baseline,
            precision,
            until,
            files,
            precision_missed,
            time,
            books,
            limits,
            ..
        } = state;
        let known = precision.and_then(|precision| reason(&measurements, baseline, &precision));
        let known = known.or_else(|| {
            let until = until.filter(|until| enough(&measurements, until))?;
            Some(until::told(&measurements, &until))
        });
        let stopped = known.or_else(|| time_over(&measurements, time));
        let close = |OpenRows { name, open, .. }: OpenRows| {
            (name, open.and_then(|open| open.finish().map_err(|error| error.to_string())))
        };
        let files = files.into_iter().map(close).collect();
        Ok(GatheredRun { measurements, files, precision_missed, stopped, books, limits, unfinished })
    }
}

/// True where `--until` ends a run: at the end of a batch, if it holds or there may not be another.
fn enough(measurements: &Measurements, until: &Until) -> bool {
    let done = measurements.replications();
    done.is_multiple_of(until.batch) && (done >= until.most || until::holds(measurements, until))
}

/// Says that `--time` ended the run, if it did.
fn time_over(measurements: &Measurements, time: Option<(Stopwatch, Duration)>) -> Option<String> {
    let (_, time) = time.filter(|(since, time)| since.elapsed() >= *time)?;
    let done = measurements.replications();
    (done > 0).then(|| {
        format!(
            "stopped after {}: the {} of `--time` were over (repeat it with `--replications {done}`)",
            number_of(u64::from(done), "replication", "replications"),
            span(time.as_secs_f64())
        )
    })
}

impl GatheringState {
    /// Compares a replication with what its accounts have counted, which is then forgotten.
    fn compare(&mut self, replication: u32, outcome: &Outcome) {
        let Some(recounts) = &self.recounts else { return };
        let counted = recounts.lock().unwrap_or_else(PoisonError::into_inner).remove(&replication);
        if let Some(what) = counted.unwrap_or_default().difference(outcome) {
            self.broken =
                Some(format!("replication {replication}: what accounts counted was merged wrongly: {what}"));
        }
    }

    fn complete(&mut self, outcome: &Outcome) -> Enough {
        let (replication, zone) = (self.measurements.replications(), &self.zone);
        let month_name = |month| zone.show(month).chars().take(7).collect();
        if let Some(books) = &mut self.books {
            report::write_books(books, replication, outcome, &month_name).expect("memory takes every byte");
        }
        if let Some(limits) = &mut self.limits {
            report::write_limits(limits, replication, outcome).expect("memory takes every byte");
        }
        self.measurements.push(outcome);
        if self.time.as_ref().is_some_and(|(since, time)| since.elapsed() >= *time) {
            return Enough::Yes;
        }
        if let Some(until) = &self.until {
            let done = enough(&self.measurements, until);
            self.precision_missed = !(done && until::holds(&self.measurements, until));
            return if done { Enough::Yes } else { Enough::No };
        }
        let Some(precision) = &self.precision else { return Enough::No };
        let verdict = stop(&self.measurements, self.baseline, precision);
        self.precision_missed = verdict != StopDecision::Reached;
        if matches!(verdict, StopDecision::Continue { .. }) { Enough::No } else { Enough::Yes }
    }
}

impl Sink for Gathering {
    fn complete(&mut self, replication: u32, outcome: Outcome) -> Enough {
        let mut state = self.state();
        let Some(state) = state.as_mut() else { return Enough::Yes };
        state.compare(replication, &outcome);
        if state.broken.is_some() { Enough::Yes } else { state.complete(&outcome) }
    }

    fn partial(&mut self, _replication: u32, outcome: Outcome) {
        if let Some(state) = self.state().as_mut() {
            state.partial.get_or_insert(outcome);
        }
    }

    fn rows(&mut self, file: usize, rows: &[u8]) -> Result<(), SpillError> {
        let mut state = self.state();
        let Some(GatheringState { files, folder, .. }) = state.as_mut() else { return Ok(()) };
        files.iter_mut().filter(|open| open.of == file).try_for_each(|open| open.take(rows, folder))
    }
}
