//! What is owed and how it is paid: `overdraft`, `invoices`.

use crate::policy::{DebtAtCycle, Invoices, Overdraft, Repay};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{Item, Kind, TableShape, default, optional, words, words_of};
use crate::units::Probability;

/// `overdraft = …`.
pub(super) const OVERDRAFT_KIND: Kind =
    Kind::Either(&[Kind::CREDITS_FROM_ZERO, Kind::Words(words_of::<OverdraftWord>), Kind::Table(&OVERDRAFT)]);

#[derive(Debug, Clone, Copy)]
pub(super) enum OverdraftWord {
    None,
    Unlimited,
}
words!(OverdraftWord { "none" => None, "unlimited" => Unlimited });

static OVERDRAFT: TableShape = TableShape {
    name: "overdraft",
    doc: "Permission to be in debt, and what becomes of debt; a bare number is the limit.",
    tags: &[],
    parts: &[&[
        default(
            "limit",
            Kind::Either(&[Kind::CREDITS_FROM_ZERO, Kind::Word("unlimited")]),
            "0",
            "Debt that is permitted; debt beyond it is overspend.",
        ),
        default(
            "adopted",
            Kind::Probability,
            "1.0",
            "Share of the organizations that have switched it on, alike under every policy; the others have none.",
        ),
        default(
            "repay",
            Kind::Words(words_of::<Repay>),
            "\"any-credit\"",
            "Which credits pay debt back as they arrive.",
        ),
        default(
            "at_cycle",
            Kind::Words(words_of::<DebtAtCycle>),
            "\"carry\"",
            "What a close does with debt.",
        ),
        optional(
            "price_per_credit",
            Kind::Money,
            "Price of invoiced debt; money outcomes are not available without it.",
        ),
        optional("fee", Kind::Money, "Fee at a close with debt; money, never debt. None if left out."),
    ]],
};

/// Reads `overdraft`.
pub(super) fn overdraft(item: Item<'_>) -> Option<Overdraft> {
    if item.as_number().is_some() {
        return item.credits().map(|limit| Overdraft { limit: Some(limit), ..Overdraft::none() });
    }
    if !item.is_table() {
        return Some(match item.word::<OverdraftWord>()? {
            OverdraftWord::None => Overdraft::none(),
            OverdraftWord::Unlimited => Overdraft { limit: None, ..Overdraft::none() },
        });
    }
    let section = item.section(&OVERDRAFT)?;
    let limit = |item: Item<'_>| {
        if item.is_word("unlimited") { Some(None) } else { item.credits().map(Some) }
    };
    Some(Overdraft {
        limit: section.read_or("limit", None, limit),
        adopted: section.read_or("adopted", Probability::ONE, Item::probability),
        repay: section.value("repay", Item::word),
        at_cycle: section.value("at_cycle", Item::word),
        price_per_credit: section.read("price_per_credit", Item::money),
        fee: section.value("fee", Item::money),
    })
}

/// How invoices are paid.
pub(super) static INVOICES: TableShape = TableShape {
    name: "invoices",
    doc: "How invoices of overage are paid; they are issued at the cycle's close.",
    tags: &[],
    parts: &[&[
        default("pay", Kind::Words(words_of::<Pay>), "\"auto\"", "At once, or after `delay`."),
        default("delay", Kind::SPANS, "\"0s\"", "Time until an invoice on terms is paid."),
        default("declined", Kind::Probability, "0.0", "Probability that an invoice is not paid."),
        optional(
            "write_off_after",
            Kind::POSITIVE_SPAN,
            "An unpaid invoice is written off after this span; never if left out.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Pay {
    Auto,
    Terms,
}
words!(Pay { "auto" => Auto, "terms" => Terms });

/// Invoices that are paid at once.
pub(super) fn paid_at_once() -> Invoices {
    Invoices { auto_pay: true, delay: Dist::Fixed(0.0), declined: Probability::ZERO, write_off_after: None }
}

/// Reads `invoices`.
pub(super) fn invoices(item: Item<'_>) -> Option<Invoices> {
    let section = item.section(&INVOICES)?;
    Some(Invoices {
        auto_pay: section.read_or("pay", Pay::Auto, Item::word) == Pay::Auto,
        delay: section.read_or("delay", Dist::Fixed(0.0), distribution::read),
        declined: section.value("declined", Item::probability),
        write_off_after: section.read("write_off_after", Item::span),
    })
}
