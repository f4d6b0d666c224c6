//! Reads distributions: `{ lognormal = { median = "20s", sigma = 0.6 } }`, or a bare quantity.
//!
//! A parameter that is itself a distribution is drawn once per organization: a two-level distribution.

use crate::sampling::{Dist, DistError, TwoLevel};

use crate::workload::read_column;

use super::reading::{Field, Item, Kind, Section, Shape, Unit, default, optional, required};

/// The forms a distribution can take.
pub(crate) static DISTRIBUTION: Shape = Shape {
    name: "distribution",
    doc: "A distribution of one number. A parameter that is itself a distribution is drawn once per organization.",
    tags: TAGS,
    parts: &[CHANGES],
};

static TAGS: &[Field] = &[
    optional("fixed", Kind::Quantity, "Always the same value."),
    optional("uniform", Kind::Tuple(&Kind::Quantity, 2), "Any value between two alike, or by `step`."),
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
    optional("poisson", Kind::Number, "Poisson count with this mean."),
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
static PURE_PARAMETER: [Kind; 2] = [Kind::Number, Kind::Table(&DISTRIBUTION)];

static LOGNORMAL: Shape = Shape {
    name: "lognormal",
    doc: "A lognormal distribution.",
    tags: &[],
    parts: &[&[
        optional("mean", Kind::Either(&PARAMETER), "Mean; needs `cv`."),
        optional("cv", Kind::Number, "Coefficient of variation."),
        optional("median", Kind::Either(&PARAMETER), "Median; needs `sigma`."),
        optional(
            "mu",
            Kind::Either(&PURE_PARAMETER),
            "Mean of the natural logarithm (of seconds, credits or the number); needs `sigma`.",
        ),
        optional("sigma", Kind::Either(&PURE_PARAMETER), "Standard deviation of the natural logarithm."),
    ]],
};

static NORMAL: Shape = Shape {
    name: "normal",
    doc: "A normal distribution, restricted to an interval.",
    tags: &[],
    parts: &[&[
        required("mean", Kind::Quantity, "Mean before the restriction."),
        required("sd", Kind::Quantity, "Standard deviation before the restriction."),
        optional(
            "min",
            Kind::Quantity,
            "Smallest value; 0 for credits and spans, none for numbers if left out.",
        ),
        optional("max", Kind::Quantity, "Largest value; none if left out."),
    ]],
};

static GAMMA: Shape =
    Shape { name: "gamma", doc: "A gamma distribution.", tags: &[], parts: &[SCALED_FAMILY] };

static WEIBULL: Shape =
    Shape { name: "weibull", doc: "A Weibull distribution.", tags: &[], parts: &[SCALED_FAMILY] };

static SCALED_FAMILY: &[Field] = &[
    optional("mean", Kind::Either(&PARAMETER), "Mean; needs `cv`."),
    optional("cv", Kind::Number, "Coefficient of variation."),
    optional("shape", Kind::Number, "Shape; needs `scale`."),
    optional("scale", Kind::Quantity, "Scale."),
];

static PARETO: Shape = Shape {
    name: "pareto",
    doc: "A Pareto distribution.",
    tags: &[],
    parts: &[&[
        required("min", Kind::Quantity, "Smallest value."),
        required("exponent", Kind::Number, "Tail exponent: P(X > x) falls like x^-exponent."),
        optional("cap", Kind::Quantity, "Largest value; without one the exponent must be above 1."),
    ]],
};

static FILE: Shape = Shape {
    name: "column",
    doc: "A column of a CSV or JSONL file, plain or gzip.",
    tags: &[],
    parts: &[&[
        required("file", Kind::Text, "The file, relative to the scenario's folder."),
        required("column", Kind::Text, "Its column of numbers; spans in seconds. Empty cells are left out."),
        default("unit", Kind::Quantity, "1", "What one in that column means, such as \"1 ms\"."),
    ]],
};

static PART: Shape = Shape {
    name: "mixture-part",
    doc: "One of the distributions of a mixture.",
    tags: &[],
    parts: &[&[
        required("weight", Kind::Number, "Its weight, relative to the others."),
        required("draw", Kind::Either(&PARAMETER), "The distribution."),
    ]],
};

/// A distribution of a quantity in `unit`: spans are drawn in seconds, credits in credits.
pub(crate) fn read(item: Item<'_>, unit: Unit) -> Option<Dist> {
    if !item.is_table() {
        return quantity(item, unit).map(Dist::Fixed);
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
    changed(section, family(section, tag, value, unit)?, unit)
}

/// One quantity in `unit` as the number a draw would be.
pub(crate) fn quantity(item: Item<'_>, unit: Unit) -> Option<f64> {
    match unit {
        Unit::Credits => item.credits().map(|credits| credits.as_f64()),
        Unit::Span => item.span().map(|span| span.as_seconds_f64()),
        Unit::Number => item.number(),
    }
}

fn family(section: Section<'_>, tag: &str, value: Item<'_>, unit: Unit) -> Option<Dist> {
    let in_unit = |item: Item<'_>| quantity(item, unit);
    match tag {
        "fixed" => in_unit(value).map(Dist::Fixed),
        "uniform" => {
            let (low, high) = value.pair(in_unit)?;
            let step = if section.has("step") { Some(section.read("step", in_unit)?) } else { None };
            built(value, Dist::uniform(low, high, step))
        }
        "exponential" => match read(value, unit)? {
            Dist::Fixed(mean) => built(value, Dist::exponential(mean)),
            mean => Some(Dist::two_level(TwoLevel::Exponential { mean })),
        },
        "lognormal" => lognormal(value, unit),
        "normal" => normal(value, unit),
        "gamma" => mean_and_cv(value, unit, &GAMMA, Dist::gamma, Dist::gamma_shape),
        "weibull" => mean_and_cv(value, unit, &WEIBULL, Dist::weibull, Dist::weibull_shape),
        "pareto" => {
            let section = value.section(&PARETO)?;
            let cap = if section.has("cap") { Some(section.read("cap", in_unit)?) } else { None };
            let exponent = section.read("exponent", |item| item.number())?;
            built(value, Dist::pareto(section.read("min", in_unit)?, exponent, cap))
        }
        "poisson" => built(value, Dist::poisson(value.number()?)),
        "chance" => built(value, Dist::bernoulli(value.probability()?.get())),
        "discrete" => {
            let pairs = value.list(|item| pair(item, unit, Unit::Number))?;
            built(value, Dist::discrete(&pairs))
        }
        "empirical" if value.is_table() => observed(value, unit),
        "empirical" => built(value, Dist::empirical(value.list(in_unit)?)),
        "quantiles" => {
            let knots = value.list(|item| pair(item, Unit::Number, unit))?;
            built(value, Dist::quantiles(&knots))
        }
        "mixture" => built(value, Dist::mixture(value.list(|item| mixture_part(item, unit))?)),
        _ => per_organization(section, value, unit),
    }
}

/// One of the values in a column of a file.
fn observed(value: Item<'_>, unit: Unit) -> Option<Dist> {
    let section = value.section(&FILE)?;
    let (file, column) = (section.read("file", Item::text)?, section.read("column", Item::text)?);
    let one = if section.has("unit") { section.read("unit", |item| quantity(item, unit))? } else { 1.0 };
    let (path, bundled) = value.reader.locate(&file);
    match read_column(&path, bundled, &column) {
        Ok(values) => built(value, Dist::empirical(values.into_iter().map(|value| value * one).collect())),
        Err(error) => value.error(format!("cannot be read: {error}"), None),
    }
}

fn mixture_part(item: Item<'_>, unit: Unit) -> Option<(f64, Dist)> {
    let section = item.section(&PART)?;
    let weight = section.read("weight", |item| item.number_from_zero())?;
    Some((weight, section.read("draw", |item| read(item, unit))?))
}

/// A factor that belongs to the organization: a pure number if it multiplies something, else a value in the unit.
fn per_organization(section: Section<'_>, value: Item<'_>, unit: Unit) -> Option<Dist> {
    if !section.has("times") {
        return Some(Dist::two_level(TwoLevel::Constant(read(value, unit)?)));
    }
    let of = section.read("times", |item| read(item, unit))?;
    Some(Dist::two_level(TwoLevel::Scaled { by: read(value, Unit::Number)?, of }))
}

fn lognormal(value: Item<'_>, unit: Unit) -> Option<Dist> {
    let section = value.section(&LOGNORMAL)?;
    let pure = |item: Item<'_>| read(item, Unit::Number);
    match chosen(section, &["mean", "median", "mu"])? {
        "mean" => {
            let cv = companion(section, "mean", "cv", |item| item.number())?;
            scaled_by(value, section.read("mean", |item| read(item, unit))?, |mean| Dist::lognormal(mean, cv))
        }
        "median" => {
            let sigma = companion(section, "median", "sigma", pure)?;
            let median = section.read("median", |item| read(item, unit))?;
            let Dist::Fixed(sigma) = sigma else {
                let of = Dist::two_level(TwoLevel::LogNormal { mu: Dist::Fixed(0.0), sigma });
                return Some(Dist::two_level(TwoLevel::Scaled { by: median, of }));
            };
            scaled_by(value, median, |median| Dist::lognormal_median(median, sigma))
        }
        _ => {
            let (mu, sigma) = (section.read("mu", pure)?, companion(section, "mu", "sigma", pure)?);
            match (mu, sigma) {
                (Dist::Fixed(mu), Dist::Fixed(sigma)) => {
                    built(value, Dist::lognormal_median(libm::exp(mu), sigma))
                }
                (mu, sigma) => Some(Dist::two_level(TwoLevel::LogNormal { mu, sigma })),
            }
        }
    }
}

fn normal(value: Item<'_>, unit: Unit) -> Option<Dist> {
    let section = value.section(&NORMAL)?;
    let in_unit = |item: Item<'_>| quantity(item, unit);
    let lowest = if unit == Unit::Number { f64::NEG_INFINITY } else { 0.0 };
    let bound = |key: &str, fallback: f64| {
        if section.has(key) { section.read(key, in_unit) } else { Some(fallback) }
    };
    let (low, high) = (bound("min", lowest)?, bound("max", f64::INFINITY)?);
    built(value, Dist::normal(section.read("mean", in_unit)?, section.read("sd", in_unit)?, low, high))
}

/// A family by mean and cv, or by shape and scale.
fn mean_and_cv(
    value: Item<'_>,
    unit: Unit,
    shape: &'static Shape,
    by_mean: fn(f64, f64) -> Result<Dist, DistError>,
    by_shape: fn(f64, f64) -> Result<Dist, DistError>,
) -> Option<Dist> {
    let section = value.section(shape)?;
    if chosen(section, &["mean", "shape"])? == "mean" {
        let cv = companion(section, "mean", "cv", |item| item.number())?;
        return scaled_by(value, section.read("mean", |item| read(item, unit))?, |mean| by_mean(mean, cv));
    }
    let scale = companion(section, "shape", "scale", |item| quantity(item, unit))?;
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

fn pair(item: Item<'_>, first: Unit, second: Unit) -> Option<(f64, f64)> {
    match item.items()?.as_slice() {
        [a, b] => quantity(*a, first).zip(quantity(*b, second)),
        _ => item.fail("a list of two"),
    }
}

/// Reports a parameter that no distribution can have.
fn built(item: Item<'_>, dist: Result<Dist, DistError>) -> Option<Dist> {
    dist.map_or_else(|error| item.error(format!("is no distribution: {error}"), None), Some)
}

/// The distribution with its draws moved into `[min, max]` and rounded.
fn changed(section: Section<'_>, mut dist: Dist, unit: Unit) -> Option<Dist> {
    let in_unit = |item: Item<'_>| quantity(item, unit);
    let item = section.item();
    if section.has("round") {
        dist = built(item, dist.rounded(section.read("round", in_unit)?))?;
    }
    if section.has("min") || section.has("max") {
        let low = if section.has("min") { section.read("min", in_unit)? } else { f64::NEG_INFINITY };
        let high = if section.has("max") { section.read("max", in_unit)? } else { f64::INFINITY };
        dist = built(item, dist.clamped(low, high))?;
    }
    Some(dist)
}
