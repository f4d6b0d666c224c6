//! What an operation consists of, compiled: quantities, costs, durations, steps.
//!
//! Owns drawing one operation's work. Leaves when it arrives to `arrivals` and whether it fails as a whole to
//! `failure`. Invariants: costs and durations are never negative; nothing is allocated per simple operation; each
//! purpose has its own stream, so that a change of a duration moves no cost.

use std::sync::Arc;

use crate::sampling::{Dist, Draws, Purpose, Rng, StreamKey, exp, normal_cdf, standard_normal, uniform};
use crate::units::{Credits, SimSpan};

use super::demand::{Amount, CacheHits, QuantityScope, Step, StepKind, StepShape, Work};
use super::rates::{FeatureRates, PricedStep};

/// Names that formulas may use besides the quantities, in the order of their values.
pub const BUILTIN_NAMES: [&str; 2] = ["turn", "duration"];

/// Largest cost of one step (credits) and largest time (seconds); what a draw puts above is cut.
pub const MOST_COST: f64 = 1e9;
/// See [`MOST_COST`].
pub const MOST_DURATION: f64 = 3.2e9;

impl Work {
    /// The names that a formula over these quantities may use, in the order of its values.
    #[must_use]
    pub fn formula_names<'a>(quantities: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        quantities.into_iter().chain(BUILTIN_NAMES).collect()
    }
}

/// Streams of one organization for the work of one feature.
#[derive(Debug, Clone)]
pub(super) struct WorkStreams {
    /// Quantities, costs, cache hits, repeats.
    pub cost: Rng,
    /// Durations and pauses.
    pub duration: Rng,
    /// Failures and cancellations.
    pub failure: Rng,
}

impl WorkStreams {
    /// The sequential streams of a key.
    pub fn new(key: StreamKey) -> Self {
        WorkStreams {
            cost: key.stream(Purpose::Cost),
            duration: key.stream(Purpose::Duration),
            failure: key.stream(Purpose::Failure),
        }
    }

    /// Streams that all come from one generator.
    pub fn split(rng: &mut Rng) -> Self {
        use rand::Rng as _;
        WorkStreams::new(StreamKey::root(rng.next_u64()))
    }
}

/// A feature's work, compiled; parameters of two-level distributions may still be open.
#[derive(Debug, Clone)]
pub(super) struct WorkPlan {
    pub quantities: Vec<QuantityPlan>,
    pub shape: StepShape,
    pub cache: Option<CacheHits>,
    /// The cost is a gauge's.
    pub gauge: bool,
    /// Costs nothing, whatever is drawn.
    pub free: bool,
    /// What else prices each operation.
    pub rates: Arc<FeatureRates>,
    /// Something is drawn per organization.
    two_levels: bool,
}

/// A quantity, compiled.
#[derive(Debug, Clone)]
pub(super) struct QuantityPlan {
    pub dist: Dist,
    pub scope: QuantityScope,
    /// Earlier quantity, ρ and √(1 − ρ²).
    correlation: Option<(usize, f64, f64)>,
    /// A later quantity depends on this one's normal score, so it is drawn by inversion.
    scored: bool,
}

/// QuantityValues of an operation's quantities, followed by the builtin names; kept between operations.
#[derive(Debug, Clone, Default)]
pub(super) struct QuantityValues {
    pub numbers: Vec<f64>,
    scores: Vec<f64>,
    /// Whether `totals` are wanted.
    pub keeps: bool,
    /// The operation stands in for another feature's: quantities that are not drawn are 0.
    pub stands_in: bool,
    /// Of the operation as a whole: sums over its steps, what is drawn once for a run counted once.
    pub totals: Vec<f64>,
    /// What each step costs by every rate, in the order of its parts; nothing of a feature without rates.
    pub prices: Vec<Credits>,
    /// What the rates have read last.
    priced: Vec<f64>,
    /// What the operation was drawn with and could not be.
    pub mishap: Mishap,
}

impl QuantityValues {
    /// None yet; `keeps` if totals of operations are wanted.
    pub fn keeping(keeps: bool) -> QuantityValues {
        QuantityValues { keeps, ..QuantityValues::default() }
    }
}

