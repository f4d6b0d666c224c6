//! Policies: layers of rules, plans, and overrides per feature.
//!
//! Later layers win: built-in defaults, `[policy]`, the preset, `[policies.NAME]`, its `plans.NAME`, and inside each
//! of them `features.NAME`. A preset named in `[policy]` lies below the other keys of `[policy]`.

mod admission;
mod changes;
mod commerce;
mod customers;
mod grants;
mod limit_amounts;
mod limit_asks;
mod limit_covers;
mod limit_units;
mod limits;
mod owed;
mod rates;
mod scopes;
mod settings;
mod terms;
mod top_ups;

pub(crate) use customers::{BUDGET, BUYER_KIND, CHURN, REACTIONS, budget, buyer, churn, reactions, weights};
pub(crate) use grants::{GRANT, grants};
pub(super) use rates::RateBook;
pub(crate) use scopes::ScopeNames;
pub use settings::{PolicySetting, SettingValue, policy_settings};

use crate::policy::{Policy, Terms};

use super::presets;
use super::reading::{
    Field, Item, Kind, Node, Reader, Section, SourcePlace, TableShape, TomlTable, TomlValue, did_you_mean,
    join, merge, optional,
};

/// A policy, and the rules that all policies share.
pub(super) static POLICY: TableShape = TableShape {
    name: "policy",
    doc: "A complete set of commercial and enforcement rules; `[policy]` holds what every `[policies.NAME]` shares.",
    tags: &[],
    parts: &[OWN, terms::TERMS, admission::RULES],
};

/// A plan inside a policy.
static PLAN: TableShape = TableShape {
    name: "plan",
    doc: "A plan of a policy: any rule of the policy, said differently for the organizations on the plan.",
    tags: &[],
    parts: &[terms::TERMS, admission::RULES],
};

static OWN: &[Field] = &[
    optional(
        "preset",
        Kind::Words(presets::names),
        "Starts from the documented behaviour of a platform or product.",
    ),
    optional(
        "plans",
        Kind::Map("plan", &Kind::Table(&PLAN)),
        "Plans by name; one plan named `default` if left out.",
    ),
    optional(
        "plan",
        PLAN_CHOICE,
        "Which plan organizations are on, or shares of plans; overrides the cohorts'.",
    ),
    optional(
        "plan_changes",
        Kind::List(&Kind::Table(&changes::PLAN_CHANGE)),
        "Organizations that move to another plan.",
    ),
    optional(
        "changes",
        Kind::List(&Kind::Table(&changes::RULE_CHANGE)),
        "Rules that change at an instant, without a close.",
    ),
];

/// `plan = "pro"` or `plan = { starter = 0.7, pro = 0.3 }`.
pub(super) const PLAN_CHOICE: Kind =
    Kind::Either(&[Kind::Name("plan"), Kind::Map("plan", &Kind::NUMBER_FROM_ZERO)]);

/// Names that policies refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'n> {
    /// Features in file order.
    pub features: &'n [String],
    /// Groups of members, each once.
    pub groups: &'n [String],
    /// Some cohort replays a history, whose members have labels.
    pub replays: bool,
    /// Where every distinct rate of a feature has its number.
    pub rates: &'n RateBook,
    /// Cohorts in file order, each with what it says about its plan.
    pub cohorts: &'n [(String, Option<PlanShares>)],
}

/// Plans by name with their weights.
pub(super) type PlanShares = Vec<(String, f64)>;

/// Reads `plan`.
pub(super) fn plan_shares(item: Item<'_>) -> Option<PlanShares> {
    match item.as_text() {
        Some(name) => Some(vec![(name.to_owned(), 1.0)]),
        None => weights(item),
    }
}

/// Policies written as `[policy.NAME]`: told, and taken out of the root, so that no key in them is told once more.
pub(super) fn take_misplaced(reader: &Reader, root: &mut TomlTable) {
    let Some(Node { value: TomlValue::Table(shared), .. }) = root.get_mut("policy") else { return };
    let known: Vec<&str> = POLICY.fields().map(|field| field.name).collect();
    let misplaced = |name: &str, node: &Node| match POLICY.field(name) {
        Some(field) => holds_rules(node, field.kind),
        None => node.as_table().is_some() && did_you_mean(name, known.iter().copied()).is_none(),
    };
    shared.entries.retain(|(name, node)| {
        if !misplaced(name, node) {
            return true;
        }
        let what = "holds the rules of one policy, beside those that all policies share";
        let hint = format!("did you mean `[{}]`?", join("policies", name));
        reader.error(&node.place, what, Some(hint));
        false
    });
}

