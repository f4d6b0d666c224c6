//! One run on actors: starts the arbiters, watches over them, ends them.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, System};

use crate::actors::{
    Close, Collector, CollectorSpec, Control, ControlEvent, Failure, Job, Kept, Plan, Sink, Start, WaveActor,
    WaveSpec,
};
use crate::outcome::Outcome;

use super::cut::Slice;
use super::keep::{Keep, RemainderPlan, TakenUp};
use super::{Cause, Interrupt, Layout, Stopwatch};

/// How often the control thread looks at the counters.
const TICK: Duration = Duration::from_millis(50);
/// How long units under way may go on once a run is asked to end, and how long whoever does not hear that is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// What is to be run.
pub struct RunSpec {
    /// What is simulated.
    pub job: Arc<Job>,
    /// Which replications.
    pub replications: Range<u32>,
    /// How.
    pub layout: Layout,
    /// A folder for rows that wait for their turn and for partitions of histories; made for the run and removed after it.
    /// Not touched if there are neither.
    pub spill: PathBuf,
    /// Takes replications in order.
    pub sink: Box<dyn Sink>,
    /// Asked by whoever wants the run to end early.
    pub interrupt: Interrupt,
    /// Where finished parts are kept and which there are, if they are kept.
    pub keep: Option<Keep>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Operations applied so far, each once whatever the number of policies.
    pub operations: u64,
    /// Operations that are expected in all; 0 if nobody has said.
    pub operations_expected: u64,
    /// Organizations finished so far, over all replications.
    pub organizations: u64,
    /// Organizations to finish.
    pub organizations_total: u64,
    /// Those of both that an earlier run has finished.
    pub taken_up: TakenUp,
    /// Since the start.
    pub elapsed: Duration,
}

/// What a run says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Where it ended.
    pub progress: Progress,
    /// Why it ended before its end, if it did.
    pub interrupted: Option<Cause>,
}

/// Runs until everything is collected, someone interrupts, or something fails. `observe` is called several times a
/// second.
///
/// # Errors
/// The first failure: it names the organization, the actor or the file.
pub fn run(spec: RunSpec, observe: &mut dyn FnMut(Progress)) -> Result<Ran, Failure> {
    run_all(spec, None, observe)
}

/// Runs only the organizations of a slice, whose replications are those of the spec. The sink is told of each replication
/// once, whole or not.
///
/// # Errors
/// As [`run`].
pub fn run_slice(spec: RunSpec, slice: &Slice, observe: &mut dyn FnMut(Progress)) -> Result<Ran, Failure> {
    run_all(RunSpec { replications: slice.replications.clone(), ..spec }, Some(slice), observe)
}

fn run_all(
    mut spec: RunSpec,
    slice: Option<&Slice>,
    observe: &mut dyn FnMut(Progress),
) -> Result<Ran, Failure> {
    let started = Stopwatch::start();
    let Job { shape, cohorts, .. } = &*spec.job;
    let sizes: Vec<u32> = cohorts.iter().map(|cohort| cohort.organizations).collect();
    let total: u64 = sizes.iter().map(|&size| u64::from(size)).sum();
    let (replications, layout) = (spec.replications.clone(), &spec.layout);
    let chosen = spec.keep.take().map(|keep| keep.choose(&sizes, replications.clone(), layout));
    let (plan, kept, taken_up) = match chosen {
        Some(RemainderPlan { plan, kept, taken_up }) => (plan, Some(kept), taken_up),
        None => {
            let unit = slice.map_or_else(|| layout.chunk_for(total), |slice| slice.unit);
            let plan = Plan::new(&sizes, replications, unit, layout.shuffle);
            let plan = slice.map(|slice| slice.units.clone()).into_iter().fold(plan, Plan::only);
            (plan, None, TakenUp::default())
        }
    };
    let organizations_total = match slice {
        Some(slice) => slice.organizations_of(total),
        None => total * spec.replications.len() as u64,
    };
    let firsts = cohorts.iter().map(|cohort| cohort.first).collect();
    let plan = Arc::new(plan.numbered_from(firsts));
    let (events, inbox) = channel();
    let control = Control::new(shape.features.clone(), shape.cohorts.clone(), events, layout.injection);
    control.count_taken_up(taken_up.organizations, taken_up.operations);
    let mut watch = RunWatch {
        taken_up,
        part_every: layout.part_every,
        control: Arc::new(control),
        inbox,
        started,
        organizations_total,
        stall_after: layout.stall_after,
        interrupt: spec.interrupt.clone(),
        job: spec.job.clone(),
    };
    let uses_disk = spec.job.rows.files() > 0 || cohorts.iter().any(|cohort| cohort.history.is_some());
    let spill = uses_disk.then(|| spec.spill.clone());
    let arbiters = Arbiters::start(spec, plan, kept, &watch.control)?;
    let ended = watch.until_the_end(&arbiters.collector, observe);
    watch.control.set_over();
    if ended.is_err() {
        // Whoever is in the middle of an account leaves it, so that its thread can end.
        watch.job.world.abandon.store(true, Relaxed);
    }
    let stuck =
        matches!(ended, Err(Failure::Stalled { .. })) || matches!(&ended, Ok(ended) if ended.unanswered);
    arbiters.stop(stuck);
    // Nothing in it is wanted any more; what cannot be removed lies in a folder that is not a run.
    let _ = spill.map(std::fs::remove_dir_all);
    let interrupted = ended?.interrupted;
    Ok(Ran { progress: watch.progress(), interrupted })
}

