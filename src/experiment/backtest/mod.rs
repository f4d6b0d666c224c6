//! The policy in force against what was really billed: did the past come out?
//!
//! Owns the comparison by organization and month, what explains a difference, and the shares of the bill that come out.
//! Leaves reading bills to `workload`, looks to `report`. Invariants: amounts are compared as integers, to the last digit
//! that the file has; nothing on either side is left out without being counted; an explanation is given only where its
//! numbers are those of the bill.

mod borders;
mod compare;
mod gaps;
mod past;
mod replay;
mod rules;
mod score;
mod why;
mod written;

pub use crate::calendar::YearMonth;
pub use crate::workload::{BilledColumn, BilledInvoices, BilledQuantity};
pub use compare::{BackTest, BackTestLine, BackTestSetting, BackTestSides, LineStanding};
pub use past::{ReplayedMonth, ReplayedOrganization, ReplayedTime};
pub use replay::{ReplayConditions, replay_past};
pub use rules::{OtherRule, other_rules};
pub use score::{BackTestCondition, BackTestJudgement, MEASURES, QuantityScore};
pub use why::{Explanation, WhyKind, causes};
pub use written::quantity as amount_text;