/// True for a table of rules of a policy at a key whose own table has none of them: a policy with the name of a key.
fn holds_rules(node: &Node, kind: Kind) -> bool {
    let shape = match kind {
        Kind::Table(shape) => Some(shape),
        Kind::Either(kinds) => kinds.iter().find_map(|kind| match kind {
            Kind::Table(shape) => Some(*shape),
            _ => None,
        }),
        _ => None,
    };
    let (Some(table), Some(shape)) = (node.as_table(), shape) else { return false };
    let rules = |(name, _): &(String, Node)| POLICY.field(name).is_some() && shape.field(name).is_none();
    !table.entries.is_empty() && table.entries.iter().all(rules)
}

/// Reads every policy; without `[policies]` there is one, named `policy`.
pub(super) fn read(reader: &Reader, root: &TomlTable, names: Names<'_>) -> Vec<Policy> {
    let layers = layers_of(reader, root, names.features);
    layers.iter().filter_map(|(name, node)| policy(reader, name, node, names)).collect()
}

/// Every policy by name, its layers in one table; those that are no tables are told and left out.
fn layers_of(reader: &Reader, root: &TomlTable, features: &[String]) -> Vec<(String, Node)> {
    let empty = |path: &str| Node {
        value: TomlValue::Table(TomlTable::default()),
        place: SourcePlace::default().child(path),
    };
    let shared = root.get("policy").cloned().unwrap_or_else(|| empty("policy"));
    let written = root.get("policies").and_then(Node::as_table).map(|table| table.entries.as_slice());
    let one = [("policy".to_owned(), empty("policy"))];
    let policies = written.filter(|policies| !policies.is_empty()).unwrap_or(&one);
    let layers =
        |(name, node): &(String, Node)| Some((name.clone(), layered(reader, &shared, node, features)?));
    policies.iter().filter_map(layers).collect()
}

/// `[policy]`, the preset and `[policies.NAME]` in one table.
fn layered(reader: &Reader, shared: &Node, own: &Node, features: &[String]) -> Option<Node> {
    for node in [shared, own] {
        if node.as_table().is_none() {
            return reader.item(node).fail(Kind::Table(&POLICY).describe());
        }
    }
    let has = |node: &Node, key: &str| node.as_table().is_some_and(|table| table.get(key).is_some());
    let tops_up = has(shared, "top_up") || has(own, "top_up");
    let preset = |node: &Node| {
        let item = reader.item(node.as_table()?.get("preset")?);
        presets::node(item, features, tops_up)
    };
    let node = match (preset(own), preset(shared)) {
        (Some(preset), _) => merge(&merge(shared, &preset, &POLICY), own, &POLICY),
        (None, Some(preset)) => merge(&merge(&preset, shared, &POLICY), own, &POLICY),
        (None, None) => merge(shared, own, &POLICY),
    };
    Some(Node { place: own.place.clone(), ..node })
}

fn policy(reader: &Reader, name: &str, node: &Node, names: Names<'_>) -> Option<Policy> {
    let section = reader.item(node).section(&POLICY)?;
    let plans = plans(section, names);
    let plan_names: Vec<String> = plans.iter().map(|plan| plan.plan.clone()).collect();
    let (rules, sets) = changes::rule_changes(section);
    let later = rules.editions.iter().skip(1);
    let later = later.flat_map(|edition| plans_under(reader, node, edition, &sets, names));
    let later: Vec<Terms> = later.collect();
    if let Some(new) = later.iter().find(|terms| !plan_names.contains(&terms.plan)) {
        section.error("changes", format!("set rules of a plan `{}` that the policy lacks", new.plan), None);
    }
    let plan_changes =
        section.value("plan_changes", |item| item.list(|item| changes::plan_change(item, &plan_names)));
    let mut plans: Vec<Terms> = plans.into_iter().chain(later).collect();
    Some(Policy {
        name: name.to_owned(),
        plan_shares: shares_by_cohort(section, &plan_names, names),
        limit_names: limits::name_limits(&mut plans),
        plans,
        plan_changes,
        rules,
    })
}

