//! What a limit covers, what it counts, and what becomes of more: `covers`, `counts`, `overrun`.
//!
//! Leaves what that means to `policy`. Invariant: only what is charged has parts.

use crate::policy::{ChargeParts, ChargedPart, LimitUnit};
use crate::scenario::reading::{Field, Item, Kind, Section, default, optional, words, words_of};
use crate::units::Category;

/// The keys.
pub(super) static COVERS: &[Field] = &[
    default(
        "covers",
        PARTS,
        "\"all\"",
        "`all`: the whole of an operation must have room before it starts. A list of parts makes it a ceiling: how much of an \
         operation's charges may be taken from lots of these categories, and with `overage` become debt.",
    ),
    optional("counts", PARTS, "Parts of charges that count into it; what it covers, if left out."),
    default(
        "overrun",
        Kind::Words(words_of::<OverrunOfLimit>),
        "\"bill\"",
        "What becomes of overage beyond a ceiling that covers overage: it is owed as any other, or forgiven at the close (`absorb`).",
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum OverrunOfLimit {
    #[default]
    Bill,
    Absorb,
}
words!(OverrunOfLimit { "bill" => Bill, "absorb" => Absorb });

const PARTS: Kind = Kind::Either(&[Kind::Word("all"), Kind::List(&Kind::Words(words_of::<ChargedPart>))]);

words!(ChargedPart {
    "included" => Lots(Category::Included),
    "purchased" => Lots(Category::Purchased),
    "promotional" => Lots(Category::Promotional),
    "overage" => Overage,
});

/// Parts that a limit covers, none if the whole operation; and parts that it counts.
pub(super) fn parts(section: Section<'_>, unit: LimitUnit) -> (Option<ChargeParts>, ChargeParts) {
    let covers = section.read("covers", listed).unwrap_or_default();
    let counts = section.read("counts", listed);
    let charged = unit.is_charged();
    for (key, named) in [("covers", covers), ("counts", counts.flatten())] {
        if named.is_some() && !charged {
            let what = "names parts of charges, and the limit counts none";
            section.error(key, what, Some("leave it out, or write `unit = \"credits\"`"));
        }
    }
    let counts = counts.unwrap_or(covers).unwrap_or(ChargeParts::ALL);
    (covers, counts)
}

/// Whether overage beyond a limit is forgiven.
pub(super) fn absorbs(section: Section<'_>, covers: Option<ChargeParts>) -> bool {
    let absorbs = section.value("overrun", Item::word::<OverrunOfLimit>) == OverrunOfLimit::Absorb;
    if section.has("overrun") && !covers.is_some_and(ChargeParts::hold_overage) {
        let hint = "write `covers = [\"overage\"]`, or leave it out";
        section.error("overrun", "is for ceilings that cover overage", Some(hint));
    }
    absorbs
}

/// The parts that are named; none inside for `all`.
fn listed(item: Item<'_>) -> Option<Option<ChargeParts>> {
    if item.is_word("all") {
        return Some(None);
    }
    if item.items()?.is_empty() {
        let parts = words_of::<ChargedPart>().join(", ");
        return item.error("names nothing", Some(format!("write \"all\", or some of: {parts}")));
    }
    let named = item.list(Item::word::<ChargedPart>).filter(|named| !named.is_empty())?;
    Some(Some(named.into_iter().fold(ChargeParts::NONE, ChargeParts::with)))
}
