//! Drawing: one operation after the other, or many at once.
//!
//! Owns the state that travels with a batch and the order of draws of an operation. Leaves compiling a feature's demand
//! and beginning an organization to `source`. Invariant: batches of any size give the same operations.

use std::sync::Arc;

use crate::sampling::{Purpose, Rng, StreamKey, standard_normal, uniform};
use crate::units::{Credits, NO_MEMBER, SimSpan, SimTime, impossible};

use super::arrivals::Clock;
use super::demand::{Listed, StepShape};
use super::failure::FailureState;
use super::gauge::Gauge;
use super::history::ReplayRows;
use super::operation::{Batch, Fate, Operation, RunPart};
use super::own::OwnOperations;
use super::plan::{
    MOST_COST, MOST_DURATION, Mishap, QuantityValues, WorkPlan, WorkStreams, credits, is_cut, span,
};
use super::rates::MOST_RATES;
use super::run::{RunDraw, Strike};
use super::seats::Askers;
use super::source::Source;
use super::traits::Traits;

/// The generator's state for one (organization, feature); travels with the recycled batch.
#[derive(Debug)]
pub struct SourceState(pub(super) Box<SupplyState>);

/// What stands between two arrivals.
#[derive(Debug)]
pub(super) struct SupplyState {
    pub(super) supply: Supply,
    pub(super) work: Arc<WorkPlan>,
    pub(super) failure: FailureState,
    pub(super) gap: Rng,
    pub(super) streams: WorkStreams,
    pub(super) people: People,
    pub(super) blur: Rng,
    pub(super) values: QuantityValues,
    pub(super) gauge: Gauge,
    pub(super) sequence: u32,
}

impl SupplyState {
    #[inline]
    fn next_sequence(&mut self) -> u32 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }
}

/// Where an organization's operations come from.
#[derive(Debug)]
pub(super) enum Supply {
    Drawn(Clock),
    Listed(ListedRows),
    Replay(ReplayRows),
    Own(OwnOperations),
}

/// Operations written down, and what decides how those end that do not say so: each by itself, whatever is written beside.
#[derive(Debug)]
pub(super) struct ListedRows {
    pub(super) next: usize,
    pub(super) until: SimTime,
    pub(super) rows: Arc<[Listed]>,
    pub(super) key: StreamKey,
    /// The organization's state before its first operation.
    pub(super) first: FailureState,
}

/// Draws who asks, and for which project.
#[derive(Debug)]
pub(super) struct People {
    members: Box<[f64]>,
    projects: Box<[f64]>,
    member: Rng,
    project: Rng,
    /// No person asks.
    nobody: bool,
    /// Who is there, if members come and go.
    askers: Option<Askers>,
}

impl Source {
    /// Empties `batch` and extends it.
    ///
    /// # Errors
    /// As [`Source::extend`].
    pub fn fill(
        &self,
        state: &mut SourceState,
        batch: &mut Batch,
        limit: usize,
    ) -> Result<(), std::io::Error> {
        batch.clear();
        self.extend(state, batch, limit)
    }

    /// Appends up to `limit` arrivals in order to `batch`; at least one, or sets `batch.upto` to the end.
    ///
    /// # Errors
    /// Only the replay of a history can fail, when its partition on disk cannot be read.
    pub fn extend(
        &self,
        state: &mut SourceState,
        batch: &mut Batch,
        limit: usize,
    ) -> Result<(), std::io::Error> {
        let state = &mut *state.0;
        let before = batch.operations.len();
        self.extend_by_values(state, batch, limit)?;
        if self.work.gauge {
            state.gauge.keep_rises(batch, before, &self.rates);
        }
        Ok(())
    }

