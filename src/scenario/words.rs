//! The words of scenario files for the enums of policies.

use super::reading::words;
use crate::calendar::{CalendarUnit, MonthEnd};
use crate::policy::{
    Across, AfterPurchase, AlertLevel, Boundary, ChargeMoment, Compare, CycleOnChange, DebtAtCycle,
    Effective, ExpiryPrecision, HoldNeed, KilledWork, OnCancel, OnFailure, OnTimeout, Opening, Overrun,
    Prorate, RecurrenceMode, Repay, RolledBurns, RolloverBase, Trim, UsageOnChange, View, WhenShort,
};
use crate::units::Category;

words!(MonthEnd { "clamp" => Clamp, "overflow" => Overflow, "last-day" => LastDay });
words!(CalendarUnit { "hour" => Hour, "day" => Day, "week" => Week, "month" => Month, "year" => Year });
words!(Category { "promotional" => Promotional, "included" => Included, "purchased" => Purchased });
words!(View { "settled" => Settled, "available" => Available, "ongoing" => Ongoing });
words!(Compare { "below" => Below, "at-or-below" => AtOrBelow });
words!(Effective { "now" => Now, "next-cycle" => NextCycle });
words!(CycleOnChange { "restart" => Restart, "keep" => Keep });
words!(Prorate { "none" => None, "price" => Price, "credits" => Credits, "both" => Both, "full" => Full });
words!(UsageOnChange { "carry" => Carry, "reset" => Reset });
words!(Opening { "full" => Full, "prorated" => Prorated });
words!(RolloverBase { "remaining" => Remaining, "original" => Original });
words!(Trim { "oldest" => Oldest, "newest" => Newest });
words!(Across { "owner" => Owner, "organization" => Organization });
words!(RolledBurns { "before" => Before, "after" => After, "unordered" => Unordered });
words!(RecurrenceMode { "set" => Set, "add" => Add });
words!(ExpiryPrecision { "exact" => Exact, "second" => Second, "day" => Day });
words!(Boundary { "exclusive" => Exclusive, "inclusive" => Inclusive });
words!(ChargeMoment { "start" => Start, "step" => Step, "segment" => Segment, "completion" => Completion });
words!(WhenShort { "allow" => Allow, "reject" => Reject, "degrade" => Degrade, "queue" => Queue });
words!(KilledWork { "charge" => Charge, "absorb" => Absorb });
words!(OnCancel { "charge-recorded" => ChargeRecorded, "charge-all" => ChargeAll, "free" => Free });
words!(OnFailure { "charge-finished" => ChargeFinished, "charge-all" => ChargeAll, "free" => Free });
words!(HoldNeed { "whole" => Whole, "positive" => Positive });
words!(OnTimeout { "release" => Release, "charge" => Charge });
words!(Overrun { "charge" => Charge, "absorb" => Absorb, "stop" => Stop, "extend" => Extend });
words!(Repay { "any-credit" => AnyCredit, "purchase" => Purchase, "never" => Never });
words!(DebtAtCycle { "carry" => Carry, "forgive" => Forgive, "invoice" => Invoice });
words!(AlertLevel { "warning" => Warning, "critical" => Critical });
words!(AfterPurchase { "resume" => Resume, "drop" => Drop });
