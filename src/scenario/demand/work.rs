//! Reads what an operation consists of: costs, durations, quantities, steps.

use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Field, Item, Kind, NumberRange, Section, TableShape, ValueUnit, default, did_you_mean, optional,
    required, words,
};
use crate::workload::formula::Formula;
use crate::workload::{
    Amount, BUILTIN_NAMES, CacheHits, MOST_COST, MOST_DURATION, MOST_PARTS, Quantity, QuantityScope, Step,
    StepKind, StepShape as WorkShape, Work,
};

/// A cost: drawn, or a formula.
pub(super) const COST_KIND: Kind =
    Kind::Either(&[Kind::Distribution(ValueUnit::Credits, NumberRange::between(0.0, MOST_COST)), Kind::Text]);

/// A duration: drawn, or a formula in seconds.
pub(super) const DURATION_KIND: Kind = Kind::Either(&[
    Kind::Distribution(ValueUnit::Span, NumberRange::between(0.0, MOST_DURATION)),
    Kind::Text,
]);

/// A quantity: its distribution, or a table that says more.
pub(super) const QUANTITY_KIND: Kind = Kind::Either(&[Kind::NUMBERS_FROM_ZERO, Kind::Table(&QUANTITY)]);

static QUANTITY: TableShape = TableShape {
    name: "quantity",
    doc: "A named number of an operation.",
    tags: &[],
    parts: &[&[
        required("draw", Kind::NUMBERS_FROM_ZERO, "Its distribution."),
        default("per", Kind::Words(scopes), "\"step\"", "Whether a run draws it for every step or once."),
        optional(
            "grows_by",
            Kind::Distribution(ValueUnit::Number, NumberRange::ANY),
            "Drawn once, then grows by this from step to step: the context of a conversation.",
        ),
        optional("up_to", Kind::NUMBER_FROM_ZERO, "Largest value it grows to."),
        optional("with", Kind::Name("quantity"), "An earlier quantity that it is correlated with."),
        default(
            "correlation",
            Kind::Number(NumberRange::between(-1.0, 1.0)),
            "0",
            "Of the normal scores of the two, between -1 and 1.",
        ),
    ]],
};

fn scopes() -> Vec<&'static str> {
    vec!["step", "run"]
}

/// Cache hits.
pub(super) static CACHE: TableShape = TableShape {
    name: "cache",
    doc: "Steps served from a cache cost less.",
    tags: &[],
    parts: &[&[
        required("hits", Kind::Probability, "Probability that a step is served from the cache."),
        default("factor", Kind::SHARE_FROM_ZERO, "0", "What a hit costs, relative to the full cost."),
    ]],
};

/// A step of a run.
pub(super) static STEP: TableShape = TableShape {
    name: "step",
    doc: "A step of a run: work with a `cost`, a `helper`, a `review`, or a group of `steps` that repeat together.",
    tags: &[],
    parts: &[STEP_FIELDS],
};

static STEP_FIELDS: &[Field] = &[
    optional("name", Kind::Text, "Its name in reports."),
    optional("cost", COST_KIND, "True cost: drawn, or a formula; `turn` counts the repeats from 1."),
    default("duration", DURATION_KIND, "\"0s\"", "Time it takes."),
    default("fails", Kind::Probability, "0", "Probability that it fails, at a uniform point."),
    default("helper", Kind::Flag, "false", "True: costs nothing and is never refused."),
    optional("review", Kind::Table(&REVIEW), "A pause for a human."),
    optional("steps", Kind::List(&Kind::Table(&STEP)), "A group of steps."),
    default(
        "repeat",
        Kind::Distribution(ValueUnit::Number, NumberRange::between(0.0, MOST_PARTS as f64)),
        "1",
        "How often it is done; 0 leaves it out.",
    ),
];

static REVIEW: TableShape = TableShape {
    name: "review",
    doc: "A pause for a human.",
    tags: &[],
    parts: &[&[
        default("probability", Kind::Probability, "1", "Probability that there is one."),
        required("wait", Kind::SPANS, "How long it takes."),
        default("cancel", Kind::Probability, "0", "Probability that the human cancels the run at its end."),
    ]],
};

/// Reads the work of a feature.
pub(super) fn read(section: Section<'_>) -> Work {
    let quantities = section.get("quantities").map(quantities).unwrap_or_default();
    let names = Work::formula_names(quantities.iter().map(|quantity| quantity.name.as_str()));
    let shape = match section.get("steps") {
        Some(item) => run(section, item, &names),
        None => simple(section, &names),
    };
    let gauge = section.read("unit", Item::word::<CostUnit>).is_some();
    let told = |key: &str| {
        let hint = "a gauge has one value an operation: write `cost`";
        section.error(key, "has no meaning beside `unit = \"latest\"`", Some(hint));
    };
    ["steps", "cache"].into_iter().filter(|key| gauge && section.has(key)).for_each(told);
    Work { shape, cache: section.read("cache", cache), quantities, gauge }
}