    /// The same, of features with a gauge by its values.
    fn extend_by_values(
        &self,
        state: &mut SupplyState,
        batch: &mut Batch,
        limit: usize,
    ) -> Result<(), std::io::Error> {
        let before = batch.operations.len();
        batch.quantity_count = self.kept.len();
        batch.rate_count = self.rates.len();
        let limit = before + limit;
        while batch.operations.len() < limit {
            let more = match &mut state.supply {
                Supply::Drawn(clock)
                    if clock.is_deaf() && self.failures.is_never() && state.work.columns().is_some() =>
                {
                    self.push_columns(state, batch, limit)
                }
                Supply::Drawn(_) => self.push_drawn(state, batch),
                Supply::Listed(_) => self.push_listed(state, batch),
                Supply::Replay(_) => self.push_replayed(state, batch)?,
                Supply::Own(_) => self.push_own(state, batch),
            };
            if !more {
                batch.upto = self.end;
                self.cuts.count_operations(batch.operations.len() - before);
                return Ok(());
            }
        }
        self.cuts.count_operations(batch.operations.len() - before);
        if let Some(last) = batch.operations.last() {
            batch.upto = last.at;
        }
        Ok(())
    }

    /// Each of these appends the next operation, or says that there is none. Operations are built where they stand:
    /// copies of them would cost as much as their draws.
    #[inline]
    fn push_drawn(&self, state: &mut SupplyState, batch: &mut Batch) -> bool {
        let Supply::Drawn(clock) = &mut state.supply else { return false };
        let parts = batch.parts.len();
        let (at, drawn) = loop {
            let Some(at) = clock.next(&self.clock, &mut state.gap) else { return false };
            let drawn = self.draw_work(
                &state.work,
                &mut state.failure,
                &mut state.streams,
                &mut state.values,
                &mut batch.parts,
            );
            clock.served(at, drawn.time_to_end().micros(), &mut state.gap);
            if at >= 0 {
                break (at, drawn);
            }
            // A session that is under way at the start: its operations from before are nobody's.
            batch.parts.truncate(parts);
            state.values.mishap = Mishap::default();
        };
        self.settle(&mut state.values.mishap, || self.start + SimSpan::from_micros(at));
        let at = self.start + SimSpan::from_micros(at);
        let (member, project) = state.people.draw(at);
        batch.operations.push(Operation {
            at,
            feature: self.feature,
            sequence: state.next_sequence(),
            member,
            project,
            blur: self.blur(&mut state.blur),
            ..drawn
        });
        self.keep_drawn(batch, &state.values);
        self.keep_prices(batch, &state.values);
        true
    }

    /// Appends up to `limit` operations that are nothing but an arrival, a cost and a duration: each is drawn for many
    /// operations at once, which their streams cannot tell.
    fn push_columns(&self, state: &mut SupplyState, batch: &mut Batch, limit: usize) -> bool {
        const COLUMN: usize = 64;
        let (mut at, mut cost, mut duration) = ([0; COLUMN], [0.0; COLUMN], [0.0; COLUMN]);
        let (Supply::Drawn(clock), Some((costs, durations))) = (&mut state.supply, state.work.columns())
        else {
            return false;
        };
        let wanted = COLUMN.min(limit - batch.operations.len());
        let count = clock.next_each(&self.clock, &mut state.gap, &mut at[..wanted]);
        if !state.work.free {
            costs.sample_each(&mut state.streams.cost, &mut cost[..count]);
        }
        durations.sample_each(&mut state.streams.duration, &mut duration[..count]);
        self.count_cuts(&cost[..count], &duration[..count]);
        let (first, sequence) = (batch.operations.len(), state.sequence);
        let columns = at[..count].iter().zip(&cost).zip(&duration).zip(sequence..);
        batch.operations.extend(columns.map(|(((&at, &cost), &duration), sequence)| Operation {
            at: self.start + SimSpan::from_micros(at),
            cost: credits(cost),
            duration: span(duration),
            sequence,
            feature: self.feature,
            ..Operation::default()
        }));
        batch.quantities.resize(batch.operations.len() * self.kept.len(), f64::NAN);
        state.sequence += count as u32;
        if !state.people.is_one() || self.blurred {
            for operation in &mut batch.operations[first..] {
                (operation.member, operation.project) = state.people.draw(operation.at);
                operation.blur = self.blur(&mut state.blur);
            }
        }
        count == wanted
    }