/// The control thread's view of a run.
struct RunWatch {
    taken_up: TakenUp,
    part_every: Duration,
    control: Arc<Control>,
    inbox: Receiver<ControlEvent>,
    started: Stopwatch,
    organizations_total: u64,
    stall_after: Duration,
    interrupt: Interrupt,
    job: Arc<Job>,
}

/// How a run ended.
struct Ended {
    interrupted: Option<Cause>,
    /// Somebody did not hear that the run is to end.
    unanswered: bool,
}

/// How far the end of a run is that was asked to end.
#[derive(Debug, Clone, Copy)]
enum RunEnding {
    /// Nobody has asked.
    No,
    /// Units under way are being finished.
    Units(Stopwatch),
    /// Everybody has been told to leave.
    Leaving(Stopwatch),
    /// The collector was told not to wait any more.
    Closing,
}

impl RunWatch {
    /// Looks after the run until everything is collected or somebody failed.
    fn until_the_end(
        &mut self,
        collector: &Addr<Collector>,
        observe: &mut dyn FnMut(Progress),
    ) -> Result<Ended, Failure> {
        let (mut pulse, mut moved) = (self.pulse(), Stopwatch::start());
        let (mut ending, mut epoch) = (RunEnding::No, Stopwatch::start());
        observe(self.progress());
        loop {
            match self.inbox.recv_timeout(TICK.min(self.part_every)) {
                Ok(ControlEvent::Collected { whole }) => {
                    observe(self.progress());
                    let interrupted = self.interrupt.cause().filter(|_| !whole);
                    let unanswered = matches!(ending, RunEnding::Closing);
                    return self.control.take_failure().map_or(Ok(Ended { interrupted, unanswered }), Err);
                }
                Ok(ControlEvent::Failed) | Err(RecvTimeoutError::Disconnected) => {
                    let silent = || Failure::Lost { actor: String::from("an arbiter"), panic: None };
                    return Err(self.control.take_failure().unwrap_or_else(silent));
                }
                Err(RecvTimeoutError::Timeout) => observe(self.progress()),
            }
            ending = self.end_if_asked(ending, collector);
            if epoch.elapsed() >= self.part_every {
                epoch = Stopwatch::start();
                self.control.next_epoch();
            }
            if self.pulse() != pulse {
                (pulse, moved) = (self.pulse(), Stopwatch::start());
            } else if moved.elapsed() >= self.stall_after {
                let waiting = self.control.waiting_for();
                return Err(Failure::Stalled { waiting, after: self.stall_after });
            }
        }
    }

    /// Once somebody asks for the end: units under way are finished if that takes little time, then everybody leaves.
    fn end_if_asked(&self, ending: RunEnding, collector: &Addr<Collector>) -> RunEnding {
        match ending {
            // More memory is not to be had for anybody.
            RunEnding::No if self.interrupt.cause() == Some(Cause::MemoryLimit) => self.leave(),
            RunEnding::No if self.interrupt.is_asked() => {
                self.control.take_no_more();
                RunEnding::Units(Stopwatch::start())
            }
            RunEnding::Units(since) if since.elapsed() >= GRACE => self.leave(),
            RunEnding::Leaving(since) if since.elapsed() >= GRACE => {
                collector.do_send(Close);
                RunEnding::Closing
            }
            other => other,
        }
    }