/// What a cost is a number of, if other than of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CostUnit {
    Latest,
}
words!(CostUnit { "latest" => Latest });

fn simple(section: Section<'_>, names: &[&str]) -> WorkShape {
    WorkShape::Simple {
        cost: section.value("cost", |item| amount(item, ValueUnit::Credits, names)),
        duration: section.value("duration", |item| amount(item, ValueUnit::Span, names)),
    }
}

fn run(section: Section<'_>, item: Item<'_>, names: &[&str]) -> WorkShape {
    for key in ["cost", "duration"] {
        if section.has(key) {
            section.error(key, "stands beside `steps`", Some("a run costs and takes what its steps do"));
        }
    }
    let steps = item.list(|item| step(item, names)).unwrap_or_default();
    if steps.is_empty() {
        item.error::<()>("has no step", Some("write at least one `{ cost = …, duration = … }`".to_owned()));
    }
    if written_steps(&steps) > MOST_PARTS || constant_parts(&steps) > MOST_PARTS as f64 {
        let hint = format!("a run has at most {MOST_PARTS} steps, repeats included");
        item.error::<()>("has too many steps", Some(hint));
        return WorkShape::Run(Vec::new());
    }
    WorkShape::Run(steps)
}

/// A drawn number or a formula.
fn amount(item: Item<'_>, unit: ValueUnit, names: &[&str]) -> Option<Amount> {
    let Some(text) = item.as_text() else {
        return distribution::read(item).map(Amount::Drawn);
    };
    // A span has no operator, and a formula without one is the name of a quantity.
    let plain =
        !text.contains(['+', '-', '*', '/', '(', '<', '>', '=', '×']) && !names.contains(&text.trim());
    if unit == ValueUnit::Span && plain {
        return distribution::read(item).map(Amount::Drawn);
    }
    match Formula::compile(text, names) {
        Ok(formula) => formula_in_range(item, unit, formula),
        Err(error) => {
            let close = error.unknown.as_deref().and_then(|word| did_you_mean(word, names.iter().copied()));
            let known = || format!("names known here: {}", names.join(", "));
            let hint = close
                .map(|word| format!("did you mean `{word}`?"))
                .or_else(|| error.unknown.is_some().then(known));
            item.error(format!("is no formula: {error}"), hint)
        }
    }
}

/// A formula, unless it is always the same and out of range; one over quantities is held to its range as it is drawn.
fn formula_in_range(item: Item<'_>, unit: ValueUnit, formula: Formula) -> Option<Amount> {
    let (noun, most) = match unit {
        ValueUnit::Span => ("seconds", MOST_DURATION),
        ValueUnit::Credits | ValueUnit::Number => ("credits", MOST_COST),
    };
    match formula.constant() {
        Some(value) if !NumberRange::between(0.0, most).holds(value) => {
            let hint = format!("a formula gives {noun} from 0 to {most}");
            item.error(format!("gives {value}: \"{formula}\""), Some(hint))
        }
        _ => Some(Amount::Formula(formula)),
    }
}

/// Steps as they are written, those of groups included, however often they are repeated.
fn written_steps(steps: &[Step]) -> usize {
    let inner = |step: &Step| match &step.kind {
        StepKind::Group(steps) => written_steps(steps),
        _ => 1,
    };
    steps.iter().map(inner).sum()
}

/// Fewest parts of a run that always has them: constant repeats, multiplied through the groups around them.
fn constant_parts(steps: &[Step]) -> f64 {
    let repeats = |step: &Step| match step.repeat {
        Dist::Fixed(repeats) => libm::floor(repeats + 0.5),
        _ => 0.0,
    };
    let inner = |step: &Step| match &step.kind {
        StepKind::Group(steps) => constant_parts(steps),
        _ => 1.0,
    };
    steps.iter().map(|step| repeats(step) * inner(step)).sum()
}

fn quantities(item: Item<'_>) -> Vec<Quantity> {
    let mut quantities: Vec<Quantity> = Vec::new();
    for (name, item) in item.entries().unwrap_or_default() {
        if BUILTIN_NAMES.contains(&name) || !is_name(name) {
            let hint = format!("letters, digits and `_`; not {}", BUILTIN_NAMES.join(", "));
            item.error::<()>("is no name that a formula can use", Some(hint));
        }
        if let Some(quantity) = quantity(name, item, &quantities) {
            quantities.push(quantity);
        }
    }
    quantities
}