    fn push_listed(&self, state: &mut SupplyState, batch: &mut Batch) -> bool {
        let Supply::Listed(listed) = &mut state.supply else { return false };
        let rows = Arc::clone(&listed.rows);
        let Some(row) = rows.get(listed.next).filter(|row| row.at < listed.until) else { return false };
        let (number, key, first_state) = (listed.next as u32, listed.key, listed.first);
        listed.next += 1;
        let first = batch.parts.len();
        batch.parts.extend_from_slice(&row.parts);
        let parts = &mut batch.parts[first..];
        let mut operation =
            Operation { at: row.at, cost: row.credits, duration: row.duration, ..Operation::default() };
        if !parts.is_empty() {
            operation.part_start = first as u32;
            operation.part_count = parts.len() as u16;
            operation.duration = total(parts);
            operation.cost = parts.iter().map(|part| part.cost).sum();
        }
        if self.work.free {
            operation.cost = Credits::ZERO;
            parts.iter_mut().for_each(|part| part.cost = Credits::ZERO);
        }
        let strike = match row.outcome {
            Some((Fate::Completes, _)) => None,
            Some((fate, after)) => Some(struck_after(parts, after, fate)),
            None if self.failures.is_never() => None,
            None => {
                let mut state = self.failures.nth_of_chain(first_state, number, |number| {
                    let number = number.map_or(0, |number| u64::from(number) + 1);
                    key.uniform(Purpose::Failure, u64::MAX, number)
                });
                let mut rng = key.keyed(Purpose::Failure, u64::MAX - 1, u64::from(number));
                self.failures.strike(&mut state, None, parts, operation.duration, &mut rng)
            }
        };
        if let Some(strike) = strike {
            apply(&mut operation, strike, parts);
        }
        let mut operation = self.signed(state, operation);
        operation.member = row.member.unwrap_or(operation.member);
        operation.project = row.project.unwrap_or(operation.project);
        batch.operations.push(operation);
        self.price_listed(batch, row, &mut state.values.mishap);
        batch.quantities.extend(self.kept.iter().map(|kept| {
            let written = row.quantities.iter().find(|(name, _)| name == kept);
            written.map_or(f64::NAN, |(_, value)| *value)
        }));
        true
    }

    fn push_own(&self, state: &mut SupplyState, batch: &mut Batch) -> bool {
        let Supply::Own(own) = &mut state.supply else { return false };
        let Some((mut operation, member)) = own.next() else { return false };
        if self.work.free {
            operation.cost = Credits::ZERO;
        }
        let mut operation = self.signed(state, operation);
        operation.member = member.unwrap_or(operation.member);
        batch.operations.push(operation);
        batch.quantities.extend(self.kept.iter().map(|_| f64::NAN));
        // Of what it consists nobody has said.
        let row = Listed::plain(operation.at, operation.cost, operation.duration);
        self.price_listed(batch, &row, &mut state.values.mishap);
        true
    }

    /// Prices an operation that has been written down by every rate of the feature.
    fn price_listed(&self, batch: &mut Batch, row: &Listed, mishap: &mut Mishap) {
        if !self.rates.is_empty() {
            self.rates.price_listed(row, (&mut batch.prices, &mut batch.part_prices), mishap);
            self.settle(mishap, || row.at);
        }
    }

    /// Keeps what an operation that has just been drawn costs by every rate of the feature.
    #[inline]
    pub(super) fn keep_prices(&self, batch: &mut Batch, values: &QuantityValues) {
        if self.rates.is_empty() {
            return;
        }
        self.rates.add_up(&values.prices, &mut batch.prices);
        if matches!(self.work.shape, StepShape::Run(_)) {
            batch.part_prices.extend_from_slice(&values.prices);
        }
    }

