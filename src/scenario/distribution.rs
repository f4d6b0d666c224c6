//! Reads distributions: `{ lognormal = { median = "20s", sigma = 0.6 } }`, or a bare quantity.
//!
//! A parameter that is itself a distribution is drawn once per organization: a two-level distribution. A value that is
//! written down lies in the range that its key declares.

use crate::sampling::{Dist, DistError, TwoLevel};

use crate::workload::read_column;

use super::reading::{
    Field, Item, Kind, MOST_CREDITS, NumberRange, Section, TableShape, ValueUnit, default, optional, required,
};

/// The forms a distribution can take.
pub(crate) static DISTRIBUTION: TableShape = TableShape {
    name: "distribution",
    doc: "A distribution of one number. A parameter that is itself a distribution is drawn once per organization.",
    tags: TAGS,
    parts: &[CHANGES],
};

static TAGS: &[Field] = &[
    optional("fixed", Kind::Quantity, "Always the same value."),
    optional("uniform", Kind::Tuple(&Kind::Quantity, 2), "Any value between two alike, or by `step`."),
    optional("triangular", Kind::Table(&TRIANGULAR), "Triangular from `min` over `mode` to `max`."),
    optional("exponential", Kind::Either(&PARAMETER), "Exponential with this mean."),
    optional(
        "lognormal",
        Kind::Table(&LOGNORMAL),
        "Lognormal by `mean` and `cv`, by `median` and `sigma`, or by `mu` and `sigma`.",
    ),
    optional("normal", Kind::Table(&NORMAL), "Normal, restricted to `min` and `max`."),
    optional("gamma", Kind::Table(&GAMMA), "Gamma by `mean` and `cv`, or by `shape` and `scale`."),
    optional("weibull", Kind::Table(&WEIBULL), "Weibull by `mean` and `cv`, or by `shape` and `scale`."),
    optional("pareto", Kind::Table(&PARETO), "Pareto from `min`; nothing lies above `cap`."),
    optional("poisson", Kind::Number(NumberRange::between(0.0, 1e12)), "Poisson count with this mean."),
    optional("chance", Kind::Probability, "1 with this probability, else 0."),
    optional("discrete", Kind::List(&Kind::Tuple(&Kind::Quantity, 2)), "Pairs of a value and its weight."),
    optional(
        "empirical",
        Kind::Either(&[Kind::List(&Kind::Quantity), Kind::Table(&FILE)]),
        "One of the values observed, all alike: a list, or a column of a file.",
    ),
    optional(
        "quantiles",
        Kind::List(&Kind::Tuple(&Kind::Quantity, 2)),
        "Pairs of a probability (from 0 to 1) and a value, linear between them.",
    ),
    optional("mixture", Kind::List(&Kind::Table(&PART)), "One of several distributions, by weight."),
    optional(
        "per_organization",
        Kind::Table(&DISTRIBUTION),
        "Drawn once per organization; then constant, or a factor of `times`.",
    ),
];

static CHANGES: &[Field] = &[
    optional("step", Kind::Quantity, "Of `uniform`: distance of neighbouring values."),
    optional("times", Kind::Table(&DISTRIBUTION), "Of `per_organization`: what it multiplies."),
    optional("min", Kind::Quantity, "Draws below become this."),
    optional("max", Kind::Quantity, "Draws above become this."),
    optional("round", Kind::Quantity, "Draws are rounded half-up to multiples of this."),
];

// Statics, not constants: a shape that contains itself may only be referred to, never evaluated.
static PARAMETER: [Kind; 2] = [Kind::Quantity, Kind::Table(&DISTRIBUTION)];
static PURE_PARAMETER: [Kind; 2] = [Kind::NUMBER, Kind::Table(&DISTRIBUTION)];

static TRIANGULAR: TableShape = TableShape {
    name: "triangular",
    doc: "A triangular distribution: an estimate of the least, the likeliest and the most.",
    tags: &[],
    parts: &[&[
        required("min", Kind::Quantity, "Smallest value."),
        required("mode", Kind::Quantity, "Likeliest value, from `min` to `max`."),
        required("max", Kind::Quantity, "Largest value."),
    ]],
};

