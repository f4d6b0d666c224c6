//! Grants, allowances, cycles, rollover and burn order.

use crate::calendar::Period;
use crate::policy::{
    Across, Allowance, AmountByHeads, Anchor, BurnKey, CreditScope, CycleRule, Expiry, ExpiryPrecision,
    GrantSpec, LotOwner, Opening, Recurrence, RecurrenceMode, RolledBurns, Rollover, RolloverBase, Trim,
};
use crate::scenario::reading::{
    Field, Item, Kind, Section, TableShape, default, optional, required, words, words_of,
};
use crate::units::{Category, Credits, Money, Probability};

use super::limit_amounts::by_heads;
use super::scopes::{SCOPE, ScopeNames, scope};

/// How much a grant or an allowance gives.
const GIVEN_KIND: Kind = Kind::Either(&[Kind::CREDITS_FROM_ZERO, Kind::Text]);

const NEVER_OR_PERIOD: Kind = Kind::Either(&[Kind::Period, Kind::Word("never")]);

/// An explicit grant of a cohort or a policy.
pub(crate) static GRANT: TableShape = TableShape {
    name: "grant",
    doc: "Credits given to every organization of a cohort, or to all under a policy.",
    tags: &[],
    parts: &[
        &[
            optional(
                "id",
                Kind::COUNT,
                "Number in reports; the last tie-breaker of the burn order. In file order if left out.",
            ),
            required(
                "credits",
                GIVEN_KIND,
                "How many credits are issued to each owner (`per`): a number, or a formula over `members` and `projects` that the lot \
                 is for, taken as it is issued.",
            ),
            default("category", Kind::Words(words_of::<Category>), "\"included\"", "Where they come from."),
            default("priority", Kind::INTEGER, "0", "Burn priority, lower first."),
            optional("created_at", Kind::Instant, "When it was created; `effective_at` if left out."),
            optional(
                "effective_at",
                Kind::Instant,
                "When it starts; at sign-up, but not before the scenario's start, if left out.",
            ),
            optional(
                "expires_at",
                Kind::Instant,
                "When it is gone; never if neither this nor `expires_after` is written.",
            ),
            optional("expires_after", NEVER_OR_PERIOD, "Its validity, counted from `effective_at`."),
            optional("voided_at", Kind::Instant, "When what remains is taken back."),
            optional(
                "remaining",
                Kind::CREDITS_FROM_ZERO,
                "What is left at the start, of a grant whose `effective_at` lies before it; all if left out.",
            ),
            optional(
                "rollover",
                ROLLOVER_KIND,
                "Its own rollover, applied in place at every close; untouched if left out.",
            ),
            optional("recurrence", Kind::Table(&RECURRENCE), "It is issued again and again."),
            optional("price", Kind::Money, "What was paid for it; nothing if left out."),
        ],
        SCOPE,
    ],
};

static RECURRENCE: TableShape = TableShape {
    name: "recurrence",
    doc: "A grant that is issued again; the first amount is given at the grant's `effective_at`.",
    tags: &[],
    parts: &[&[
        required("every", Kind::Period, "How often."),
        optional(
            "anchor",
            Kind::Instant,
            "Counted from here; the grant's `effective_at` if left out, else the sign-up.",
        ),
        default(
            "mode",
            Kind::Words(words_of::<RecurrenceMode>),
            "\"set\"",
            "`set`: what remains expires and the full amount is issued, in the grant's own place; `add`: a new lot each \
             time.",
        ),
        optional("valid", Kind::Period, "Validity of each later amount; the grant's own end if left out."),
    ]],
};

/// `rollover = …`.
pub(super) const ROLLOVER_KIND: Kind =
    Kind::Either(&[Kind::Words(words_of::<RolloverWord>), Kind::Table(&ROLLOVER)]);

#[derive(Debug, Clone, Copy)]
pub(super) enum RolloverWord {
    None,
    All,
}
words!(RolloverWord { "none" => None, "all" => All });

