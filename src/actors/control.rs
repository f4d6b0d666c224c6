//! What actors and the control thread share: counters, the wish to stop, the first failure.
//!
//! Mailboxes drain without yielding, so a timer or Ctrl-C inside an arbiter would starve; the control thread reads
//! these atomics instead, and actors read one of them once a batch.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::organization::LawViolation;
use crate::units::{FeatureIndex, OrganizationId};
use crate::workload::HistoryProblems;

use super::panics::{Said, last_panic};

/// Why a run ended without its results.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A law or a limit was broken.
    #[error("replication {replication}: {fault}")]
    Fault {
        /// From 0.
        replication: u32,
        /// What and where.
        fault: LawViolation,
    },
    /// Code panicked on behalf of an organization.
    #[error("replication {replication}, organization {organization}: {what}")]
    Panicked {
        /// From 0.
        replication: u32,
        /// `COHORT/NUMBER` or a label.
        organization: String,
        /// The panic's text.
        what: String,
    },
    /// The scenario asks for something that cannot be.
    #[error("replication {replication}, organization {organization}: {what}")]
    Impossible {
        /// From 0.
        replication: u32,
        /// `COHORT/NUMBER` or a label.
        organization: String,
        /// What.
        what: String,
    },
    /// An actor or an arbiter ended before its work.
    #[error("{actor} ended before its work was done{}", .panic.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Lost {
        /// Which.
        actor: String,
        /// What it said when it panicked.
        panic: Option<String>,
    },
    /// Nothing moved for a long time.
    #[error("nothing moved for {} s; waiting for {waiting}", .after.as_secs_f64())]
    Stalled {
        /// Who owes an answer.
        waiting: String,
        /// For how long.
        after: Duration,
    },
    /// A usage history could not be prepared or opened.
    #[error("{0}")]
    History(HistoryProblems),
    /// A usage history could not be read.
    #[error("the usage history of organization {organization}: {source}")]
    Unreadable {
        /// `COHORT/NUMBER` or a label.
        organization: String,
        /// Why.
        source: std::io::Error,
    },
    /// A part of an earlier run could not be taken up.
    #[error("{0}; without the part its organizations are simulated again")]
    Part(crate::parts::PartError),
    /// A thread could not be started.
    #[error("an arbiter could not be started: {0}")]
    Arbiter(std::io::Error),
    /// A file could not be written or read.
    #[error("`{}`: {source}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Failure {
    /// What an organization's work ended with.
    pub(super) fn of(said: Said, replication: u32, organization: String) -> Self {
        match said {
            Said::Impossible(what) => Failure::Impossible { replication, organization, what },
            Said::Panicked(what) => Failure::Panicked { replication, organization, what },
        }
    }
}

/// What the control thread is told.
#[derive(Debug)]
pub enum ControlEvent {
    /// Everything that will come is handed on; `whole` if nothing that was asked for is missing.
    Collected {
        /// Nothing is missing.
        whole: bool,
    },
    /// Look at [`Control::take_failure`].
    Failed,
}

/// A fault put in on purpose, to test that none goes unnoticed. Never set outside tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The account code of this organization (by number, any cohort) panics.
    PanickingOrganization(u32),
    /// This feature's actor panics while drawing.
    PanickingFeature(u16),
    /// This feature's actor itself panics, outside anything that is caught.
    DyingFeature(u16),
    /// This feature draws nothing although the end is not reached.
    ExhaustedFeature(u16),
    /// This feature never answers.
    SilentFeature(u16),
    /// The wave actor panics when its n-th organization finishes.
    DyingWave(u32),
    /// The collector needs this long for each unit.
    SlowCollector(Duration),
    /// The collector panics on its first unit.
    DyingCollector,
}

/// Counters, the wish to stop, the first failure of a run.
#[derive(Debug)]
pub struct Control {
    last_units: AtomicBool,
    epoch: AtomicU64,
    stop: AtomicBool,
    over: AtomicBool,
    operations: AtomicU64,
    organizations: AtomicU64,
    units_sent: AtomicU64,
    units_collected: AtomicU64,
    /// (asked, answered) by feature.
    demands: Vec<(AtomicU64, AtomicU64)>,
    features: Vec<String>,
    cohorts: Vec<String>,
    failure: Mutex<Option<Failure>>,
    events: Sender<ControlEvent>,
    /// For tests.
    pub injection: Option<InjectedFault>,
}

impl Control {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(
        features: Vec<String>,
        cohorts: Vec<String>,
        events: Sender<ControlEvent>,
        injection: Option<InjectedFault>,
    ) -> Self {
        Control {
            last_units: AtomicBool::new(false),
            epoch: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            over: AtomicBool::new(false),
            operations: AtomicU64::new(0),
            organizations: AtomicU64::new(0),
            units_sent: AtomicU64::new(0),
            units_collected: AtomicU64::new(0),
            demands: features.iter().map(|_| Default::default()).collect(),
            features,
            cohorts,
            failure: Mutex::new(None),
            events,
            injection,
        }
    }

    /// Asks everyone to finish the units under way and to take no more.
    pub fn take_no_more(&self) {
        self.last_units.store(true, Relaxed);
    }