static LOGNORMAL: TableShape = TableShape {
    name: "lognormal",
    doc: "A lognormal distribution.",
    tags: &[],
    parts: &[&[
        optional("mean", Kind::Either(&PARAMETER), "Mean; needs `cv`."),
        optional("cv", Kind::NUMBER_FROM_ZERO, "Coefficient of variation."),
        optional("median", Kind::Either(&PARAMETER), "Median; needs `sigma`."),
        optional(
            "mu",
            Kind::Either(&PURE_PARAMETER),
            "Mean of the natural logarithm (of seconds, credits or the number); needs `sigma`.",
        ),
        optional("sigma", Kind::Either(&PURE_PARAMETER), "Standard deviation of the natural logarithm."),
    ]],
};

static NORMAL: TableShape = TableShape {
    name: "normal",
    doc: "A normal distribution, restricted to an interval.",
    tags: &[],
    parts: &[&[
        required("mean", Kind::Quantity, "Mean before the restriction."),
        required("sd", Kind::Quantity, "Standard deviation before the restriction."),
        optional("min", Kind::Quantity, "Smallest value; the least that its key may hold if left out."),
        optional("max", Kind::Quantity, "Largest value; none if left out."),
    ]],
};

static GAMMA: TableShape =
    TableShape { name: "gamma", doc: "A gamma distribution.", tags: &[], parts: &[SCALED_FAMILY] };

static WEIBULL: TableShape =
    TableShape { name: "weibull", doc: "A Weibull distribution.", tags: &[], parts: &[SCALED_FAMILY] };

static SCALED_FAMILY: &[Field] = &[
    optional("mean", Kind::Either(&PARAMETER), "Mean; needs `cv`."),
    optional("cv", Kind::NUMBER_FROM_ZERO, "Coefficient of variation."),
    optional("shape", Kind::Number(NumberRange::ABOVE_ZERO), "Shape; needs `scale`."),
    optional("scale", Kind::Quantity, "Scale."),
];

static PARETO: TableShape = TableShape {
    name: "pareto",
    doc: "A Pareto distribution.",
    tags: &[],
    parts: &[&[
        required("min", Kind::Quantity, "Smallest value."),
        required(
            "exponent",
            Kind::Number(NumberRange::ABOVE_ZERO),
            "Tail exponent: P(X > x) falls like x^-exponent.",
        ),
        optional("cap", Kind::Quantity, "Largest value; without one the exponent must be above 1."),
    ]],
};

static FILE: TableShape = TableShape {
    name: "column",
    doc: "A column of a CSV or JSONL file, plain or gzip.",
    tags: &[],
    parts: &[&[
        required("file", Kind::Text, "The file, relative to the scenario's folder."),
        required("column", Kind::Text, "Its column of numbers; spans in seconds. Empty cells are left out."),
        default("unit", Kind::Quantity, "1", "What one in that column means, such as \"1 ms\"."),
    ]],
};

static PART: TableShape = TableShape {
    name: "mixture-part",
    doc: "One of the distributions of a mixture.",
    tags: &[],
    parts: &[&[
        required("weight", Kind::NUMBER_FROM_ZERO, "Its weight, relative to the others."),
        required("draw", Kind::Either(&PARAMETER), "The distribution."),
    ]],
};

/// The unit of a distribution's values and the range they lie in.
#[derive(Debug, Clone, Copy)]
struct Use {
    unit: ValueUnit,
    range: NumberRange,
}

impl Use {
    /// Values of the same unit in another range, such as a mean or a distance.
    fn within(self, range: NumberRange) -> Use {
        let widest = match self.unit {
            ValueUnit::Credits => NumberRange::between(-MOST_CREDITS, MOST_CREDITS),
            ValueUnit::Span => NumberRange::SPAN,
            ValueUnit::Number => NumberRange::ANY,
        };
        let (least, most) = (range.least.max(widest.least), range.most.min(widest.most));
        Use { range: NumberRange { least, most, ..range }, ..self }
    }