/// What went beyond its bounds while an operation was drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Mishap {
    /// A cost was cut to the largest.
    pub cost: bool,
    /// A time was cut to the longest.
    pub duration: bool,
    /// Parts beyond the most were left out.
    pub parts: bool,
    /// A formula gave no cost or time: what it was for, the formula, its value.
    pub broken: Option<Box<(&'static str, String, f64)>>,
}

impl Mishap {
    /// True if there was none.
    #[inline]
    pub fn is_none(&self) -> bool {
        !(self.cost || self.duration || self.parts || self.broken.is_some())
    }
}

impl WorkPlan {
    /// Compiles a feature's work, which `rates` price besides its own.
    pub fn new(work: &Work, free: bool, rates: &Arc<FeatureRates>) -> Arc<Self> {
        let quantities: Vec<QuantityPlan> = work
            .quantities
            .iter()
            .enumerate()
            .map(|(index, quantity)| QuantityPlan {
                dist: quantity.dist.clone(),
                scope: quantity.scope.clone(),
                correlation: quantity.correlation.map(|(with, rho)| (with, rho, libm::sqrt(1.0 - rho * rho))),
                scored: work.quantities[index + 1..]
                    .iter()
                    .any(|later| later.correlation.is_some_and(|(with, _)| with == index)),
            })
            .collect();
        let two_levels = quantities.iter().any(|quantity| {
            let grows = matches!(&quantity.scope, QuantityScope::Grows { by, .. } if by.has_two_levels());
            grows || quantity.dist.has_two_levels()
        }) || shape_has_two_levels(&work.shape);
        let (shape, cache, rates) = (work.shape.clone(), work.cache, Arc::clone(rates));
        Arc::new(WorkPlan { quantities, shape, cache, gauge: work.gauge, free, rates, two_levels })
    }

    /// The plan with an organization's own parameters; the shared one if nothing is drawn per organization.
    pub fn for_organization(self: &Arc<Self>, traits: &mut impl Draws) -> Arc<Self> {
        if !self.two_levels {
            return Arc::clone(self);
        }
        let mut own = WorkPlan::clone(self);
        for quantity in &mut own.quantities {
            quantity.dist = quantity.dist.for_organization(traits);
            if let QuantityScope::Grows { by, .. } = &mut quantity.scope {
                *by = by.for_organization(traits);
            }
        }
        resolve_shape(&mut own.shape, traits);
        own.two_levels = false;
        Arc::new(own)
    }

    /// True if two-level parameters are still open.
    pub fn has_two_levels(&self) -> bool {
        self.two_levels
    }

    fn draws_nothing_else(&self) -> bool {
        self.quantities.is_empty() && self.cache.is_none() && self.rates.is_empty()
    }

    /// Distributions of cost and duration, if an operation is nothing but a draw of each.
    pub fn columns(&self) -> Option<(&Dist, &Dist)> {
        match &self.shape {
            StepShape::Simple { cost: Amount::Drawn(cost), duration: Amount::Drawn(duration) }
                if self.draws_nothing_else() =>
            {
                Some((cost, duration))
            }
            _ => None,
        }
    }

    /// Cost and duration drawn on their own.
    #[inline]
    fn draw_plain(
        &self,
        cost: &Dist,
        duration: &Dist,
        streams: &mut WorkStreams,
        mishap: &mut Mishap,
    ) -> (Credits, SimSpan) {
        let drawn = if self.free { 0.0 } else { cost.sample(&mut streams.cost) };
        let seconds = duration.sample(&mut streams.duration);
        mishap.cost |= is_cut(drawn, MOST_COST);
        mishap.duration |= is_cut(seconds, MOST_DURATION);
        (credits(drawn), span(seconds))
    }

    /// Cost and duration of one simple operation.
    #[inline]
    pub fn draw_simple(
        &self,
        cost: &Amount,
        duration: &Amount,
        streams: &mut WorkStreams,
        values: &mut QuantityValues,
    ) -> (Credits, SimSpan) {
        if let (true, Amount::Drawn(cost), Amount::Drawn(duration)) =
            (self.draws_nothing_else(), cost, duration)
        {
            return self.draw_plain(cost, duration, streams, &mut values.mishap);
        }
        self.draw_quantities(&mut streams.cost, values);
        self.draw_step(cost, duration, 1, streams, values)
    }