    /// Has everybody leave, wherever they are.
    fn leave(&self) -> RunEnding {
        self.control.stop();
        self.job.world.abandon.store(true, Relaxed);
        RunEnding::Leaving(Stopwatch::start())
    }

    /// A number that changes whenever anything moves.
    fn pulse(&self) -> u64 {
        self.control.pulse().wrapping_add(self.job.world.heartbeat.load(Relaxed))
    }

    fn progress(&self) -> Progress {
        Progress {
            operations: self.control.operations(),
            operations_expected: 0,
            organizations: self.control.organizations(),
            organizations_total: self.organizations_total,
            taken_up: self.taken_up,
            elapsed: self.started.elapsed(),
        }
    }
}

/// The threads of a run: one for each wave, one for the collector.
struct Arbiters {
    threads: Vec<Arbiter>,
    collector: Addr<Collector>,
}

impl Arbiters {
    fn start(
        spec: RunSpec,
        plan: Arc<Plan>,
        kept: Option<Kept>,
        control: &Arc<Control>,
    ) -> Result<Self, Failure> {
        // Arbiters belong to a system; its own event loop has nothing to do.
        let _system = System::with_tokio_rt(bare_runtime_or_panic);
        let RunSpec { job, layout, spill, mut sink, .. } = spec;
        if job.rows.files() > 0 {
            std::fs::create_dir_all(&spill).map_err(|source| Failure::Io { path: spill.clone(), source })?;
        }
        if plan.organizations() == 0 {
            for replication in plan.replications() {
                sink.complete(replication, Outcome::new(job.shape.clone()));
            }
        }
        let (threads, keeps) = (layout.threads.max(1), kept.is_some());
        let mut arbiters = Vec::with_capacity(threads + 1);
        let last = Arbiter::try_with_tokio_rt(bare_runtime).map_err(Failure::Arbiter)?;
        let collector = {
            let collector = CollectorSpec {
                plan: plan.clone(),
                arbiters: threads,
                sink,
                folder: spill.clone(),
                shape: job.shape.clone(),
                kept,
                control: control.clone(),
            };
            Collector::start_in_arbiter(&last.handle(), move |_| Collector::new(collector))
        };
        let mut waves: Vec<Addr<WaveActor>> = Vec::with_capacity(threads);
        for arbiter in 0..threads {
            let thread = Arbiter::try_with_tokio_rt(bare_runtime).map_err(Failure::Arbiter)?;
            if layout.pin {
                pin(&thread, layout.first_core..layout.first_core + threads, arbiter);
            }
            let wave = WaveSpec {
                arbiter,
                job: job.clone(),
                plan: plan.clone(),
                wave: layout.wave,
                batch: layout.batch,
                folder: spill.clone(),
                keeps,
                control: control.clone(),
                collector: collector.clone(),
            };
            waves.push(WaveActor::start_in_arbiter(&thread.handle(), move |_| WaveActor::new(wave)));
            arbiters.push(thread);
        }
        for wave in waves {
            wave.do_send(Start);
        }
        arbiters.push(last);
        Ok(Arbiters { threads: arbiters, collector })
    }

    /// Ends the threads; waits for them unless one of them may be stuck.
    fn stop(self, stuck: bool) {
        for arbiter in &self.threads {
            arbiter.stop();
        }
        if !stuck {
            for arbiter in self.threads {
                // A thread that panicked has been reported by the sentinels of its actors.
                let _ = arbiter.join();
            }
        }
    }
}

/// A runtime without timers and without network: an arbiter needs neither.
fn bare_runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().build()
}

fn bare_runtime_or_panic() -> tokio::runtime::Runtime {
    bare_runtime().expect("a runtime without drivers needs nothing from the system")
}

/// Keeps an arbiter on a core of its own, if there are enough of them.
fn pin(arbiter: &Arbiter, cores: Range<usize>, number: usize) {
    let known = core_affinity::get_core_ids().unwrap_or_default();
    if let Some(cores) = known.get(cores) {
        let core = cores[number];
        arbiter.spawn_fn(move || {
            core_affinity::set_for_current(core);
        });
    }
}