    /// Pure numbers.
    fn pure(range: NumberRange) -> Use {
        Use { unit: ValueUnit::Number, range }
    }

    /// One quantity as the number a draw would be.
    fn quantity(self, item: Item<'_>) -> Option<f64> {
        let item = item.as_kind(self.unit.kind(self.range));
        if !item.fits() {
            item.report_misfits();
            return None;
        }
        match self.unit {
            ValueUnit::Credits => item.credits().map(|credits| credits.as_f64()),
            ValueUnit::Span => item.span().map(|span| span.as_seconds_f64()),
            ValueUnit::Number => item.number(),
        }
    }
}

/// A distribution as its key declares it: spans are drawn in seconds, credits in credits.
pub(crate) fn read(item: Item<'_>) -> Option<Dist> {
    let declared = item.declared(|kind| match kind {
        Kind::Distribution(unit, range) => Some(Use { unit, range }),
        _ => None,
    });
    debug_assert!(declared.is_some(), "`{}` is read as a distribution and declares none", item.place().path);
    read_as(item, declared?)
}

fn read_as(item: Item<'_>, of: Use) -> Option<Dist> {
    if !item.is_table() {
        return of.quantity(item).map(Dist::Fixed);
    }
    let section = item.section(&DISTRIBUTION)?;
    let (tag, value) = section.tag()?;
    for (key, owner) in [("step", "uniform"), ("times", "per_organization")] {
        if section.has(key) && tag != owner {
            section.error(
                key,
                format!("means nothing beside `{tag}`"),
                Some(&format!("it belongs to `{owner}`")),
            );
        }
    }
    changed(section, family(section, tag, value, of)?, of)
}

fn family(section: Section<'_>, tag: &str, value: Item<'_>, of: Use) -> Option<Dist> {
    let in_unit = |item: Item<'_>| of.quantity(item);
    match tag {
        "fixed" => in_unit(value).map(Dist::Fixed),
        "uniform" => {
            let (low, high) = value.pair(in_unit)?;
            let step = |item: Item<'_>| of.within(NumberRange::ABOVE_ZERO).quantity(item);
            let step = if section.has("step") { Some(section.read("step", step)?) } else { None };
            built(value, Dist::uniform(low, high, step))
        }
        "triangular" => {
            let section = value.section(&TRIANGULAR)?;
            let [low, mode, high] = ["min", "mode", "max"].map(|key| section.read(key, in_unit));
            built(value, Dist::triangular(low?, mode?, high?))
        }
        "exponential" => match read_as(value, of.within(NumberRange::FROM_ZERO))? {
            Dist::Fixed(mean) => built(value, Dist::exponential(mean)),
            mean => Some(Dist::two_level(TwoLevel::Exponential { mean })),
        },
        "lognormal" => lognormal(value, of),
        "normal" => normal(value, of),
        "gamma" => mean_and_cv(value, of, &GAMMA, Dist::gamma, Dist::gamma_shape),
        "weibull" => mean_and_cv(value, of, &WEIBULL, Dist::weibull, Dist::weibull_shape),
        "pareto" => {
            let section = value.section(&PARETO)?;
            let cap = if section.has("cap") { Some(section.read("cap", in_unit)?) } else { None };
            let exponent = section.read("exponent", |item| item.number())?;
            built(value, Dist::pareto(section.read("min", in_unit)?, exponent, cap))
        }
        "poisson" => built(value, Dist::poisson(value.number()?)),
        "chance" => built(value, Dist::bernoulli(value.probability()?.get())),
        "discrete" => {
            let pairs = value.list(|item| pair(item, of, Use::pure(NumberRange::FROM_ZERO)))?;
            built(value, Dist::discrete(&pairs))
        }
        "empirical" if value.is_table() => observed(value, of),
        "empirical" => built(value, Dist::empirical(value.list(in_unit)?)),
        "quantiles" => {
            let knots = value.list(|item| pair(item, Use::pure(NumberRange::between(0.0, 1.0)), of))?;
            built(value, Dist::quantiles(&knots))
        }
        "mixture" => built(value, Dist::mixture(value.list(|item| mixture_part(item, of))?)),
        "per_organization" => per_organization(section, value, of),
        tag => section.unread_tag(tag),
    }
}

