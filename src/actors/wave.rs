//! The actor that runs an arbiter: keeps at most a few organizations alive, folds what each did, takes the next unit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;

use crate::organization::{Outages, Workspace};
use crate::outcome::Outcome;

use super::collector::Collector;
use super::control::{ActorName, Control, Failure, InjectedFault, Sentinel};
use super::feature::FeatureActor;
use super::job::Job;
use super::messages::{
    ArbiterFinished, Contribution, DrawRequest, OrganizationFinished, OrganizationResult, RowsAccepted,
    RunPosition, Shutdown, Start, UnitRows,
};
use super::organization::OrganizationActor;
use super::panics::{caught, record_panics};
use super::plan::{Plan, WorkUnit};
use super::rows::{RowParts, SpillError};

/// Units an arbiter may have sent that the collector has not taken in yet.
const AHEAD_OF_COLLECTOR: u32 = 4;

/// What an arbiter is given.
#[derive(Clone)]
pub struct WaveSpec {
    /// Number of the arbiter, from 0.
    pub arbiter: usize,
    /// What is simulated.
    pub job: Arc<Job>,
    /// Which organizations, in which units.
    pub plan: Arc<Plan>,
    /// Most organizations alive at once; at least one.
    pub wave: usize,
    /// Most operations in a batch; at least one.
    pub batch: usize,
    /// Where rows are spilled.
    pub folder: PathBuf,
    /// Parts of what is finished are kept: it is handed over again and again.
    pub keeps: bool,
    /// Shared with the control thread.
    pub control: Arc<Control>,
    /// Where units go.
    pub collector: Addr<Collector>,
}

/// A unit of which organizations are alive or still to be started.
#[derive(Debug)]
struct OpenUnit {
    unit: WorkUnit,
    /// Organizations started.
    started: u32,
    /// Organizations ended.
    ended: u32,
    /// Place of the next organization whose rows are written.
    next_rows: u32,
    /// Rows of organizations that ended before an earlier one.
    early: BTreeMap<u32, Vec<Vec<u8>>>,
    rows: RowParts,
    /// False once an organization was told to stop: the unit has a hole.
    whole: bool,
}

/// What some of an arbiter's organizations of one replication did.
#[derive(Debug)]
struct ArbiterSum {
    /// Units of which every organization is in.
    units: Vec<u64>,
    /// False once an organization of another unit is in.
    whole: bool,
    operations: u64,
    outcome: Outcome,
}

/// Where a wave hears of what.
struct OwnAddresses {
    finished: Arc<Recipient<OrganizationFinished>>,
    accepted: Arc<Recipient<RowsAccepted>>,
}

/// Runs one arbiter.
pub struct WaveActor {
    /// Dropped first: whoever ends because this one does must not be heard before it.
    sentinel: Sentinel,
    spec: WaveSpec,
    features: Vec<Addr<FeatureActor>>,
    /// Where organizations ask each feature.
    asked: Arc<[Recipient<DrawRequest>]>,
    own: Option<OwnAddresses>,
    open: Vec<OpenUnit>,
    alive: usize,
    /// No unit is left to take.
    exhausted: bool,
    unacknowledged: u32,
    /// What this arbiter's organizations did since they were last handed over, by replication.
    outcomes: BTreeMap<u32, ArbiterSum>,
    /// The stretch of time of which everything was handed over.
    epoch: u64,
    outages: Option<(u32, Arc<Outages>)>,
    spaces: Vec<Workspace>,
    buffers: Vec<Vec<u8>>,
    finished: u32,
    left: bool,
}

impl WaveActor {
    /// A wave that waits for [`Start`].
    #[must_use]
    pub fn new(spec: WaveSpec) -> Self {
        let sentinel = Sentinel::new(spec.control.clone(), ActorName::Wave(spec.arbiter));
        let buffers = vec![Vec::new(); spec.job.rows.files()];
        WaveActor {
            spec,
            features: Vec::new(),
            asked: Arc::new([]),
            own: None,
            open: Vec::new(),
            alive: 0,
            exhausted: false,
            unacknowledged: 0,
            outcomes: BTreeMap::new(),
            epoch: 0,
            outages: None,
            spaces: Vec::new(),
            buffers,
            finished: 0,
            left: false,
            sentinel,
        }
    }