static ROLLOVER: TableShape = TableShape {
    name: "rollover",
    doc: "What survives a close: min(remaining, max_credits, fraction × base), but at least min_credits.",
    tags: &[],
    parts: &[&[
        default("fraction", Kind::Probability, "1.0", "Share that is kept."),
        default("base", Kind::Words(words_of::<RolloverBase>), "\"remaining\"", "What the share applies to."),
        default(
            "min_credits",
            Kind::CREDITS_FROM_ZERO,
            "0",
            "Least kept of a lot; the difference is issued.",
        ),
        optional("max_credits", Kind::CREDITS_FROM_ZERO, "Most kept of a lot; unlimited if left out."),
        optional(
            "max_total",
            Kind::CREDITS_FROM_ZERO,
            "Cap over all rolled lots together; unlimited if left out.",
        ),
        default(
            "trim",
            Kind::Words(words_of::<Trim>),
            "\"oldest\"",
            "Which rolled lots `max_total` trims first.",
        ),
        optional("max_periods", Kind::POSITIVE_COUNT, "Closes a rolled lot survives; unlimited if left out."),
        default(
            "burns",
            Kind::Words(words_of::<RolledBurns>),
            "\"unordered\"",
            "Whether rolled lots stand just before or just after the fresh allowance in the burn order, whatever their \
             own end; it acts where `burn_order` leaves `burns` out too.",
        ),
        default(
            "across",
            Kind::Words(words_of::<Across>),
            "\"owner\"",
            "Whose rolled lots `max_total` caps together: each owner's (a member's, a project's, a group's, those of nobody in \
             particular), or all of the organization.",
        ),
    ]],
};

/// `allowance = …`.
pub(super) const ALLOWANCE_KIND: Kind =
    Kind::Either(&[Kind::CREDITS_FROM_ZERO, Kind::Word("none"), Kind::Table(&ALLOWANCE)]);

static ALLOWANCE: TableShape = TableShape {
    name: "allowance",
    doc: "Included credits of a period. The period is also the billing cycle.",
    tags: &[],
    parts: &[
        &[
            required(
                "credits",
                GIVEN_KIND,
                "Credits per period of each owner (`per`): a number, or a formula over `members` and `projects` that the lot is for.",
            ),
            optional(
                "pool_before_close",
                Kind::SPAN,
                "With `per`: so long before the close what is left of each owner's lot becomes everybody's.",
            ),
            default("every", Kind::Period, "\"month\"", "The period."),
            default("anchor", ANCHOR_KIND, "\"sign-up\"", "Where periods start."),
        ],
        &[
            OPENING,
            default("priority", Kind::INTEGER, "0", "Burn priority, lower first."),
            default(
                "category",
                Kind::Words(words_of::<Category>),
                "\"included\"",
                "The category of the grant.",
            ),
        ],
        SCOPE,
    ],
};

const OPENING: Field = default(
    "opening",
    Kind::Words(words_of::<Opening>),
    "\"full\"",
    "A first period that is only the rest of one (after a sign-up, a change of plan, or the start of the horizon) \
     brings and costs all, or the share that is still to come.",
);

/// `cycle = …`.
pub(super) const CYCLE_KIND: Kind = Kind::Either(&[Kind::Period, Kind::Table(&CYCLE)]);

static CYCLE: TableShape = TableShape {
    name: "cycle",
    doc: "Billing cycles of a plan without an allowance.",
    tags: &[],
    parts: &[&[
        default("every", Kind::Period, "\"month\"", "The length of a cycle."),
        default("anchor", ANCHOR_KIND, "\"calendar-month\"", "Where cycles start."),
        OPENING,
    ]],
};

const ANCHOR_KIND: Kind =
    Kind::Either(&[Kind::Words(words_of::<AnchorWord>), Kind::Table(&ANCHOR), Kind::Instant]);

#[derive(Debug, Clone, Copy)]
enum AnchorWord {
    SignUp,
    CalendarMonth,
    CalendarYear,
}
words!(AnchorWord { "sign-up" => SignUp, "calendar-month" => CalendarMonth, "calendar-year" => CalendarYear });

static ANCHOR: TableShape = TableShape {
    name: "anchor",
    doc: "A day of every month, or with `month` a day of every year; local midnight.",
    tags: &[],
    parts: &[&[
        default("day", Kind::Whole(1, 31), "1", "Day of the month, 1 to 31; short months clamp it."),
        optional("month", Kind::Whole(1, 12), "Month of the year, 1 to 12."),
    ]],
};

/// One key of `burn_order`.
pub(super) const BURN_KEY_KIND: Kind =
    Kind::Either(&[Kind::Words(words_of::<BurnWord>), Kind::Table(&BURN_KEY)]);