    /// Cost and duration of one step, its quantities being drawn.
    pub fn draw_step(
        &self,
        cost: &Amount,
        duration: &Amount,
        turn: u32,
        streams: &mut WorkStreams,
        values: &mut QuantityValues,
    ) -> (Credits, SimSpan) {
        let builtin = self.quantities.len();
        values.numbers.resize(builtin + BUILTIN_NAMES.len(), 0.0);
        values.numbers[builtin] = f64::from(turn);
        values.numbers[builtin + 1] = 0.0;
        let seconds = duration.value("duration", &mut streams.duration, values);
        values.mishap.duration |= is_cut(seconds, MOST_DURATION);
        let seconds = seconds.clamp(0.0, MOST_DURATION);
        values.numbers[builtin + 1] = seconds;
        let whole = cost.value("cost", &mut streams.cost, values);
        let hit = |cache: &CacheHits| cache.probability.holds(uniform(&mut streams.cost));
        let share = self.cache.filter(hit).map(|cache| cache.factor);
        let amount = share.map_or(whole, |share| whole * share);
        let amount = if self.free { 0.0 } else { amount };
        values.mishap.cost |= is_cut(amount, MOST_COST);
        if values.keeps {
            self.add_to_totals(values);
        }
        if !self.rates.is_empty() {
            let QuantityValues { numbers, priced, prices, mishap, stands_in, .. } = values;
            let unknown = if *stands_in { 0.0 } else { f64::NAN };
            let step = PricedStep { cost: whole, unknown, share: share.unwrap_or(1.0), seconds, turn };
            self.rates.price(&numbers[..builtin], step, (priced, prices), mishap);
        }
        (credits(amount), SimSpan::from_seconds_f64(seconds))
    }

    /// Counts the quantities of a step towards those of its operation.
    fn add_to_totals(&self, values: &mut QuantityValues) {
        let each = self.quantities.iter().zip(&values.numbers).zip(&mut values.totals);
        for ((quantity, value), total) in each {
            *total = if quantity.scope == QuantityScope::Run { *value } else { *total + value };
        }
    }

    /// Draws every quantity as at the begin of an operation.
    pub fn draw_quantities(&self, rng: &mut Rng, values: &mut QuantityValues) {
        values.numbers.resize(self.quantities.len() + BUILTIN_NAMES.len(), 0.0);
        values.scores.resize(self.quantities.len(), 0.0);
        values.prices.clear();
        values.totals.clear();
        if values.keeps {
            values.totals.resize(self.quantities.len(), 0.0);
        }
        for index in 0..self.quantities.len() {
            self.draw_quantity(index, rng, values);
        }
    }

    /// Draws one quantity; those it is correlated with are drawn before it.
    fn draw_quantity(&self, index: usize, rng: &mut Rng, values: &mut QuantityValues) {
        let quantity = &self.quantities[index];
        if quantity.correlation.is_none() && !quantity.scored {
            values.numbers[index] = quantity.dist.sample(rng).max(0.0);
            return;
        }
        let fresh = standard_normal(rng);
        let score = match quantity.correlation {
            Some((with, rho, rest)) => rho * values.scores[with] + rest * fresh,
            None => fresh,
        };
        values.scores[index] = score;
        let drawn = match &quantity.dist {
            // The common case needs no detour over probabilities.
            Dist::LogNormal { mu, sigma } => exp(mu + sigma * score),
            other => other.quantile(normal_cdf(score)).unwrap_or_default(),
        };
        values.numbers[index] = drawn.max(0.0);
    }

    /// Draws the quantities that are new in each step of a run.
    pub fn refresh_quantities(&self, rng: &mut Rng, values: &mut QuantityValues) {
        for index in 0..self.quantities.len() {
            if self.quantities[index].scope == QuantityScope::Step {
                self.draw_quantity(index, rng, values);
            }
        }
    }

