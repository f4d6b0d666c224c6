//! One run on actors: starts the arbiters, watches over them, ends them.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, System};

use crate::actors::{Begin, Collector, Control, Event, Failure, Job, Plan, Sink, WaveActor, WaveSpec};
use crate::outcome::Outcome;

use super::{Layout, Stopwatch};

/// How often the control thread looks at the counters.
const TICK: Duration = Duration::from_millis(50);

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
    /// Set by whoever wants the run to stop early.
    pub interrupt: Arc<AtomicBool>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Operations applied so far, each once whatever the number of policies.
    pub operations: u64,
    /// Operations that are expected in all; 0 if nobody has said.
    pub operations_expected: u64,
    /// Organizations finished so far, over all replications.
    pub organizations: u64,
    /// Organizations to finish.
    pub organizations_total: u64,
    /// Since the start.
    pub elapsed: Duration,
}

/// What a run says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Where it ended.
    pub progress: Progress,
    /// True if it was stopped before its end by an interrupt.
    pub interrupted: bool,
}

/// Runs until everything is collected, someone interrupts, or something fails. `observe` is called several times a
/// second.
///
/// # Errors
/// The first failure: it names the organization, the actor or the file.
pub fn run(spec: RunSpec, observe: &mut dyn FnMut(Progress)) -> Result<Ran, Failure> {
    let started = Stopwatch::start();
    let Job { shape, cohorts, .. } = &*spec.job;
    let sizes: Vec<u32> = cohorts.iter().map(|cohort| cohort.organizations).collect();
    let total: u64 = sizes.iter().map(|&size| u64::from(size)).sum();
    let (replications, layout) = (spec.replications.clone(), &spec.layout);
    let plan = Arc::new(Plan::new(&sizes, replications, layout.chunk_for(total), layout.shuffle));
    let (events, inbox) = channel();
    let control = Control::new(shape.features.clone(), shape.cohorts.clone(), events, layout.injection);
    let mut watch = Watch {
        control: Arc::new(control),
        inbox,
        started,
        organizations_total: total * spec.replications.len() as u64,
        stall_after: layout.stall_after,
        interrupt: spec.interrupt.clone(),
    };
    let uses_disk = spec.job.rows.files() > 0 || cohorts.iter().any(|cohort| cohort.history.is_some());
    let spill = uses_disk.then(|| spec.spill.clone());
    let arbiters = Arbiters::start(spec, plan, &watch.control)?;
    let ended = watch.until_the_end(observe);
    watch.control.set_over();
    arbiters.stop(matches!(ended, Err(Failure::Stalled { .. })));
    // Nothing in it is wanted any more; what cannot be removed lies in a folder that is not a run.
    let _ = spill.map(std::fs::remove_dir_all);
    let interrupted = ended?;
    Ok(Ran { progress: watch.progress(), interrupted })
}

/// The control thread's view of a run.
struct Watch {
    control: Arc<Control>,
    inbox: Receiver<Event>,
    started: Stopwatch,
    organizations_total: u64,
    stall_after: Duration,
    interrupt: Arc<AtomicBool>,
}

impl Watch {
    /// True if the run was interrupted.
    fn until_the_end(&mut self, observe: &mut dyn FnMut(Progress)) -> Result<bool, Failure> {
        let (mut pulse, mut moved) = (self.control.pulse(), Stopwatch::start());
        let mut interrupted = false;
        observe(self.progress());
        loop {
            match self.inbox.recv_timeout(TICK) {
                Ok(Event::Collected) => {
                    observe(self.progress());
                    return self.control.take_failure().map_or(Ok(interrupted), Err);
                }
                Ok(Event::Failed) | Err(RecvTimeoutError::Disconnected) => {
                    let silent = || Failure::Lost { actor: String::from("an arbiter"), panic: None };
                    return Err(self.control.take_failure().unwrap_or_else(silent));
                }
                Err(RecvTimeoutError::Timeout) => observe(self.progress()),
            }
            if self.interrupt.load(Relaxed) && !interrupted {
                interrupted = true;
                self.control.stop();
            }
            if self.control.pulse() != pulse {
                (pulse, moved) = (self.control.pulse(), Stopwatch::start());
            } else if moved.elapsed() >= self.stall_after {
                let waiting = self.control.waiting_for();
                return Err(Failure::Stalled { waiting, after: self.stall_after });
            }
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            operations: self.control.operations(),
            operations_expected: 0,
            organizations: self.control.organizations(),
            organizations_total: self.organizations_total,
            elapsed: self.started.elapsed(),
        }
    }
}

/// The threads of a run: one for each wave, one for the collector.
struct Arbiters(Vec<Arbiter>);

impl Arbiters {
    fn start(spec: RunSpec, plan: Arc<Plan>, control: &Arc<Control>) -> Result<Self, Failure> {
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
        let threads = layout.threads.max(1);
        let mut arbiters = Vec::with_capacity(threads + 1);
        let last = Arbiter::try_with_tokio_rt(bare_runtime).map_err(Failure::Arbiter)?;
        let collector = {
            let (plan, spill, control) = (plan.clone(), spill.clone(), control.clone());
            Collector::start_in_arbiter(&last.handle(), move |_| {
                Collector::new(plan, threads, sink, spill, control)
            })
        };
        let mut waves: Vec<Addr<WaveActor>> = Vec::with_capacity(threads);
        for arbiter in 0..threads {
            let thread = Arbiter::try_with_tokio_rt(bare_runtime).map_err(Failure::Arbiter)?;
            if layout.pin {
                pin(&thread, arbiter, threads);
            }
            let wave = WaveSpec {
                arbiter,
                job: job.clone(),
                plan: plan.clone(),
                wave: layout.wave,
                batch: layout.batch,
                folder: spill.clone(),
                control: control.clone(),
                collector: collector.clone(),
            };
            waves.push(WaveActor::start_in_arbiter(&thread.handle(), move |_| WaveActor::new(wave)));
            arbiters.push(thread);
        }
        for wave in waves {
            wave.do_send(Begin);
        }
        arbiters.push(last);
        Ok(Arbiters(arbiters))
    }

    /// Ends the threads; waits for them unless one of them may be stuck.
    fn stop(self, stuck: bool) {
        for arbiter in &self.0 {
            arbiter.stop();
        }
        if !stuck {
            for arbiter in self.0 {
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
fn pin(arbiter: &Arbiter, number: usize, threads: usize) {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    if threads <= cores.len() {
        let core = cores[number];
        arbiter.spawn_fn(move || {
            core_affinity::set_for_current(core);
        });
    }
}