/// One of the values in a column of a file.
fn observed(value: Item<'_>, of: Use) -> Option<Dist> {
    let section = value.section(&FILE)?;
    let (file, column) = (section.read("file", Item::text)?, section.read("column", Item::text)?);
    let one = if section.has("unit") {
        section.read("unit", |item| of.within(NumberRange::ABOVE_ZERO).quantity(item))?
    } else {
        1.0
    };
    let ((path, bundled), most_text) = match value.reader.column_file(&file) {
        Ok(found) => found,
        Err((what, hint)) => {
            section.error("file", what, Some(hint));
            return None;
        }
    };
    match read_column(&path, bundled, &column, most_text) {
        Ok(values) => {
            let values: Vec<f64> = values.into_iter().map(|value| value * one).collect();
            if let Some(outside) = values.iter().find(|value| !of.range.holds(**value)) {
                let wanted = of.unit.kind(of.range).describe_for(*outside);
                let hint = Some(format!("every value of the column is {wanted}"));
                return value.error(format!("holds {outside} in column `{column}`"), hint);
            }
            built(value, Dist::empirical(values))
        }
        Err(error) => value.error(format!("cannot be read: {error}"), None),
    }
}

fn mixture_part(item: Item<'_>, of: Use) -> Option<(f64, Dist)> {
    let section = item.section(&PART)?;
    let weight = section.read("weight", |item| item.number())?;
    Some((weight, section.read("draw", |item| read_as(item, of))?))
}

/// A factor that belongs to the organization: a pure number if it multiplies something, else a value in the unit.
fn per_organization(section: Section<'_>, value: Item<'_>, of: Use) -> Option<Dist> {
    if !section.has("times") {
        return Some(Dist::two_level(TwoLevel::Constant(read_as(value, of)?)));
    }
    let by = read_as(value, Use::pure(NumberRange::FROM_ZERO));
    let of = section.read("times", |item| read_as(item, of))?;
    Some(Dist::two_level(TwoLevel::Scaled { by: by?, of }))
}

fn lognormal(value: Item<'_>, of: Use) -> Option<Dist> {
    let section = value.section(&LOGNORMAL)?;
    let scale = |item: Item<'_>| read_as(item, of.within(NumberRange::ABOVE_ZERO));
    let pure = |item: Item<'_>| read_as(item, Use::pure(NumberRange::ANY));
    let spread = |item: Item<'_>| read_as(item, Use::pure(NumberRange::FROM_ZERO));
    match chosen(section, &["mean", "median", "mu"])? {
        "mean" => {
            let cv = companion(section, "mean", "cv", |item| item.number())?;
            scaled_by(value, section.read("mean", scale)?, |mean| Dist::lognormal(mean, cv))
        }
        "median" => {
            let sigma = companion(section, "median", "sigma", spread)?;
            let median = section.read("median", scale)?;
            let Dist::Fixed(sigma) = sigma else {
                let of = Dist::two_level(TwoLevel::LogNormal { mu: Dist::Fixed(0.0), sigma });
                return Some(Dist::two_level(TwoLevel::Scaled { by: median, of }));
            };
            scaled_by(value, median, |median| Dist::lognormal_median(median, sigma))
        }
        "mu" => {
            let (mu, sigma) = (section.read("mu", pure)?, companion(section, "mu", "sigma", spread)?);
            match (mu, sigma) {
                (Dist::Fixed(mu), Dist::Fixed(sigma)) => {
                    built(value, Dist::lognormal_median(libm::exp(mu), sigma))
                }
                (mu, sigma) => Some(Dist::two_level(TwoLevel::LogNormal { mu, sigma })),
            }
        }
        key => section.unread_tag(key),
    }
}

