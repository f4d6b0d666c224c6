//! Reads `[[cohorts]]`.

use crate::policy::{Customers, Reactions};
use crate::units::{CohortIndex, SimTime};

use super::accounts;
use super::facts::Facts;
use super::history::declared_groups;
use super::model::Cohort;
use super::operations::{self, OPERATION};
use super::policies::{
    BUDGET, BUYER_KIND, CHURN, GRANT, PLAN_CHOICE, PlanShares, REACTIONS, ScopeNames, budget, buyer, churn,
    grants, plan_shares, reactions,
};
use super::population;
use super::reading::{Field, Item, Kind, Node, Section, TableShape, TomlValue, default, optional, required};

/// A cohort.
pub(super) static COHORT: TableShape = TableShape {
    name: "cohort",
    doc: "Organizations that are alike.",
    tags: &[],
    parts: &[OWN, population::FIELDS, LEDGER],
};

static OWN: &[Field] = &[
    required("name", Kind::Text, "Its name, unique."),
    default(
        "organizations",
        Kind::POSITIVE_COUNT,
        "1",
        "How many there are; with a history, those in the file.",
    ),
    optional("history", Kind::Name("history"), "The usage history that the cohort replays."),
    optional(
        "accounts",
        accounts::ACCOUNTS_KIND,
        "A file of accounts as they are: plan, sign-up, balances, debt, members, limits of single organizations; joined to the history by label, else these are the organizations.",
    ),
    optional("plan", PLAN_CHOICE, "Which plan organizations are on, or shares of plans."),
    optional("buyer", BUYER_KIND, "People who buy; nobody if left out."),
    optional(
        "reactions",
        Kind::Table(&REACTIONS),
        "What follows a refusal; the operation is abandoned if left out.",
    ),
    optional("churn", Kind::Table(&CHURN), "Leaving after too many refusals; nobody leaves if left out."),
    optional("budget", Kind::Table(&BUDGET), "The organization's own cap on spending."),
    optional("opening", Kind::List(&Kind::Table(&GRANT)), "Grants at sign-up."),
];

/// Explicit cases of a real ledger.
static LEDGER: &[Field] = &[
    optional("grants", Kind::List(&Kind::Table(&GRANT)), "Grants of a real ledger, written down."),
    default("debt_at_start", Kind::CREDITS_FROM_ZERO, "0", "Debt at the start."),
    optional(
        "cycle_closes",
        Kind::List(&Kind::Instant),
        "Instants after the start at which cycles close, in the place of the plan's; behind the last one those of its \
         allowance or `cycle` count again.",
    ),
    optional(
        "operations",
        Kind::List(&Kind::Table(&OPERATION)),
        "Operations written down; they replace the arrivals of their features in this cohort.",
    ),
];

/// Groups of members as cohorts, their operations and histories name them, each once, in the order of the file; nothing is checked here.
pub(super) fn group_names(section: Section<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    let list = |node: Option<&Node>| match node.map(|node| &node.value) {
        Some(TomlValue::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    for cohort in list(section.get("cohorts").map(|item| item.node)) {
        let Some(table) = cohort.as_table() else { continue };
        let groups = table.get("groups").and_then(Node::as_table);
        groups.into_iter().flat_map(|groups| &groups.entries).for_each(|(name, _)| add(name));
        table.get("accounts").into_iter().flat_map(declared_groups).for_each(|name| add(&name));
        for operation in list(table.get("operations")) {
            let group = operation.as_table().and_then(|operation| operation.get("group"));
            if let Some(TomlValue::Text(name)) = group.map(|node| &node.value) {
                add(name);
            }
        }
    }
    let histories = section.get("histories").and_then(|item| item.node.as_table());
    for (_, history) in histories.into_iter().flat_map(|table| &table.entries) {
        declared_groups(history).iter().for_each(|name| add(name));
    }
    names
}

/// Reads all cohorts in file order, and what each says about its plan.
pub(super) fn read(
    section: Section<'_>,
    facts: Facts<'_>,
) -> (Vec<Cohort>, Vec<(String, Option<PlanShares>)>) {
    let items = section.get("cohorts").and_then(Item::items).unwrap_or_default();
    if items.is_empty() && section.has("cohorts") {
        section.error("cohorts", "names no cohort", Some("write at least one `[[cohorts]]`"));
    }
    let (mut cohorts, mut plans): (Vec<Cohort>, Vec<_>) = (Vec::new(), Vec::new());
    for item in items {
        let Some((cohort, plan)) = cohort(item, cohorts.len(), facts) else { continue };
        if cohorts.iter().any(|other| other.name == cohort.name) {
            item.error::<()>("has the name of an earlier cohort", Some("give each its own name".to_owned()));
        }
        plans.push((cohort.name.clone(), plan));
        cohorts.push(cohort);
    }
    (cohorts, plans)
}

fn cohort(item: Item<'_>, index: usize, facts: Facts<'_>) -> Option<(Cohort, Option<PlanShares>)> {
    let section = item.section(&COHORT)?;
    let name = section.value("name", Item::text);
    let index = CohortIndex(u16::try_from(index).ok()?);
    let known = || facts.histories.iter().map(String::as_str);
    let history = section.read("history", |item| item.name_of("history", known()));
    if history.is_some() && section.has("organizations") {
        let hint = "leave it out; the history says which organizations there are";
        section.error("organizations", "stands beside `history`", Some(hint));
    }
    let accounts = section.read("accounts", |item| accounts::read(item, facts));
    if section.has("accounts") && section.has("organizations") {
        let hint = "leave it out; the file says which organizations there are";
        section.error("organizations", "stands beside `accounts`", Some(hint));
    }
    let mut population = population::read(section, &name, index, facts);
    let (written, groups) =
        section.read("operations", |item| operations::read(item, facts, &population)).unwrap_or_default();
    let number = |group: &String| facts.groups.iter().position(|known| known == group);
    population.placed = groups
        .iter()
        .filter_map(|(member, group)| Some((*member, u16::try_from(number(group)?).ok()?)))
        .collect();
    let cohort = Cohort {
        organizations: match accounts.as_ref().filter(|_| history.is_none()) {
            Some(accounts) => accounts.book.accounts.len() as u32,
            None => section.value("organizations", Item::count),
        },
        customers: customers(section, facts),
        accounts,
        operations: written,
        population,
        history,
        name,
    };
    Some((cohort, section.read("plan", plan_shares)))
}

fn customers(section: Section<'_>, facts: Facts<'_>) -> Customers {
    let names = ScopeNames { features: facts.features, groups: facts.groups };
    let mut all_grants = section.value("opening", |item| grants(item, names));
    all_grants.extend(section.value("grants", |item| grants(item, names)));
    Customers {
        grants: all_grants,
        debt_at_start: section.value("debt_at_start", Item::credits),
        allowance_left: None,
        cycle_closes: section.read("cycle_closes", |item| cycle_closes(item, facts)),
        buyer: section.read("buyer", buyer).flatten(),
        reactions: section.read_or("reactions", Reactions::default(), |item| reactions(item, facts.features)),
        churn: section.read("churn", churn),
        budget: section.read("budget", budget),
    }
}

/// Instants in order, after the start.
fn cycle_closes(item: Item<'_>, facts: Facts<'_>) -> Option<Vec<SimTime>> {
    let close = |item: Item<'_>| {
        let at = item.instant()?;
        if at > facts.start { Some(at) } else { item.error("does not lie after `start`", None) }
    };
    let mut closes = item.list(close)?;
    closes.sort_unstable();
    closes.dedup();
    Some(closes)
}