static BURN_KEY: TableShape = TableShape {
    name: "burn-key",
    doc: "A key of the burn order that needs saying how.",
    tags: &[
        optional(
            "category",
            Kind::Tuple(&Kind::Words(words_of::<Category>), 3),
            "The three categories, first burned first.",
        ),
        optional(
            "expires_at",
            Kind::Words(words_of::<ExpiryPrecision>),
            "How finely expiry instants are compared.",
        ),
        optional(
            "amount",
            Kind::Words(words_of::<GrantAmountWord>),
            "Whether larger or smaller lots burn first.",
        ),
    ],
    parts: &[],
};

#[derive(Debug, Clone, Copy)]
pub(super) enum BurnWord {
    Priority,
    Scope,
    ExpiresAt,
    Category,
    UnitPrice,
    EffectiveAt,
    CreatedAt,
    Amount,
    Burns,
    Id,
}
words!(BurnWord {
    "priority" => Priority,
    "scope" => Scope,
    "expires_at" => ExpiresAt,
    "category" => Category,
    "unit_price" => UnitPrice,
    "effective_at" => EffectiveAt,
    "created_at" => CreatedAt,
    "amount" => Amount,
    "burns" => Burns,
    "id" => Id,
});

#[derive(Debug, Clone, Copy)]
enum GrantAmountWord {
    SmallerFirst,
    LargerFirst,
}
words!(GrantAmountWord { "smaller-first" => SmallerFirst, "larger-first" => LargerFirst });

/// What a plan says about its allowance.
pub(super) struct AllowanceTerms {
    /// Included credits of a period.
    pub allowance: Option<Allowance>,
    /// The cycle the allowance gives the plan.
    pub cycle: Option<CycleRule>,
}

/// Reads `allowance`; `rollover` is read beside it.
pub(super) fn allowance(item: Item<'_>, rollover: Rollover, names: ScopeNames<'_>) -> Option<AllowanceTerms> {
    if item.is_word("none") {
        return Some(AllowanceTerms { allowance: None, cycle: None });
    }
    if !item.is_table() {
        let credits = item.credits()?;
        let cycle = cycle_by(Period::Months(1), Anchor::SignUp);
        let allowance = Allowance {
            credits,
            by_heads: None,
            pool_before_close: None,
            rollover,
            priority: 0,
            category: Category::Included,
            scope: CreditScope::default(),
        };
        return Some(AllowanceTerms { allowance: Some(allowance), cycle: Some(cycle) });
    }
    let section = item.section(&ALLOWANCE)?;
    let (credits, by_heads) = given(section);
    let allowance = Allowance {
        credits,
        by_heads,
        pool_before_close: section.read("pool_before_close", Item::span),
        rollover,
        priority: section.value("priority", Item::whole),
        category: section.value("category", Item::word),
        scope: scope(section, names),
    };
    if allowance.pool_before_close.is_some() && allowance.scope.per == LotOwner::Organization {
        let hint = "write `per = \"member\"`, or leave it out: the allowance is everybody's";
        section.error("pool_before_close", "is of an allowance that is nobody's own", Some(hint));
    }
    Some(AllowanceTerms { allowance: Some(allowance), cycle: Some(cycle_of(section)) })
}

/// How much is given: a number, or a formula with what it gives for one member and one project.
fn given(section: Section<'_>) -> (Credits, Option<AmountByHeads>) {
    let read = |item: Item<'_>| {
        if item.as_number().is_some() {
            return item.credits().map(|credits| (credits, None));
        }
        let hint =
            "a number of credits, or a formula over `members` and `projects` such as \"1900 * members\"";
        let text = item.text()?;
        let formula = by_heads(item, &text, hint)?;
        let one = formula.of(1, 1);
        let nominal = if (0.0..=1e12).contains(&one) { Credits::from_f64(one) } else { Credits::ZERO };
        Some((nominal, Some(formula)))
    };
    section.read("credits", read).unwrap_or_default()
}

/// Reads `cycle`.
pub(super) fn cycle(item: Item<'_>) -> Option<CycleRule> {
    if item.is_table() {
        return item.section(&CYCLE).map(cycle_of);
    }
    item.period().map(|every| cycle_by(every, Anchor::CalendarMonth))
}

