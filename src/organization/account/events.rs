//! What is due and in which order: events of one account at the same instant (docs/semantics.md §10).

use std::cmp::Ordering;

use crate::ledger::LotSerial;
use crate::units::SimTime;

use super::super::agenda::Timed;

/// The class of an event; at one instant lower classes come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Class {
    /// Outcomes begin to count; before everything else of its instant.
    Measure = 0,
    /// Voids and expiries.
    Expiry = 1,
    /// Close of a cycle, billing, invoices falling due.
    Close = 2,
    /// New grants, then repayment.
    Grant = 3,
    /// People pay, top-ups land.
    Land = 4,
    /// Charges and settlements.
    Charge = 5,
    /// Hold expiries: a settle at the timeout instant still counts.
    HoldExpiry = 6,
    /// Steps, pauses and work ending.
    Work = 7,
    /// What waits starts again.
    Resume = 8,
    /// Patience runs out: starting at that instant still counts.
    Patience = 9,
    /// Retries.
    Retry = 10,
    /// Arrivals.
    Arrival = 11,
}

/// Order inside an instant: class, feature in file order, sequence, segment.
pub(super) const fn order_of(class: Class, feature: u16, sequence: u32, segment: u16) -> u64 {
    ((class as u64) << 60) | (((feature as u64) & 0xfff) << 48) | ((sequence as u64) << 16) | segment as u64
}

/// Something of an operation that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) at: SimTime,
    pub(super) order: u64,
    /// The slot's generation when this was scheduled; another one makes it stale.
    pub(super) tag: u64,
    pub(super) slot: u32,
    pub(super) what: DueKind,
}

/// A place in time: the instant, then the order inside it.
pub(super) type TimeKey = i128;

/// The place of (`at`, `order`), in one number because places are compared all the time.
#[inline]
pub(super) const fn place_of(at: SimTime, order: u64) -> TimeKey {
    ((at.micros() as i128) << 64) | order as i128
}

impl Due {
    #[inline]
    pub(super) const fn place(&self) -> TimeKey {
        place_of(self.at, self.order)
    }
}

impl Timed for Due {
    #[inline]
    fn precedes(&self, other: &Due) -> bool {
        let (own, others) = (self.place(), other.place());
        own < others || (own == others && (self.what, self.slot) < (other.what, other.slot))
    }
}

/// What is due; of one operation at one instant in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DueKind {
    /// A charge is recorded after its lag; the slot is the record's.
    Record,
    /// The incurred cost reaches the hold under `overrun = stop`.
    Stop,
    /// A part (or a whole simple operation) owes its charge.
    Charge,
    /// A part (or a whole simple operation) ends.
    End,
    /// A hold times out.
    HoldTimeout,
    /// A refused operation tries again.
    Retry,
    /// A waiting operation gives up.
    Patience,
    /// A reactive client's next operation; the slot is the client.
    Client,
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// Reversed, so that a max-heap yields the earliest.
    fn cmp(&self, other: &Due) -> Ordering {
        let key = |due: &Due| (due.place(), due.what, due.slot);
        key(other).cmp(&key(self))
    }
}

/// Something of the account itself that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timer {
    pub(super) at: SimTime,
    pub(super) order: u64,
    /// Number of scheduling, the last tie-breaker.
    pub(super) ordinal: u32,
    pub(super) what: TimerKind,
}

/// What the account has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimerKind {
    /// Outcomes begin to count.
    Measure,
    /// A calendar month ends.
    Month,
    /// A lot ends.
    Expire(LotSerial),
    /// A lot is voided.
    Void(LotSerial),
    /// Unused allowances of single owners become everybody's.
    Pool,
    /// The running cycle closes.
    Close,
    /// Members come or go.
    Seats,
    /// Changes of plan are due.
    PlanChange,
    /// Changes of rules are due.
    Rules,
    /// The subscription is billed.
    Bill,
    /// An invoice is paid or written off (index into the invoices).
    Invoice(u32),
    /// An unpaid invoice is overdue (index).
    Suspend(u32),
    /// An unpaid invoice has been overdue for too long.
    Terminate,
    /// The organization's life ends.
    Leave,
    /// A written-down grant becomes effective (index into the account's grant specs).
    Grant(u32),
    /// A written-down grant recurs (index).
    Recur(u32),
    /// Debt is repaid from new grants.
    Repay,
    /// People pay for a purchase.
    Pay,
    /// People's regular purchase.
    Regular(u32),
    /// A person is asked again to buy, because credits are still short.
    AskAgain,
    /// A purchase lands (index into the orders).
    Land(u32),
    /// A top-up rule is evaluated again (cooldown, back-off or cap period over).
    Wake,
    /// The head of the queue is looked at again (an outage is over).
    Look,
    /// A limit may have room again.
    Room,
    /// Limits begin anew for everybody.
    LimitReset,
    /// A person answers whether a limit's amount is raised (index into the answers that are awaited).
    RaiseAnswered(u32),
    /// Other rates may be in force.
    Rates,
    /// An operation that credits have come for tries again.
    Woken,
    /// The organization signs up.
    SignUp,
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Timer) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Timer) -> Ordering {
        (other.at, other.order, other.ordinal).cmp(&(self.at, self.order, self.ordinal))
    }
}