    /// Starts organizations until the wave is full or nothing is left; leaves when nothing is alive any more.
    fn fill(&mut self, ctx: &mut Context<Self>) {
        while self.alive < self.spec.wave.max(1) && !self.spec.control.is_stopping() {
            let Some(place) = self.next_place() else { break };
            self.start(place);
        }
        let over = self.exhausted || self.spec.control.is_stopping();
        if over && self.alive == 0 {
            self.leave(ctx);
        }
    }

    /// The next organization to start; `None` if there is none now.
    ///
    /// The last unit taken is the only one with organizations to start. It runs ahead of its slowest organization by a
    /// few waves at most, so that few rows wait for their turn.
    fn next_place(&mut self) -> Option<RunPosition> {
        let window = 4 * self.spec.wave.max(1) as u32;
        let rows_matter = !self.buffers.is_empty() && self.spec.plan.is_in_order();
        let startable = |open: &OpenUnit| open.started < open.unit.count;
        if !self.open.last().is_some_and(startable) {
            if self.exhausted || self.unacknowledged >= AHEAD_OF_COLLECTOR {
                return None;
            }
            if self.spec.keeps && self.spec.control.epoch() != self.epoch {
                // Everything that is finished goes into a part; a unit that is only begun may not be among it.
                if !self.open.is_empty() {
                    return None;
                }
                self.epoch = self.spec.control.epoch();
                self.contribute(None);
            }
            let next = if self.spec.control.takes_no_more() { None } else { self.spec.plan.take() };
            let Some(unit) = next else {
                self.exhausted = true;
                return None;
            };
            self.open_unit(unit);
        }
        let open = self.open.last_mut()?;
        if rows_matter && open.started >= open.next_rows + window {
            return None;
        }
        let unit = open.unit;
        let place = self.spec.plan.place(unit, open.started);
        open.started += 1;
        let id = self.spec.plan.organization(unit, place);
        Some(RunPosition { replication: unit.replication, unit: unit.index, place, id })
    }

    fn open_unit(&mut self, unit: WorkUnit) {
        self.contribute(Some(unit.replication));
        let shape = &self.spec.job.shape;
        self.outcomes.entry(unit.replication).or_insert_with(|| ArbiterSum {
            units: Vec::new(),
            whole: true,
            operations: 0,
            outcome: Outcome::new(shape.clone()),
        });
        let rows = RowParts::default();
        let early = BTreeMap::new();
        self.open.push(OpenUnit { unit, started: 0, ended: 0, next_rows: 0, early, rows, whole: true });
    }

    fn start(&mut self, place: RunPosition) {
        self.alive += 1;
        let space = self.spaces.pop().unwrap_or_default();
        let job = self.spec.job.clone();
        let outages = self.outages_of(place.replication);
        let name = job.organization_name(place.id);
        match caught(|| job.start(place.replication, place.id, &outages, space)) {
            Ok(Ok(run)) => {
                let (features, control) = (self.asked.clone(), self.spec.control.clone());
                if let Some(own) = &self.own {
                    OrganizationActor::new(run, name, place, features, own.finished.clone(), control).start();
                }
            }
            Ok(Err(failure)) => {
                self.alive -= 1;
                self.spec.control.fail(failure);
            }
            Err(said) => {
                self.alive -= 1;
                self.spec.control.fail(Failure::of(said, place.replication, name));
            }
        }
    }

    /// Outages are keyed, so every arbiter draws the same ones.
    fn outages_of(&mut self, replication: u32) -> Arc<Outages> {
        match &self.outages {
            Some((drawn_for, outages)) if *drawn_for == replication => outages.clone(),
            _ => {
                let outages = Arc::new((self.spec.job.outages)(replication));
                self.outages = Some((replication, outages.clone()));
                outages
            }
        }
    }

    /// Folds an outcome in and writes its rows.
    fn take_in(&mut self, place: RunPosition, harvest: OrganizationResult) -> Result<(), SpillError> {
        if let Some(sum) = self.outcomes.get_mut(&place.replication) {
            sum.outcome.fold(&harvest.outcome);
            sum.operations += harvest.operations;
        }
        self.spaces.push(harvest.space);
        self.spec.control.count_organization();
        self.spec.job.rows.write(place.replication, &harvest.outcome, &mut self.buffers);
        let Some(open) = self.open.iter_mut().find(|open| open.unit.index == place.unit) else {
            return Ok(());
        };
        open.take_rows(place.place, &mut self.buffers, &self.spec.folder)
    }

