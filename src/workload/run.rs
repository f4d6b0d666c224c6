//! Drawing a run: its steps written out, and the first event that strikes it.

use crate::sampling::{Rng, uniform};
use crate::units::{Credits, SimSpan};

use super::demand::{Step, StepKind};
use super::operation::{Fate, PartKind, RunPart};
use super::plan::{MOST_DURATION, QuantityValues, WorkPlan, WorkStreams, is_cut, span};

/// Most parts of one run: a scenario that always has more is refused, and runs that happen to have more are cut and
/// counted.
pub const MOST_PARTS: usize = 10_000;

/// What ends an operation early: where, how far into it, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strike {
    pub part: usize,
    pub after: SimSpan,
    pub fate: Fate,
}

/// The earlier of two strikes; the first one given wins a tie.
pub(super) fn earlier(first: Option<Strike>, second: Option<Strike>) -> Option<Strike> {
    match (first, second) {
        (Some(a), Some(b)) => Some(if (b.part, b.after) < (a.part, a.after) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// A run being drawn.
pub(super) struct RunDraw<'a> {
    plan: &'a WorkPlan,
    streams: &'a mut WorkStreams,
    values: &'a mut QuantityValues,
    parts: &'a mut Vec<RunPart>,
    /// Index of the run's first part.
    first: usize,
    /// The first failure or cancellation of a step.
    strike: Option<Strike>,
}

impl<'a> RunDraw<'a> {
    /// Appends the parts of one run and returns the first strike of a step.
    pub fn draw(
        plan: &'a WorkPlan,
        steps: &[Step],
        streams: &'a mut WorkStreams,
        values: &'a mut QuantityValues,
        parts: &'a mut Vec<RunPart>,
    ) -> Option<Strike> {
        plan.draw_quantities(&mut streams.cost, values);
        let first = parts.len();
        let mut run = RunDraw { plan, streams, values, parts, first, strike: None };
        run.steps(steps, 0, 1);
        run.strike
    }

    /// Draws steps in order; `leaf` numbers steps in the order of the file. Returns the number after the last.
    fn steps(&mut self, steps: &[Step], mut leaf: u16, turn: u32) -> u16 {
        for step in steps {
            let (repeats, counted, cut) = repeats_of(step, &mut self.streams.cost);
            self.values.mishap.parts |= cut;
            let mut next = leaf + leaves_of(step);
            for repeat in 1..=repeats {
                if self.parts.len() - self.first >= MOST_PARTS {
                    self.values.mishap.parts = true;
                    break;
                }
                // A step that is not repeated takes the turn of the group around it.
                let turn = if counted { repeat } else { turn };
                next = match &step.kind {
                    StepKind::Group(steps) => self.steps(steps, leaf, turn),
                    kind => self.leaf(kind, leaf, turn),
                };
            }
            leaf = next;
        }
        leaf
    }

    fn leaf(&mut self, kind: &StepKind, step: u16, turn: u32) -> u16 {
        match kind {
            StepKind::Work { cost, duration, fails } => {
                if self.parts.len() > self.first {
                    self.plan.refresh_quantities(&mut self.streams.cost, self.values);
                }
                let (cost, duration) = self.plan.draw_step(cost, duration, turn, self.streams, self.values);
                self.plan.grow_quantities(&mut self.streams.cost, self.values);
                if !fails.is_never() && fails.holds(uniform(&mut self.streams.failure)) {
                    let after = share_of(duration, uniform(&mut self.streams.failure));
                    self.strike_here(after, Fate::Fails);
                }
                self.parts.push(RunPart { cost, duration, step, kind: PartKind::Work });
            }
            StepKind::Helper { duration } => {
                let seconds = duration.value("duration", &mut self.streams.duration, self.values);
                let duration = self.pause(seconds);
                self.push_free(duration, step, PartKind::Helper);
            }
            StepKind::Review { probability, wait, cancel } => {
                if probability.holds(uniform(&mut self.streams.duration)) {
                    let seconds = wait.sample(&mut self.streams.duration);
                    let duration = self.pause(seconds);
                    if !cancel.is_never() && cancel.holds(uniform(&mut self.streams.failure)) {
                        self.strike_here(duration, Fate::Cancelled);
                    }
                    self.push_free(duration, step, PartKind::Review);
                }
            }
            StepKind::Group(_) => unreachable!("groups are walked by `steps`"),
        }
        step + 1
    }

    /// A part that costs nothing by any rate.
    fn push_free(&mut self, duration: SimSpan, step: u16, kind: PartKind) {
        self.plan.rates.price_nothing(&mut self.values.prices);
        self.parts.push(RunPart { cost: Credits::ZERO, duration, step, kind });
    }

    /// A time that costs nothing.
    fn pause(&mut self, seconds: f64) -> SimSpan {
        self.values.mishap.duration |= is_cut(seconds, MOST_DURATION);
        span(seconds)
    }

    fn strike_here(&mut self, after: SimSpan, fate: Fate) {
        let strike = Strike { part: self.parts.len() - self.first, after, fate };
        self.strike = earlier(self.strike, Some(strike));
    }
}

/// How often a step is repeated, whether repeats are counted as turns, and whether some are left out.
fn repeats_of(step: &Step, rng: &mut Rng) -> (u32, bool, bool) {
    let most = MOST_PARTS as f64;
    let whole = |repeats: f64| libm::floor(repeats + 0.5).clamp(0.0, most) as u32;
    if let crate::sampling::Dist::Fixed(repeats) = step.repeat {
        return (whole(repeats), whole(repeats) != 1, is_cut(repeats, most));
    }
    let drawn = step.repeat.sample(rng);
    (whole(drawn), true, is_cut(drawn, most))
}

/// Steps in a step: 1, or those of its group.
fn leaves_of(step: &Step) -> u16 {
    match &step.kind {
        StepKind::Group(steps) => steps.iter().map(leaves_of).sum(),
        _ => 1,
    }
}

/// A share of a span, rounded down.
pub(super) fn share_of(span: SimSpan, share: f64) -> SimSpan {
    SimSpan::from_micros((span.micros() as f64 * share) as i64)
}