/// The plans once these changes of rules are in force.
fn plans_under(
    reader: &Reader,
    node: &Node,
    edition: &[usize],
    sets: &[Node],
    names: Names<'_>,
) -> Vec<Terms> {
    let changed = edition.iter().fold(node.clone(), |node, index| merge(&node, &sets[*index], &POLICY));
    reader.item(&changed).section(&POLICY).map(|section| plans(section, names)).unwrap_or_default()
}

/// The terms of each plan; a policy without plans has one.
fn plans(section: Section<'_>, names: Names<'_>) -> Vec<Terms> {
    let base = without_own_keys(section.item().node);
    let entries = section.get("plans").and_then(Item::entries).unwrap_or_default();
    let reader = section.reader();
    if entries.is_empty() {
        return reader
            .item(&base)
            .section(&PLAN)
            .map(|plan| terms::read("default", plan, names))
            .into_iter()
            .collect();
    }
    let plan = |(name, item): &(&str, Item<'_>)| {
        if !item.is_table() {
            return item.fail(Kind::Table(&PLAN).describe());
        }
        let merged = merge(&base, item.node, &PLAN);
        let own_grants = item.node.as_table().is_some_and(|table| table.get("grants").is_some());
        let plan = reader.item(&merged).section(&PLAN)?;
        Some(Terms { own_grants, ..terms::read(name, plan, names) })
    };
    entries.iter().filter_map(plan).collect()
}

fn without_own_keys(node: &Node) -> Node {
    let mut node = node.clone();
    if let TomlValue::Table(table) = &mut node.value {
        for field in OWN {
            table.remove(field.name);
        }
        // Unknown keys were reported for the policy.
        table.entries.retain(|(name, _)| PLAN.field(name).is_some());
    }
    node
}

/// Which plans each cohort is on, in file order.
fn shares_by_cohort(section: Section<'_>, plans: &[String], names: Names<'_>) -> Vec<Vec<(usize, f64)>> {
    let own = section.read("plan", plan_shares);
    let only_default = !section.has("plans");
    let for_cohort = |(cohort, its): &(String, Option<PlanShares>)| {
        if only_default {
            return vec![(0, 1.0)];
        }
        match own.as_ref().or(its.as_ref()) {
            Some(shares) => resolve_shares(section, shares, plans, cohort),
            // A plan that could not be read was reported where it stands.
            None if plans.len() == 1 || section.has("plan") => vec![(0, 1.0)],
            None => {
                let hint = format!(
                    "write `plan = \"{0}\"` or `plan = {{ {0} = 0.7, … }}` in the cohort or the policy",
                    plans[0]
                );
                section.error("plans", format!("leave open which plan cohort `{cohort}` is on"), Some(&hint));
                Vec::new()
            }
        }
    };
    if plans.is_empty() {
        return vec![Vec::new(); names.cohorts.len()];
    }
    names.cohorts.iter().map(for_cohort).collect()
}

fn resolve_shares(
    section: Section<'_>,
    shares: &PlanShares,
    plans: &[String],
    cohort: &str,
) -> Vec<(usize, f64)> {
    let resolve = |(name, weight): &(String, f64)| {
        let index = plans.iter().position(|plan| plan == name);
        if index.is_none() {
            let key = if section.has("plan") { "plan" } else { "plans" };
            let hint = format!("plans of this policy: {}", plans.join(", "));
            section.error(key, format!("lacks the plan `{name}` of cohort `{cohort}`"), Some(&hint));
        }
        index.map(|index| (index, *weight))
    };
    shares.iter().filter_map(resolve).collect()
}

/// The feature that a key names; `item` is its value, for the message.
fn feature_of(name: &str, item: Item<'_>, features: &[String]) -> Option<usize> {
    let found = features.iter().position(|feature| feature == name);
    found.or_else(|| {
        let close = did_you_mean(name, features.iter().map(String::as_str))
            .map(|name| format!("did you mean `{name}`?"));
        let known = || format!("features of this scenario: {}", features.join(", "));
        item.error("names no feature of this scenario", close.or_else(|| Some(known())))
    })
}