    /// Keeps the quantities of an operation that has just been drawn, if somebody reads them.
    pub(super) fn keep_drawn(&self, batch: &mut Batch, values: &QuantityValues) {
        if values.totals.len() == self.kept.len() {
            batch.quantities.extend_from_slice(&values.totals);
        } else {
            batch.quantities.extend(self.kept.iter().map(|_| f64::NAN));
        }
    }

    fn push_replayed(&self, state: &mut SupplyState, batch: &mut Batch) -> Result<bool, std::io::Error> {
        let Supply::Replay(rows) = &mut state.supply else { return Ok(false) };
        let (draws_work, names_members) = (rows.draws_work(), rows.names_members());
        let names_projects = rows.names_projects();
        let Some((row, prices)) = rows.next_row()? else { return Ok(false) };
        let mut operation = row;
        if draws_work {
            let (failure, streams, values) = (&mut state.failure, &mut state.streams, &mut state.values);
            let drawn = self.draw_work(&state.work, failure, streams, values, &mut batch.parts);
            self.settle(&mut state.values.mishap, || row.at);
            operation = Operation { at: row.at, ..drawn };
        }
        if self.work.free {
            operation.cost = Credits::ZERO;
        }
        let mut operation = self.signed(state, operation);
        if names_members {
            operation.member = row.member;
        }
        if names_projects {
            operation.project = row.project;
        }
        batch.operations.push(operation);
        if draws_work {
            self.keep_drawn(batch, &state.values);
            self.keep_prices(batch, &state.values);
        } else {
            batch.prices.extend_from_slice(&prices[..self.rates.len().min(MOST_RATES)]);
            batch.quantities.extend(self.kept.iter().map(|_| f64::NAN));
        }
        Ok(true)
    }

    /// Counts what was cut of an operation; ends the run if a formula gave no cost or time for it.
    #[inline]
    pub(super) fn settle(&self, mishap: &mut Mishap, at: impl Fn() -> SimTime) {
        if mishap.is_none() {
            return;
        }
        self.settle_mishap(mishap, at());
    }

    #[cold]
    fn settle_mishap(&self, mishap: &mut Mishap, at: SimTime) {
        let Mishap { cost, duration, parts, broken } = std::mem::take(mishap);
        self.cuts.count(u64::from(cost), u64::from(duration), u64::from(parts));
        if let Some(broken) = broken {
            let (what, formula, value) = *broken;
            impossible(format!(
                "the {what} of an operation of feature `{}` at {at} is {value}: its formula `{formula}` must give 0 or \
                 more\nhint: `max(0, …)` and `if(…, …, …)` keep a formula in its range; a quantity that is divided by \
                 may need a `min`",
                self.name()
            ));
        }
    }

    /// Counts what is cut of operations that are drawn together.
    #[inline]
    fn count_cuts(&self, costs: &[f64], durations: &[f64]) {
        let cut =
            |drawn: &[f64], most: f64| drawn.iter().filter(|drawn| is_cut(**drawn, most)).count() as u64;
        let costs = if self.work.free { 0 } else { cut(costs, MOST_COST) };
        let durations = cut(durations, MOST_DURATION);
        if costs + durations > 0 {
            self.cuts.count(costs, durations, 0);
        }
    }

    /// One standard normal, if some estimate is blurred.
    #[inline]
    fn blur(&self, stream: &mut Rng) -> f32 {
        if self.blurred { standard_normal(stream) as f32 } else { 0.0 }
    }

    /// The operation with feature, number, people and blur.
    fn signed(&self, state: &mut SupplyState, operation: Operation) -> Operation {
        let (member, project) = state.people.draw(operation.at);
        Operation {
            feature: self.feature,
            sequence: state.next_sequence(),
            member,
            project,
            blur: self.blur(&mut state.blur),
            ..operation
        }
    }