fn normal(value: Item<'_>, of: Use) -> Option<Dist> {
    let section = value.section(&NORMAL)?;
    let in_range = |item: Item<'_>| of.quantity(item);
    let bound = |key: &str, fallback: f64| {
        if section.has(key) { section.read(key, in_range) } else { Some(fallback) }
    };
    let (low, high) = (bound("min", of.range.least)?, bound("max", f64::INFINITY)?);
    let mean = section.read("mean", |item| of.within(NumberRange::ANY).quantity(item));
    let sd = section.read("sd", |item| of.within(NumberRange::FROM_ZERO).quantity(item));
    built(value, Dist::normal(mean?, sd?, low, high))
}

/// A family by mean and cv, or by shape and scale.
fn mean_and_cv(
    value: Item<'_>,
    of: Use,
    shape: &'static TableShape,
    by_mean: fn(f64, f64) -> Result<Dist, DistError>,
    by_shape: fn(f64, f64) -> Result<Dist, DistError>,
) -> Option<Dist> {
    let section = value.section(shape)?;
    if chosen(section, &["mean", "shape"])? == "mean" {
        let cv = companion(section, "mean", "cv", |item| item.number())?;
        let mean = section.read("mean", |item| read_as(item, of.within(NumberRange::ABOVE_ZERO)))?;
        return scaled_by(value, mean, |mean| by_mean(mean, cv));
    }
    let scale =
        companion(section, "shape", "scale", |item| of.within(NumberRange::ABOVE_ZERO).quantity(item))?;
    built(value, by_shape(section.read("shape", |item| item.number())?, scale))
}

/// A family whose scale is a parameter: built at once, or scaled by what is drawn per organization.
fn scaled_by(
    value: Item<'_>,
    parameter: Dist,
    build: impl Fn(f64) -> Result<Dist, DistError>,
) -> Option<Dist> {
    match parameter {
        Dist::Fixed(number) => built(value, build(number)),
        by => Some(Dist::two_level(TwoLevel::Scaled { by, of: built(value, build(1.0))? })),
    }
}

/// The one of several keys that was written.
fn chosen<'k>(section: Section<'_>, keys: &[&'k str]) -> Option<&'k str> {
    let written: Vec<&str> = keys.iter().copied().filter(|key| section.has(key)).collect();
    match written.as_slice() {
        [one] => Some(one),
        [] => section.item().fail(format!("a table with one of: {}", keys.join(", "))),
        several => section.item().error(
            format!("has both `{}` and `{}`", several[0], several[1]),
            Some("keep one of the two".to_owned()),
        ),
    }
}

/// The second parameter that a first one needs.
fn companion<T>(
    section: Section<'_>,
    first: &str,
    second: &str,
    read: impl Fn(Item<'_>) -> Option<T>,
) -> Option<T> {
    if !section.has(second) {
        section.error(second, "is missing", Some(&format!("`{first}` needs it")));
        return None;
    }
    section.read(second, read)
}

fn pair(item: Item<'_>, first: Use, second: Use) -> Option<(f64, f64)> {
    match item.items()?.as_slice() {
        [a, b] => {
            let (a, b) = (first.quantity(*a), second.quantity(*b));
            a.zip(b)
        }
        _ => item.fail("a list of two"),
    }
}

/// Reports a parameter that no distribution can have.
fn built(item: Item<'_>, dist: Result<Dist, DistError>) -> Option<Dist> {
    dist.map_or_else(|error| item.error(format!("is no distribution: {error}"), None), Some)
}

/// The distribution with its draws moved into `[min, max]` and rounded.
fn changed(section: Section<'_>, mut dist: Dist, of: Use) -> Option<Dist> {
    let in_unit = |item: Item<'_>| of.quantity(item);
    let item = section.item();
    if section.has("round") {
        let multiple = section.read("round", |item| of.within(NumberRange::ABOVE_ZERO).quantity(item))?;
        dist = built(item, dist.rounded(multiple))?;
    }
    if section.has("min") || section.has("max") {
        let low = if section.has("min") { section.read("min", in_unit)? } else { f64::NEG_INFINITY };
        let high = if section.has("max") { section.read("max", in_unit)? } else { f64::INFINITY };
        dist = built(item, dist.clamped(low, high))?;
    }
    Some(dist)
}
