//! The books by month and plan: flows and stocks of money, in integers that add up to the totals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deliberate::Deliberate;
use crate::units::{Money, SimTime};

/// Money of one account in one calendar month under one plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MonthLine {
    /// Start of the month in the scenario's time zone.
    pub month: SimTime,
    /// The plan as the policy names it (index into the policy's plans).
    pub plan: u16,
    /// What happened and what was owed.
    pub money: MonthMoney<Money>,
}

macro_rules! month_money {
    ($($(#[$doc:meta])* $field:ident => $column:literal),* $(,)?) => {
        /// Flows and stocks of a month; what an account owes moves with it from plan to plan.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct MonthMoney<T> {
            $($(#[$doc])* pub $field: T,)*
        }

        /// The columns of [`MonthMoney`] in files, in its order.
        pub const MONTH_COLUMNS: &[&str] = &[$($column),*];

        impl MonthMoney<Money> {
            /// Adds what happened later in the same month under the same plan.
            pub fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
            }
        }

        impl MonthMoney<i128> {
            fn count(&mut self, line: &MonthMoney<Money>) {
                $(self.$field += i128::from(line.$field.nanos());)*
            }

            fn merge(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
            }

            /// The values in the order of [`MONTH_COLUMNS`] (nano-units).
            #[must_use]
            pub fn values(&self) -> Vec<i128> {
                vec![$(self.$field),*]
            }
        }
    };
}

month_money! {
    /// Paid and owed in credits or time as the month begins.
    opening_deferred => "opening_deferred_money",
    /// The same that came with accounts from other plans, less what left with them.
    moved_deferred => "moved_deferred_money",
    /// Received.
    cash => "cash_money",
    /// Earned.
    recognized => "recognized_money",
    /// Of it, from credits that expired unused.
    breakage => "breakage_money",
    /// Paid value voided without a refund.
    voided => "voided_money",
    /// Credit notes given.
    credit_notes => "credit_notes_money",
    /// Credit notes used on bills and invoices.
    credit_notes_used => "credit_notes_used_money",
    /// Invoices written off.
    written_off => "written_off_money",
    /// Paid and owed in credits or time as the month ends.
    closing_deferred => "closing_deferred_money",
    /// Invoices open as the month begins.
    opening_receivable => "opening_receivable_money",
    /// The same that came with accounts from other plans, less what left with them.
    moved_receivable => "moved_receivable_money",
    /// Invoices open as the month ends.
    closing_receivable => "closing_receivable_money",
}

/// The books of all organizations under one policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthBooks(BTreeMap<(i64, u16), MonthMoney<i128>>);

impl MonthBooks {
    /// Adds one account's lines.
    pub fn add(&mut self, lines: &[MonthLine]) {
        for line in lines {
            self.0.entry((line.month.micros(), line.plan)).or_default().count(&line.money);
        }
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &MonthBooks) {
        if Deliberate::MonthBooksForgotten.is_made() {
            return;
        }
        for (key, money) in &other.0 {
            self.0.entry(*key).or_default().merge(money);
        }
    }

    /// Every month and plan in which something was owed or happened, in order: start of the month, plan, money (nano-units).
    pub fn lines(&self) -> impl Iterator<Item = (SimTime, usize, &MonthMoney<i128>)> {
        self.0.iter().map(|((month, plan), money)| (SimTime::from_micros(*month), usize::from(*plan), money))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(month: i64, cash: i64) -> MonthLine {
        let money = MonthMoney { cash: Money::from_nanos(cash), ..MonthMoney::default() };
        MonthLine { month: SimTime::from_micros(month), plan: 0, money }
    }

    fn books(lines: &[MonthLine]) -> MonthBooks {
        let mut books = MonthBooks::default();
        books.add(lines);
        books
    }

    #[test]
    fn merged_books_are_those_of_both() {
        let mut merged = books(&[line(0, 3)]);
        merged.merge(&books(&[line(0, 4), line(1, 5)]));
        assert_eq!(merged, books(&[line(0, 3), line(0, 4), line(1, 5)]));
        assert_eq!(merged.lines().map(|(.., money)| money.cash).collect::<Vec<_>>(), [7, 5]);
    }
}