    /// Draws what an operation consists of and how it ends.
    #[inline(always)]
    pub(super) fn draw_work(
        &self,
        work: &WorkPlan,
        failure: &mut FailureState,
        streams: &mut WorkStreams,
        values: &mut QuantityValues,
        parts: &mut Vec<RunPart>,
    ) -> Operation {
        let first = parts.len();
        let mut operation = Operation::default();
        let mut strike = None;
        match &work.shape {
            StepShape::Simple { cost, duration } => {
                (operation.cost, operation.duration) = work.draw_simple(cost, duration, streams, values);
            }
            StepShape::Run(steps) => {
                strike = RunDraw::draw(work, steps, streams, values, parts);
                operation.part_start = first as u32;
                operation.part_count = (parts.len() - first) as u16;
                operation.cost = parts[first..].iter().map(|part| part.cost).sum();
                operation.duration = total(&parts[first..]);
            }
        }
        if !self.failures.is_never() {
            let rng = &mut streams.failure;
            strike = self.failures.strike(failure, strike, &parts[first..], operation.duration, rng);
        }
        if let Some(strike) = strike {
            apply(&mut operation, strike, &parts[first..]);
        }
        operation
    }
}

/// Where an operation is struck so long after its start.
fn struck_after(parts: &[RunPart], after: SimSpan, fate: Fate) -> Strike {
    let mut left = after;
    for (part, whole) in parts.iter().map(|part| part.duration).enumerate() {
        if left < whole || part + 1 == parts.len() {
            return Strike { part, after: left, fate };
        }
        left = left - whole;
    }
    Strike { part: 0, after: left, fate }
}

/// Sum of the durations of parts.
pub(super) fn total(parts: &[RunPart]) -> SimSpan {
    parts.iter().fold(SimSpan::ZERO, |sum, part| sum + part.duration)
}

/// Ends an operation where it was struck.
fn apply(operation: &mut Operation, strike: Strike, parts: &[RunPart]) {
    operation.fate = strike.fate;
    operation.ends_in_part = strike.part as u16;
    operation.ends_after = strike.after;
    // A simple operation keeps its full duration, so that what was done of it can be told pro rata.
    if !parts.is_empty() {
        operation.duration = total(&parts[..strike.part.min(parts.len())]) + strike.after;
    }
    debug_assert_ne!(strike.fate, Fate::Completes, "a strike ends an operation");
}

/// Cumulative shares of members and projects.
pub(super) fn shares_of(traits: &Traits) -> (Box<[f64]>, Box<[f64]>) {
    let members = traits.members.iter().map(|member| member.cumulative_share).collect();
    (members, traits.project_shares.iter().copied().collect())
}

/// Index of a share; draws nothing if there is only one.
#[inline]
pub(super) fn pick(cumulative: &[f64], rng: &mut Rng) -> u16 {
    if cumulative.len() < 2 {
        return 0;
    }
    let point = uniform(rng);
    cumulative.partition_point(|share| *share <= point).min(cumulative.len() - 1) as u16
}

impl People {
    pub(super) fn new(key: StreamKey, traits: &Traits, nobody: bool) -> Self {
        let (members, projects) = shares_of(traits);
        People {
            members,
            projects,
            member: key.stream(Purpose::Member),
            project: key.name("project").stream(Purpose::Member),
            nobody,
            askers: (!traits.seats.is_empty()).then(|| Askers::new(traits)),
        }
    }

    /// True if nothing has to be drawn: there is one member at most, and one project.
    fn is_one(&self) -> bool {
        self.members.len() < 2 && self.projects.len() < 2 && !self.nobody && self.askers.is_none()
    }

    /// Who asks at an instant, and for which project.
    #[inline]
    fn draw(&mut self, at: SimTime) -> (u16, u16) {
        let member = match &mut self.askers {
            _ if self.nobody => NO_MEMBER,
            Some(askers) => askers.pick(at, uniform(&mut self.member)),
            None => pick(&self.members, &mut self.member),
        };
        (member, pick(&self.projects, &mut self.project))
    }
}