    /// True once no unit is to be taken any more.
    #[must_use]
    pub fn takes_no_more(&self) -> bool {
        self.last_units.load(Relaxed)
    }

    /// Ends a stretch of time: what was finished in it is put into a part.
    pub fn next_epoch(&self) {
        self.epoch.fetch_add(1, Relaxed);
    }

    /// Number of the present stretch of time.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Relaxed)
    }

    /// Counts what an earlier run has finished.
    pub fn count_taken_up(&self, organizations: u64, operations: u64) {
        self.organizations.fetch_add(organizations, Relaxed);
        self.operations.fetch_add(operations, Relaxed);
    }

    /// Asks everyone to stop at the next batch; finished organizations are kept.
    pub fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    /// True once someone asked to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// From now on, actors may end without being missed.
    pub fn set_over(&self) {
        self.over.store(true, Relaxed);
    }

    /// Keeps the first failure, stops everyone and wakes the control thread.
    pub fn fail(&self, failure: Failure) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        self.stop();
        self.tell(ControlEvent::Failed);
    }

    /// The first failure, if there was one.
    #[must_use]
    pub fn take_failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Tells the control thread.
    pub fn tell(&self, event: ControlEvent) {
        // The control thread hangs up only when the run is over.
        let _ = self.events.send(event);
    }

    pub(super) fn count_operations(&self, operations: u64) {
        self.operations.fetch_add(operations, Relaxed);
    }

    pub(super) fn count_organization(&self) {
        self.organizations.fetch_add(1, Relaxed);
    }

    pub(super) fn count_asked(&self, feature: FeatureIndex) {
        self.demands[feature.index()].0.fetch_add(1, Relaxed);
    }

    pub(super) fn count_answered(&self, feature: FeatureIndex) {
        self.demands[feature.index()].1.fetch_add(1, Relaxed);
    }

    pub(super) fn count_unit_sent(&self) {
        self.units_sent.fetch_add(1, Relaxed);
    }

    pub(super) fn count_unit_collected(&self) {
        self.units_collected.fetch_add(1, Relaxed);
    }

    /// Operations applied so far (each once, whatever the number of policies).
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.operations.load(Relaxed)
    }

    /// Organizations finished so far, over all replications.
    #[must_use]
    pub fn organizations(&self) -> u64 {
        self.organizations.load(Relaxed)
    }

    /// A number that changes whenever anything moves.
    #[must_use]
    pub fn pulse(&self) -> u64 {
        let answered: u64 = self.demands.iter().map(|(_, answered)| answered.load(Relaxed)).sum();
        self.operations() + self.organizations() + answered + self.units_collected.load(Relaxed)
    }

    /// Who owes an answer, as far as the counters tell.
    #[must_use]
    pub fn waiting_for(&self) -> String {
        if self.units_sent.load(Relaxed) > self.units_collected.load(Relaxed) {
            return ActorName::Collector.to_string();
        }
        let owing = |(asked, answered): &(AtomicU64, AtomicU64)| asked.load(Relaxed) > answered.load(Relaxed);
        match self.demands.iter().position(owing) {
            Some(feature) => self.name(ActorName::Feature(FeatureIndex(feature as u16))),
            None => String::from("an organization"),
        }
    }

    /// An actor's name as a person reads it.
    #[must_use]
    pub fn name(&self, actor: ActorName) -> String {
        let named = |names: &[String], index: usize| names.get(index).map_or("?", String::as_str).to_owned();
        match actor {
            ActorName::Feature(feature) => {
                format!("the actor of feature `{}`", named(&self.features, feature.index()))
            }
            ActorName::Organization(id) => {
                format!("the actor of organization {}/{}", named(&self.cohorts, id.cohort.index()), id.number)
            }
            other => other.to_string(),
        }
    }
}

/// Which actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorName {
    /// Draws a feature's arrivals.
    Feature(FeatureIndex),
    /// Advances an organization.
    Organization(OrganizationId),
    /// Keeps an arbiter's organizations alive.
    Wave(usize),
    /// Puts parts back into order.
    Collector,
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ActorName::Feature(feature) => write!(f, "the actor of feature {}", feature.0),
            ActorName::Organization(id) => {
                write!(f, "the actor of organization {}/{}", id.cohort.0, id.number)
            }
            ActorName::Wave(arbiter) => write!(f, "the wave actor of arbiter {arbiter}"),
            ActorName::Collector => write!(f, "the collector"),
        }
    }
}

/// Dropped before [`Sentinel::finish`], it reports the actor that carried it: a panic in a handler, a mailbox closed
/// too early. So no actor ends silently.
#[derive(Debug)]
pub struct Sentinel {
    control: std::sync::Arc<Control>,
    actor: ActorName,
    finished: bool,
}

impl Sentinel {
    /// Watches over `actor`.
    #[must_use]
    pub fn new(control: std::sync::Arc<Control>, actor: ActorName) -> Self {
        Sentinel { control, actor, finished: false }
    }

    /// The actor may end now.
    pub fn finish(&mut self) {
        self.finished = true;
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        if !self.finished && !self.control.over.load(Relaxed) {
            self.control.fail(Failure::Lost { actor: self.control.name(self.actor), panic: last_panic() });
        }
    }
}
