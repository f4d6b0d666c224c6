//! Whom credits are for: `features`, `groups` and `per` of grants, allowances and packages.
//!
//! Leaves what a scope means to `policy`. Invariant: a list that names nobody is a mistake, since nobody could burn the credits.

use crate::policy::{CreditScope, LotOwner};
use crate::scenario::reading::{Field, Item, Kind, Section, default, optional, words, words_of};
use crate::units::FeatureIndex;

use super::feature_of;

/// Keys of everything that issues credits.
pub(super) static SCOPE: &[Field] = &[
    optional(
        "features",
        Kind::List(&Kind::Name("feature")),
        "Features whose operations may burn these credits; all if left out. They repay no debt if it is written.",
    ),
    optional(
        "groups",
        Kind::List(&Kind::Name("group")),
        "Groups of members whose operations may burn these credits; everybody's if left out. They repay no debt if it is \
         written.",
    ),
    default(
        "per",
        Kind::Words(words_of::<LotOwner>),
        "\"organization\"",
        "Who has a lot of the full amount, which only that owner's operations burn: the organization, every `group`, every \
         `member` or every `project`. A package is that of whose operation caused the purchase.",
    ),
];

words!(LotOwner {
    "organization" => Organization,
    "group" => Group,
    "member" => Member,
    "project" => Project,
});

/// Names that scopes refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScopeNames<'n> {
    /// Features in file order.
    pub features: &'n [String],
    /// Groups of members, each once.
    pub groups: &'n [String],
}

/// Reads the keys of [`SCOPE`].
pub(super) fn scope(section: Section<'_>, names: ScopeNames<'_>) -> CreditScope {
    CreditScope {
        features: section.read("features", |item| inside(item, names.features)),
        groups: section
            .read("groups", |item| groups_inside(item, names.groups, "nobody could burn the credits")),
        per: per(section, names),
    }
}

/// Who has a lot; groups only where there are some.
fn per(section: Section<'_>, names: ScopeNames<'_>) -> LotOwner {
    let per = section.value("per", Item::word);
    if per == LotOwner::Group && names.groups.is_empty() {
        let hint = "give a cohort `groups = { engineering = 0.6, marketing = 0.4 }`";
        section.error("per", "is \"group\", and no cohort has `groups`", Some(hint));
    }
    per
}

/// The groups that a list names, each once; what follows `if_none` is named is a mistake.
pub(super) fn groups_inside(item: Item<'_>, groups: &[String], if_none: &str) -> Option<Vec<u16>> {
    let known = || groups.iter().map(String::as_str);
    if item.items()?.is_empty() {
        let hint = "leave it out where operations of everybody are meant";
        return item.error(format!("names no group, so that {if_none}"), Some(hint.to_owned()));
    }
    let named = item.list(|item| item.name_of("group", known()));
    // Names that are none were reported.
    let named = named.filter(|named| !named.is_empty())?;
    let mut inside: Vec<u16> = named.into_iter().map(|index| index as u16).collect();
    inside.sort_unstable();
    inside.dedup();
    Some(inside)
}

const LEAVE_OUT: &str = "leave it out where every operation may burn the credits";

/// The features that a list names, each once, in the scenario's order.
fn inside(item: Item<'_>, features: &[String]) -> Option<Vec<FeatureIndex>> {
    let named = item.list(|item| feature_of(&item.text()?, item, features))?;
    if named.is_empty() {
        return item
            .error("names no feature, so that nobody could burn the credits", Some(LEAVE_OUT.to_owned()));
    }
    let mut inside: Vec<FeatureIndex> = named.into_iter().map(|index| FeatureIndex(index as u16)).collect();
    inside.sort_unstable();
    inside.dedup();
    Some(inside)
}
