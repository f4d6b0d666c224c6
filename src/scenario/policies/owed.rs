//! What is owed and how it is paid: `overdraft`, `invoices`, `refund_on`, `recognition`.

use crate::calendar::CalendarUnit;
use crate::policy::{DebtAtCycle, DunningStep, Grace, Invoices, Overdraft, Recognition, RefundOn, Repay};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Item, Kind, NumberRange, Section, TableShape, default, optional, required, words, words_of,
};
use crate::units::{Money, Probability};

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
        optional(
            "invoice_at",
            Kind::Money,
            "Overage is invoiced as soon as so much is owed, in whole multiples of it; the rest waits for the close. Needs \
             `at_cycle = \"invoice\"` and a price.",
        ),
        optional("grace", Kind::Table(&GRACE), "Debt that closes forgive before anything is invoiced."),
    ]],
};

static GRACE: TableShape = TableShape {
    name: "grace",
    doc: "Debt up to a share of the allowance, forgiven at closes, so often in each calendar period.",
    tags: &[],
    parts: &[&[
        required(
            "share",
            Kind::Share(NumberRange::above(0.0, 1e6)),
            "The most that a close forgives, as a share of what it is `of`.",
        ),
        default(
            "of",
            Kind::Words(words_of::<GraceOf>),
            "\"allowance\"",
            "What it is a share of: the allowance of the period that closes.",
        ),
        default("times", Kind::POSITIVE_COUNT, "1", "Closes with debt that are forgiven in each period."),
        default("per", Kind::Words(words_of::<CalendarUnit>), "\"year\"", "The calendar period."),
    ]],
};

/// What a grace is a share of.
#[derive(Debug, Clone, Copy)]
enum GraceOf {
    Allowance,
}
words!(GraceOf { "allowance" => Allowance });

/// Reads `overdraft` of a plan, which has an allowance or not.
pub(super) fn overdraft(item: Item<'_>, has_allowance: bool) -> Option<Overdraft> {
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
    let overdraft = Overdraft {
        limit: section.read_or("limit", None, limit),
        adopted: section.read_or("adopted", Probability::ONE, Item::probability),
        repay: section.value("repay", Item::word),
        at_cycle: section.value("at_cycle", Item::word),
        price_per_credit: section.read("price_per_credit", Item::money),
        fee: section.value("fee", Item::money),
        invoice_at: section.read("invoice_at", invoice_at),
        grace: section.read("grace", |item| grace(item, has_allowance)),
    };
    billed_at_once(section, &overdraft);
    Some(overdraft)
}

fn invoice_at(item: Item<'_>) -> Option<Money> {
    let hint = || Some("leave it out to invoice at the close only".to_owned());
    match item.money()? {
        Money::ZERO => item.fail_with("an amount above 0", hint()),
        money => Some(money),
    }
}

/// What is invoiced before the close has a price, and is invoiced at the close too.
fn billed_at_once(section: Section<'_>, overdraft: &Overdraft) {
    if overdraft.invoice_at.is_none() {
        return;
    }
    if overdraft.at_cycle != DebtAtCycle::Invoice {
        let hint = "write `at_cycle = \"invoice\"`: what stays below the threshold is invoiced at the close";
        section.error("invoice_at", "stands beside closes that do not invoice", Some(hint));
    }
    if overdraft.price_per_credit.is_none_or(|price| price == Money::ZERO) {
        let hint = "write `price_per_credit = …`: nothing is owed without one";
        section.error("invoice_at", "is never reached without a price", Some(hint));
    }
}

fn grace(item: Item<'_>, has_allowance: bool) -> Option<Grace> {
    let section = item.section(&GRACE)?;
    section.read("of", Item::word::<GraceOf>);
    if !has_allowance {
        let hint = "give the plan an `allowance`, or write `at_cycle = \"forgive\"`";
        section.error("share", "is a share of an allowance that the plan lacks", Some(hint));
    }
    Some(Grace {
        share: section.read("share", Item::share)?,
        times: section.read_or("times", 1, Item::count),
        per: section.read_or("per", CalendarUnit::Year, Item::word),
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
        optional(
            "dunning",
            Kind::List(&Kind::Table(&DUNNING)),
            "When an invoice that was declined is tried again, in order.",
        ),
        optional(
            "suspend_after",
            Kind::SPAN,
            "So long after an unpaid invoice was due, its account starts nothing paid until it is paid; never if left out.",
        ),
        optional(
            "terminate_after",
            Kind::SPAN,
            "So long after an unpaid invoice was due, its account is terminated; never if left out.",
        ),
    ]],
};

static DUNNING: TableShape = TableShape {
    name: "dunning",
    doc: "One more try to collect an invoice.",
    tags: &[],
    parts: &[&[
        required("after", Kind::POSITIVE_SPAN, "Time since the invoice was due; later than the try before."),
        required("paid", Kind::Probability, "Probability that it is paid then, if it was not before."),
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
    Invoices {
        auto_pay: true,
        delay: Dist::Fixed(0.0),
        declined: Probability::ZERO,
        write_off_after: None,
        dunning: Vec::new(),
        suspend_after: None,
        terminate_after: None,
    }
}

/// Reads `invoices`.
pub(super) fn invoices(item: Item<'_>) -> Option<Invoices> {
    let section = item.section(&INVOICES)?;
    Some(Invoices {
        auto_pay: section.read_or("pay", Pay::Auto, Item::word) == Pay::Auto,
        delay: section.read_or("delay", Dist::Fixed(0.0), distribution::read),
        declined: section.value("declined", Item::probability),
        write_off_after: section.read("write_off_after", Item::span),
        dunning: section.value("dunning", dunning),
        suspend_after: section.read("suspend_after", Item::span),
        terminate_after: section.read("terminate_after", Item::span),
    })
}

fn dunning(item: Item<'_>) -> Option<Vec<DunningStep>> {
    let steps = item.list(|item| {
        let section = item.section(&DUNNING)?;
        let (after, paid) = (section.read("after", Item::span), section.read("paid", Item::probability));
        Some(DunningStep { after: after?, paid: paid? })
    })?;
    if !steps.is_sorted_by(|a, b| a.after < b.after) {
        let hint = "`after` counts from the day on which the invoice was due";
        return item.error("has tries that do not come one after the other", Some(hint.to_owned()));
    }
    Some(steps)
}

/// When purchased credits are paid back.
pub(super) static REFUND_ON: TableShape = TableShape {
    name: "refund-on",
    doc: "When purchased credits that are left are voided, and which share of what was paid for them is paid back.",
    tags: &[],
    parts: &[&[
        optional(
            "downgrade",
            Kind::Probability,
            "Share that is paid back as the plan changes to one whose subscription costs less; nothing is voided if left out.",
        ),
        optional(
            "leave",
            Kind::Probability,
            "Share that is paid back as the organization leaves; nothing is voided if left out.",
        ),
    ]],
};

/// Reads `refund_on`.
pub(super) fn refund_on(item: Item<'_>) -> Option<RefundOn> {
    let section = item.section(&REFUND_ON)?;
    let share = |key| section.read(key, Item::probability);
    Some(RefundOn { downgrade: share("downgrade"), leave: share("leave") })
}

words!(Recognition { "on-use" => OnUse, "ratable" => Ratable });
