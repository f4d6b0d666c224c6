//! One flat row per ledger event, for `journal.csv`, `explain` and the auditor.

use crate::units::{Category, Credits, FeatureIndex, Money, SimTime};

/// What a journal entry records. Amounts are positive unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EntryKind {
    /// Credits present at the start (opening remainders), per grant.
    OpeningGrant,
    /// The account was opened; `grant` is the index of its plan.
    Opened,
    /// What of an opening grant was used before the start; `credits` is that part.
    OpeningUsed,
    /// The unearned part of a subscription paid before the start; `until` is the end of its period.
    OpeningSubscription,
    /// Debt present at the start.
    OpeningDebt,
    /// Outcomes begin to count here.
    Measure,
    /// A grant was issued (recurrence, promotion, explicit).
    Issue,
    /// The allowance of a cycle was issued; `money` is the part of the subscription it carries.
    IssueAllowance,
    /// A purchase landed: a purchased grant was issued; `money` is what was paid for it.
    Land,
    /// The rollover minimum issued the difference.
    IssueRolloverMinimum,
    /// A grant was used by a charge.
    Burn,
    /// A grant was used to repay debt.
    Repay,
    /// A charge became debt.
    DebtIncurred,
    /// Debt was forgiven at a close, all of it or what its grace is.
    DebtForgiven,
    /// Debt was invoiced, at a close or before it; `money` is the overage.
    DebtInvoiced,
    /// A grant's rest expired (at its end, trimmed, or replaced by a recurrence).
    Expire,
    /// Part of what had expired is taken back for a late charge, which burns it; `money` is the breakage taken back.
    Unexpire,
    /// A grant's rest was voided.
    Void,
    /// A grant's rest rolled over (moves, does not issue).
    Rollover,
    /// A hold was opened; `credits` is its amount.
    HoldOpen,
    /// A hold was enlarged; `credits` is the addition.
    HoldExtend,
    /// A hold was settled; `credits` is its whole amount.
    HoldSettle,
    /// A hold was released without a settle.
    HoldRelease,
    /// A hold ended by its timeout and was released.
    HoldExpire,
    /// A hold ended by its timeout and was charged its own amount.
    HoldCharged,
    /// Reserved credits ended under an open hold, which keeps its amount uncovered; `credits` is that part.
    HoldUncovered,
    /// A charge was incurred (due) but not yet recorded; only with a metering lag.
    Incurred,
    /// A charge was recorded: sum of the burns and debt that follow with the same operation and segment.
    Charge,
    /// Part of what an operation was charged is given back: sum of the refunds that follow.
    Refund,
    /// It will be given back once all charges of the operation are recorded; only with a metering lag.
    RefundIncurred,
    /// … to a grant that the charge had used.
    RefundBurn,
    /// … by taking off debt that the charge had incurred.
    RefundDebt,
    /// … to a grant that had repaid that debt.
    RefundRepaid,
    /// … of debt that was invoiced meanwhile: a credit note follows.
    RefundInvoiced,
    /// … of debt that was forgiven meanwhile: nothing is left to give.
    RefundForgiven,
    /// … by issuing it anew, because the grant has ended.
    RefundIssued,
    /// Due work that the vendor paid for.
    Absorb,
    /// A paid operation was demanded; `credits` is its true cost.
    Demanded,
    /// An operation started.
    Start,
    /// An operation was served.
    Served,
    /// An operation was served as another feature.
    Substituted,
    /// An operation failed.
    Failed,
    /// An operation was cancelled.
    Cancelled,
    /// An operation was killed.
    Killed,
    /// An operation was served without AI.
    Degraded,
    /// An attempt was refused; the reason is in `reason`.
    Refused,
    /// An operation was queued.
    Queued,
    /// A limit counts something of an operation, `credits` of it; only for `explain`.
    Metered,
    /// A limit begins anew before its window ends.
    LimitReset,
    /// A person is asked to raise a limit's amount.
    RaiseAsked,
    /// … and does, by `credits`.
    LimitRaised,
    /// … and does not.
    RaiseRefused,
    /// An operation was lost; the reason is in `reason`.
    Lost,
    /// A run paused for a human.
    Paused,
    /// A run goes on after a pause.
    Resumed,
    /// An alert fired; the reason is its level.
    Alert,
    /// A purchase was ordered (paid for, not landed); `money` is the price.
    PurchaseOrdered,
    /// A payment was declined.
    PaymentDeclined,
    /// A purchase was not made because of the budget.
    BudgetBlocked,
    /// An automatic top-up rule stopped at its ceiling.
    TopUpCeiling,
    /// A cycle closed.
    Close,
    /// A subscription was paid. `until` is the end of the period over whose time its price is spread, never if it is
    /// spread over allowances; `lot` is the running allowance if the price was added to it.
    Subscription,
    /// What a subscription still owed was earned without credits: its plan was left, or allowances did not come.
    SubscriptionEarned,
    /// What a lot (or, without one, time to come) of a subscription still owed was taken off it, to be attached anew; the
    /// lot's past is closed.
    PriceTaken,
    /// It was attached to a lot, or without one spread over the time until `until`.
    PriceGiven,
    /// What was paid for a lot is earned evenly from here until `until`, whatever becomes of its credits.
    PriceOverTime,
    /// What of it was still to come is voided with the lot.
    PriceVoided,
    /// Part of what was paid for a voided lot is paid back.
    PaidBack,
    /// A credit note: the customer is owed `money`.
    CreditNote,
    /// A credit note paid part of the bill before it.
    CreditOnBill,
    /// A credit note lowered the invoice of this instant.
    CreditOnInvoice,
    /// A lot has another end, `until`.
    LotEnd,
    /// A lot of one owner is for all who are in its scope from here on; `credits` remain of it.
    Pooled,
    /// A fee was charged.
    Fee,
    /// An invoice was paid.
    InvoicePaid,
    /// An invoice was written off.
    WrittenOff,
    /// The account starts nothing paid from here on: an invoice is overdue.
    Suspend,
    /// What was overdue is paid: the account starts work again.
    Resume,
    /// A member takes its seat; `grant` is its number, from 0.
    SeatTaken,
    /// A member leaves its seat; `grant` is its number, from 0.
    SeatLeft,
    /// The plan changed; `grant` is the index of the new one.
    PlanChanged,
    /// The rules changed; `grant` is the index of the plan under them.
    RulesChanged,
    /// The organization left; or its account was terminated, because an invoice was overdue.
    Churned,
}