fn cycle_of(section: Section<'_>) -> CycleRule {
    CycleRule {
        every: section.read_or("every", Period::Months(1), Item::period),
        anchor: section.value("anchor", anchor),
        opening: section.value("opening", Item::word),
        written: true,
    }
}

fn cycle_by(every: Period, anchor: Anchor) -> CycleRule {
    CycleRule { every, anchor, opening: Opening::Full, written: true }
}

fn anchor(item: Item<'_>) -> Option<Anchor> {
    if item.is_table() {
        let section = item.section(&ANCHOR)?;
        let day = section.read("day", Item::whole)?;
        let month = section.read("month", Item::whole);
        return match month {
            Some(month) => Some(Anchor::DayAndMonth { day, month }),
            None => Some(Anchor::DayOfMonth(day)),
        };
    }
    if item.as_text().is_some_and(|text| !text.starts_with(|c: char| c.is_ascii_digit())) {
        return Some(match item.word::<AnchorWord>()? {
            AnchorWord::SignUp => Anchor::SignUp,
            AnchorWord::CalendarMonth => Anchor::CalendarMonth,
            AnchorWord::CalendarYear => Anchor::DayAndMonth { day: 1, month: 1 },
        });
    }
    item.instant().map(Anchor::At)
}

/// A rollover that keeps `fraction` of everything.
fn plain_rollover(fraction: Probability) -> Rollover {
    Rollover {
        fraction,
        base: RolloverBase::default(),
        min_credits: Credits::ZERO,
        max_credits: Credits::MAX,
        max_total: None,
        trim: Trim::default(),
        max_periods: None,
        burns: RolledBurns::default(),
        across: Across::default(),
    }
}

/// Nothing survives a close.
pub(super) fn no_rollover() -> Rollover {
    plain_rollover(Probability::ZERO)
}

/// Reads `rollover`.
pub(super) fn rollover(item: Item<'_>) -> Option<Rollover> {
    if !item.is_table() {
        return Some(match item.word::<RolloverWord>()? {
            RolloverWord::None => no_rollover(),
            RolloverWord::All => plain_rollover(Probability::ONE),
        });
    }
    let section = item.section(&ROLLOVER)?;
    Some(Rollover {
        fraction: section.read_or("fraction", Probability::ONE, Item::probability),
        base: section.value("base", Item::word),
        min_credits: section.value("min_credits", Item::credits),
        max_credits: section.read_or("max_credits", Credits::MAX, Item::credits),
        max_total: section.read("max_total", Item::credits),
        trim: section.value("trim", Item::word),
        max_periods: section.read("max_periods", Item::count),
        burns: section.value("burns", Item::word),
        across: section.value("across", Item::word),
    })
}

/// Reads `burn_order`; `id` always closes it. Of what is not written `scope` stands right after `priority` and `burns` just
/// before `expires_at`, each at the end where that is not written either.
pub(super) fn burn_order(item: Item<'_>) -> Option<Vec<BurnKey>> {
    let mut keys = item.list(burn_key)?;
    keys.retain(|key| *key != BurnKey::Id);
    if !keys.contains(&BurnKey::Burns) {
        let expiry = keys.iter().position(|key| matches!(key, BurnKey::ExpiresAt(_)));
        keys.insert(expiry.unwrap_or(keys.len()), BurnKey::Burns);
    }
    if !keys.contains(&BurnKey::Scope) {
        let priority = keys.iter().position(|key| *key == BurnKey::Priority);
        keys.insert(priority.map_or(keys.len(), |priority| priority + 1), BurnKey::Scope);
    }
    keys.push(BurnKey::Id);
    Some(keys)
}

fn burn_key(item: Item<'_>) -> Option<BurnKey> {
    if !item.is_table() {
        return Some(match item.word::<BurnWord>()? {
            BurnWord::Priority => BurnKey::Priority,
            BurnWord::Scope => BurnKey::Scope,
            BurnWord::ExpiresAt => BurnKey::ExpiresAt(ExpiryPrecision::Exact),
            BurnWord::Category => BurnKey::Category(Category::ALL),
            BurnWord::UnitPrice => BurnKey::UnitPrice,
            BurnWord::EffectiveAt => BurnKey::EffectiveAt,
            BurnWord::CreatedAt => BurnKey::CreatedAt,
            BurnWord::Amount => BurnKey::Amount { larger_first: false },
            BurnWord::Burns => BurnKey::Burns,
            BurnWord::Id => BurnKey::Id,
        });
    }
    match item.section(&BURN_KEY)?.tag()? {
        ("category", value) => categories(value).map(BurnKey::Category),
        ("expires_at", value) => value.word().map(BurnKey::ExpiresAt),
        (_, value) => value
            .word::<GrantAmountWord>()
            .map(|word| BurnKey::Amount { larger_first: matches!(word, GrantAmountWord::LargerFirst) }),
    }
}