/// True if a formula can use the name.
pub(in crate::scenario) fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

fn quantity(name: &str, item: Item<'_>, earlier: &[Quantity]) -> Option<Quantity> {
    let detailed = item.is_table() && item.entries()?.iter().any(|(key, _)| *key == "draw");
    if !detailed {
        let dist = distribution::read(item)?;
        return Some(Quantity { name: name.to_owned(), dist, scope: QuantityScope::Step, correlation: None });
    }
    let section = item.section(&QUANTITY)?;
    let correlation = correlation(section, earlier);
    if let Some((with, _)) = correlation {
        for other in [Some(&earlier[with].dist), section.read("draw", number).as_ref()].into_iter().flatten()
        {
            if other.has_two_levels() && other.for_organization(&mut probe()).quantile(0.5).is_none() {
                section.error("with", "names a quantity that has no quantiles", None);
            }
        }
    }
    Some(Quantity {
        name: name.to_owned(),
        dist: section.read("draw", number)?,
        scope: scope(section),
        correlation,
    })
}

/// A generator for looking at what a two-level distribution becomes; its draws reach no result.
fn probe() -> crate::sampling::Rng {
    crate::sampling::StreamKey::root(0).stream(crate::sampling::Purpose::Estimate)
}

fn number(item: Item<'_>) -> Option<Dist> {
    distribution::read(item)
}

fn scope(section: Section<'_>) -> QuantityScope {
    if let Some(by) = section.read("grows_by", number) {
        return QuantityScope::Grows { by, cap: section.read_or("up_to", f64::INFINITY, Item::number) };
    }
    if section.has("up_to") {
        section.error("up_to", "means nothing without `grows_by`", None);
    }
    let once = section.read("per", |item| match item.as_text() {
        Some("step") => Some(false),
        Some("run") => Some(true),
        _ => item.fail_words(scopes()),
    });
    if once == Some(true) { QuantityScope::Run } else { QuantityScope::Step }
}

fn correlation(section: Section<'_>, earlier: &[Quantity]) -> Option<(usize, f64)> {
    if !section.has("with") {
        if section.has("correlation") {
            section.error(
                "correlation",
                "stands without `with`",
                Some("say which earlier quantity it is correlated with"),
            );
        }
        return None;
    }
    let names = || earlier.iter().map(|quantity| quantity.name.as_str());
    let with = section.read("with", |item| item.name_of("quantity written before this one", names()))?;
    Some((with, section.read("correlation", Item::number)?))
}

fn cache(item: Item<'_>) -> Option<CacheHits> {
    let section = item.section(&CACHE)?;
    Some(CacheHits {
        probability: section.read("hits", Item::probability)?,
        factor: section.read("factor", Item::share)?,
    })
}

fn step(item: Item<'_>, names: &[&str]) -> Option<Step> {
    let section = item.section(&STEP)?;
    let kind = step_kind(section, names)?;
    Some(Step { name: section.value("name", Item::text), kind, repeat: section.read("repeat", number)? })
}

fn step_kind(section: Section<'_>, names: &[&str]) -> Option<StepKind> {
    let only = |keys: &[&str], kind: &str| {
        for key in keys.iter().filter(|key| section.has(key)) {
            section.error(key, format!("means nothing in {kind}"), None);
        }
    };
    if let Some(item) = section.get("review") {
        only(&["cost", "duration", "fails", "helper", "steps"], "a review");
        let review = item.section(&REVIEW)?;
        return Some(StepKind::Review {
            probability: review.read("probability", Item::probability)?,
            wait: review.read("wait", distribution::read)?,
            cancel: review.read("cancel", Item::probability)?,
        });
    }
    if let Some(item) = section.get("steps") {
        only(&["cost", "duration", "fails", "helper"], "a group");
        return Some(StepKind::Group(item.list(|item| step(item, names))?));
    }
    let duration = section.read("duration", |item| amount(item, ValueUnit::Span, names))?;
    if section.value("helper", Item::flag) {
        only(&["cost", "fails"], "a helper");
        return Some(StepKind::Helper { duration });
    }
    if !section.has("cost") {
        section.error(
            "cost",
            "is missing",
            Some("a step has a `cost`, or is a `helper`, a `review` or a group of `steps`"),
        );
        return None;
    }
    let cost = section.read("cost", |item| amount(item, ValueUnit::Credits, names))?;
    Some(StepKind::Work { cost, duration, fails: section.read("fails", Item::probability)? })
}