/// Why an attempt was refused or an operation lost, how loud an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reason {
    /// Nothing to say.
    #[default]
    None,
    /// Credits do not suffice.
    Short,
    /// Too many operations in flight.
    Concurrency,
    /// A limit has no room; its place among the policy's limits.
    Limit(u16),
    /// The organization's budget is spent.
    Budget,
    /// The vendor is out.
    Outage,
    /// Refused at random.
    Denial,
    /// An invoice is overdue.
    Suspended,
    /// Refused for good.
    Refused,
    /// Its customer gave up.
    Abandoned,
    /// It waited too long.
    Patience,
    /// The queue was full.
    QueueFull,
    /// The organization had left.
    Churned,
    /// A warning.
    Warning,
    /// Critical.
    Critical,
    /// An operation would exceed the view.
    WouldExceed,
    /// Money moved, and nobody says how much: what was bought or invoiced has no price.
    Unpriced,
}

/// Whose meter of a limit it is, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MeterOwner {
    /// The organization's.
    #[default]
    Organization,
    /// A group's, by its number in the scenario.
    Group(u16),
    /// A member's.
    Member(u16),
    /// A project's.
    Project(u16),
}

impl MeterOwner {
    /// What rows call it: a group by its name, members and projects by their numbers from 0; nothing for the organization.
    #[must_use]
    pub fn name(self, groups: &[String]) -> Option<String> {
        match self {
            MeterOwner::Organization => None,
            MeterOwner::Group(group) => groups.get(usize::from(group)).cloned(),
            MeterOwner::Member(number) | MeterOwner::Project(number) => Some(number.to_string()),
        }
    }
}

/// A meter of a limit, as an entry finds and leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryMeter {
    /// The limit's place among the policy's names.
    pub limit: u16,
    /// Whose it is.
    pub owner: MeterOwner,
    /// It counts money, in nano-units.
    pub money: bool,
    /// Used before and after: credits, money, operations, or what a quantity is in.
    pub used: (Credits, Credits),
    /// What open holds reserve besides.
    pub reserved: Credits,
    /// How much there is room for; none without a limit.
    pub amount: Option<Credits>,
    /// How much room the operation of the entry needs; none if any is enough, or none is needed.
    pub need: Option<Credits>,
    /// End of the window that is open; never if there is none.
    pub until: SimTime,
}

/// One line of an account's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: EntryKind,
    /// Why.
    pub reason: Reason,
    /// The feature of the operation, if there is one.
    pub feature: Option<FeatureIndex>,
    /// The feature that serves it, its own or a substitute's; none without an operation.
    pub serves: Option<FeatureIndex>,
    /// The operation's number within its feature (meaningful with `feature`).
    pub operation: u32,
    /// The segment of the operation, from 0.
    pub segment: u16,
    /// The member who asked.
    pub member: u16,
    /// The project it was for.
    pub project: u16,
    /// The grant's id (meaningful with `lot`).
    pub grant: u32,
    /// The lot, unique in the account, from 1; 0 is none.
    pub lot: u32,
    /// The grant's category (meaningful with `lot`).
    pub category: Category,
    /// Number of the lot's scope among those of the account's credits; 0 is everybody's.
    pub scope: u16,
    /// The group, member or project whose lot it is, by number; 0 of a lot that is for all who are in its scope.
    pub owner: u16,
    /// Id of the grant whose minimum the lot makes up; none if it was not made from another.
    pub parent: Option<u32>,
    /// Credits moved, incurred or held.
    pub credits: Credits,
    /// Money moved.
    pub money: Money,
    /// End of what begins here, if it is known: a grant's validity, a subscription's period.
    pub until: SimTime,
    /// The three balances after the entry.
    pub settled_after: Credits,
    /// Settled less open holds.
    pub available_after: Credits,
    /// Debt after the entry.
    pub debt_after: Credits,
    /// The meter of the limit that it is about.
    pub meter: Option<EntryMeter>,
    /// Number of the rate that prices the operation, 0 for its feature's own (meaningful for `Demanded` and `Start`).
    pub rate: u16,
}