fn categories(item: Item<'_>) -> Option<[Category; 3]> {
    let categories = item.list(Item::word::<Category>)?;
    let complete = Category::ALL.iter().all(|category| categories.contains(category));
    match categories.try_into() {
        Ok(order) if complete => Some(order),
        _ => item.fail("each of promotional, included and purchased once"),
    }
}

/// Reads a list of grants; ids of one list must differ.
pub(crate) fn grants(item: Item<'_>, names: ScopeNames<'_>) -> Option<Vec<GrantSpec>> {
    let grants = item.list(|item| grant(item, names))?;
    for (index, grant) in grants.iter().enumerate() {
        if let Some(id) = grant.id.filter(|id| grants[..index].iter().any(|other| other.id == Some(*id))) {
            item.error::<()>(
                format!("has two grants with `id = {id}`"),
                Some("give each its own id".to_owned()),
            );
        }
    }
    Some(grants)
}

fn grant(item: Item<'_>, names: ScopeNames<'_>) -> Option<GrantSpec> {
    let section = item.section(&GRANT)?;
    let effective_at = section.read("effective_at", Item::instant);
    let (credits, by_heads) = given(section);
    let grant = GrantSpec {
        id: section.read("id", Item::count),
        credits,
        by_heads,
        category: section.value("category", Item::word),
        priority: section.value("priority", Item::whole),
        created_at: section.read("created_at", Item::instant),
        effective_at,
        expires: expiry(section),
        voided_at: section.read("voided_at", Item::instant),
        remaining: section.read("remaining", Item::credits),
        rollover: section.read("rollover", rollover),
        recurrence: section.get("recurrence").and_then(recurrence),
        price: section.read_or("price", Money::ZERO, Item::money),
        scope: scope(section, names),
    };
    check_grant(section, &grant);
    Some(grant)
}

fn check_grant(section: Section<'_>, grant: &GrantSpec) {
    if let (Some(effective), Expiry::At(expires)) = (grant.effective_at, grant.expires)
        && expires < effective
    {
        section.error("expires_at", "lies before `effective_at`", Some("a grant ends after it starts"));
    }
    if grant.remaining.is_some() && grant.by_heads.is_some() {
        let hint = "write `credits` as a number, or leave `remaining` out";
        return section.error("remaining", "is of a grant whose `credits` are a formula", Some(hint));
    }
    if grant.remaining.is_some_and(|remaining| remaining > grant.credits) {
        return section.error("remaining", "is more than `credits`", None);
    }
    let begins_before = |start| grant.effective_at.is_some_and(|effective| effective < start);
    if section.has("remaining") && section.reader().start().is_some_and(|start| !begins_before(start)) {
        let hint =
            "write an `effective_at` before the scenario's `start`, or the present amount as `credits`";
        section.error("remaining", "is what is left at the start of a grant effective before it", Some(hint));
    }
}

/// Reads `expires_after` and, where the shape has it, `expires_at`.
fn expiry(section: Section<'_>) -> Expiry {
    let at = section.read("expires_at", Item::instant);
    let after = section.read("expires_after", validity);
    if at.is_some() && after.is_some() {
        section.error(
            "expires_after",
            "says the validity twice, beside `expires_at`",
            Some("keep one of the two"),
        );
    }
    at.map(Expiry::At).or(after).unwrap_or_default()
}

/// A validity: a calendar period, or `never`.
pub(super) fn validity(item: Item<'_>) -> Option<Expiry> {
    if item.is_word("never") { Some(Expiry::Never) } else { item.period().map(Expiry::After) }
}

fn recurrence(item: Item<'_>) -> Option<Recurrence> {
    let section = item.section(&RECURRENCE)?;
    Some(Recurrence {
        every: section.read("every", Item::period)?,
        anchor: section.read("anchor", Item::instant),
        mode: section.value("mode", Item::word),
        valid: section.read("valid", Item::period),
    })
}