    /// Sends off every unit that is complete.
    fn send_complete(&mut self) {
        let complete = |open: &OpenUnit| open.ended == open.unit.count;
        while let Some(index) = self.open.iter().position(complete) {
            let OpenUnit { unit, rows, whole, .. } = self.open.remove(index);
            if let Some(sum) = self.outcomes.get_mut(&unit.replication) {
                sum.whole &= whole;
                sum.units.extend(whole.then_some(unit.index));
            }
            if !whole {
                continue;
            }
            if let Some(from) = self.own.as_ref().map(|own| own.accepted.clone()) {
                self.unacknowledged += 1;
                self.spec.control.count_unit_sent();
                self.spec.collector.do_send(UnitRows {
                    arbiter: self.spec.arbiter,
                    unit: unit.index,
                    rows,
                    from,
                });
            }
        }
    }

    /// Hands over the outcomes of replications of which no unit is open here, except `staying`.
    fn contribute(&mut self, staying: Option<u32>) {
        let open = |replication: u32| self.open.iter().any(|open| open.unit.replication == replication);
        let ready: Vec<u32> =
            self.outcomes.keys().copied().filter(|&r| Some(r) != staying && !open(r)).collect();
        for replication in ready {
            if let Some(ArbiterSum { units, whole, operations, outcome }) = self.outcomes.remove(&replication)
            {
                let (arbiter, outcome) = (self.spec.arbiter, Box::new(outcome));
                let contribution = Contribution { replication, arbiter, units, whole, operations, outcome };
                self.spec.collector.do_send(contribution);
            }
        }
    }

    fn leave(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.left, true) {
            return;
        }
        for open in std::mem::take(&mut self.open) {
            if let Some(sum) = self.outcomes.get_mut(&open.unit.replication) {
                sum.whole = false;
            }
        }
        self.contribute(None);
        for feature in &self.features {
            feature.do_send(Shutdown);
        }
        self.sentinel.finish();
        self.spec.collector.do_send(ArbiterFinished);
        ctx.stop();
    }
}

impl OpenUnit {
    /// Keeps the rows of the organization at `place` until it is its turn. Takes the buffers' content.
    fn take_rows(
        &mut self,
        place: u32,
        buffers: &mut [Vec<u8>],
        folder: &std::path::Path,
    ) -> Result<(), SpillError> {
        if buffers.is_empty() {
            return Ok(());
        }
        if place != self.next_rows {
            self.early.insert(place, buffers.iter_mut().map(std::mem::take).collect());
            return Ok(());
        }
        self.rows.push(buffers, folder, self.unit.index)?;
        self.next_rows += 1;
        while let Some(mut waiting) = self.early.remove(&self.next_rows) {
            self.rows.push(&mut waiting, folder, self.unit.index)?;
            self.next_rows += 1;
        }
        Ok(())
    }
}

impl Actor for WaveActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        record_panics();
        let (finished, accepted) = (ctx.address().recipient(), ctx.address().recipient());
        self.own = Some(OwnAddresses { finished: Arc::new(finished), accepted: Arc::new(accepted) });
        let WaveSpec { job, batch, control, .. } = &self.spec;
        let features = (0..job.world.sources.len()).map(|feature| {
            let feature = crate::units::FeatureIndex(feature as u16);
            FeatureActor::new(feature, job.world.clone(), *batch, control.clone()).start()
        });
        self.features = features.collect();
        self.asked = self.features.iter().map(|feature| feature.clone().recipient()).collect();
    }
}

impl Handler<Start> for WaveActor {
    type Result = ();

    fn handle(&mut self, _: Start, ctx: &mut Self::Context) {
        self.fill(ctx);
    }
}

impl Handler<RowsAccepted> for WaveActor {
    type Result = ();

    fn handle(&mut self, _: RowsAccepted, ctx: &mut Self::Context) {
        self.unacknowledged -= 1;
        self.fill(ctx);
    }
}

impl Handler<OrganizationFinished> for WaveActor {
    type Result = ();

    fn handle(
        &mut self,
        OrganizationFinished { place, harvest }: OrganizationFinished,
        ctx: &mut Self::Context,
    ) {
        self.alive -= 1;
        self.finished += 1;
        if self.spec.control.injection == Some(InjectedFault::DyingWave(self.finished)) {
            panic!("injected");
        }
        if let Some(open) = self.open.iter_mut().find(|open| open.unit.index == place.unit) {
            open.ended += 1;
            open.whole &= harvest.is_some();
        }
        if let Some(harvest) = harvest
            && let Err(SpillError { path, source }) = self.take_in(place, harvest)
        {
            self.spec.control.fail(Failure::Io { path, source });
        }
        self.send_complete();
        self.fill(ctx);
    }
}