    /// Lets growing quantities grow after a step.
    pub fn grow_quantities(&self, rng: &mut Rng, values: &mut QuantityValues) {
        for (index, quantity) in self.quantities.iter().enumerate() {
            if let QuantityScope::Grows { by, cap } = &quantity.scope {
                values.numbers[index] = (values.numbers[index] + by.sample(rng)).clamp(0.0, *cap);
            }
        }
    }
}

impl Amount {
    /// The number for an operation; `what` it is, for the mishap of a formula that gives none.
    #[inline]
    pub(super) fn value(&self, what: &'static str, rng: &mut Rng, values: &mut QuantityValues) -> f64 {
        match self {
            Amount::Drawn(dist) => dist.sample(rng),
            Amount::Formula(formula) => {
                let value = formula.evaluate(&values.numbers);
                if value.is_finite() && value >= 0.0 {
                    return value;
                }
                let broken = || Box::new((what, formula.to_string(), value));
                values.mishap.broken.get_or_insert_with(broken);
                0.0
            }
        }
    }

    pub(super) fn drawn(&self) -> Option<&Dist> {
        match self {
            Amount::Drawn(dist) => Some(dist),
            Amount::Formula(_) => None,
        }
    }
}

/// True if a draw lies above its bound, or is no number at all.
#[inline]
pub(super) fn is_cut(drawn: f64, most: f64) -> bool {
    // Written so that what is no number is cut too.
    !matches!(drawn.partial_cmp(&most), Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal))
}

/// A drawn cost: not negative, at most a billion, rounded half-up to a micro-credit.
#[inline]
pub(super) fn credits(drawn: f64) -> Credits {
    Credits::from_f64(drawn.clamp(0.0, MOST_COST))
}

/// A drawn time: not negative, at most about a hundred years.
#[inline]
pub(super) fn span(seconds: f64) -> SimSpan {
    SimSpan::from_seconds_f64(seconds.clamp(0.0, MOST_DURATION))
}

fn amounts_of(kind: &StepKind) -> Vec<&Amount> {
    match kind {
        StepKind::Work { cost, duration, .. } => vec![cost, duration],
        StepKind::Helper { duration } => vec![duration],
        StepKind::Review { .. } | StepKind::Group(_) => Vec::new(),
    }
}

fn shape_has_two_levels(shape: &StepShape) -> bool {
    let open = |amount: &&Amount| amount.drawn().is_some_and(Dist::has_two_levels);
    match shape {
        StepShape::Simple { cost, duration } => open(&cost) || open(&duration),
        StepShape::Run(steps) => steps_have_two_levels(steps),
    }
}

fn steps_have_two_levels(steps: &[Step]) -> bool {
    steps.iter().any(|step| {
        let open = |amount: &Amount| amount.drawn().is_some_and(Dist::has_two_levels);
        let inner = match &step.kind {
            StepKind::Review { wait, .. } => wait.has_two_levels(),
            StepKind::Group(steps) => steps_have_two_levels(steps),
            kind => amounts_of(kind).into_iter().any(open),
        };
        inner || step.repeat.has_two_levels()
    })
}

fn resolve_amount(amount: &mut Amount, traits: &mut impl Draws) {
    if let Amount::Drawn(dist) = amount {
        *dist = dist.for_organization(traits);
    }
}

fn resolve_shape(shape: &mut StepShape, traits: &mut impl Draws) {
    match shape {
        StepShape::Simple { cost, duration } => {
            resolve_amount(cost, traits);
            resolve_amount(duration, traits);
        }
        StepShape::Run(steps) => resolve_steps(steps, traits),
    }
}

fn resolve_steps(steps: &mut [Step], traits: &mut impl Draws) {
    for step in steps {
        step.repeat = step.repeat.for_organization(traits);
        match &mut step.kind {
            StepKind::Work { cost, duration, .. } => {
                resolve_amount(cost, traits);
                resolve_amount(duration, traits);
            }
            StepKind::Helper { duration } => resolve_amount(duration, traits),
            StepKind::Review { wait, .. } => *wait = wait.for_organization(traits),
            StepKind::Group(steps) => resolve_steps(steps, traits),
        }
    }
}
