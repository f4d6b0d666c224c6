//! What an account comes to: what is left of it at the end of the horizon, its books and its rows, beside what the product counted.

use std::fmt::{Debug, Display};

use crate::outcome::{CycleRow, MonthLine, Tally};
use crate::policy::DebtAtCycle;
use crate::units::{Category, Credits, Money, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::limits_windows::LimitEnd;
use super::repay::price_of;
use super::work::Stands;
use super::{JudgeFeature, JudgeFindings};

/// A lot with something left at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LotLeft {
    /// Id of its grant.
    pub id: u32,
    /// Where its credits came from.
    pub category: Category,
    /// What remains of it, what holds have reserved included.
    pub remaining: Credits,
    /// Its end, as it is acted upon; none if it has none, or only a close ends it.
    pub ends: Option<SimTime>,
    /// Paid for and neither earned nor voided.
    pub owed: Money,
}

/// What is left of an account, and what it comes to since outcomes count.
#[derive(Debug, Clone, Default)]
pub struct AccountEnd {
    /// Lots with something left, in order.
    pub lots: Vec<LotLeft>,
    /// What remains, by category.
    pub remaining: [Credits; 3],
    /// Debt.
    pub debt: Credits,
    /// Holds that are open.
    pub holds: u64,
    /// For each feature, operations at work and operations that wait.
    pub alive: Vec<(u64, u64)>,
    /// Sums of money, by name.
    pub money: Vec<(&'static str, Money)>,
    /// Books by month and plan.
    pub months: Vec<MonthLine>,
    /// Rows of billing cycles.
    pub cycles: Vec<CycleRow>,
    /// What is reported of limits, as far as anything is.
    pub limits: Vec<LimitEnd>,
}

impl Judged<'_> {
    /// The horizon ends.
    pub fn horizon_ends(&mut self) -> AccountEnd {
        self.now = self.case.end;
        self.close_month(self.now - SimSpan::from_micros(1), false);
        self.end_row();
        let mut end = AccountEnd {
            lots: self.lots_left(),
            debt: self.debt(),
            holds: self.holds.iter().filter(|hold| !hold.ended).count() as u64,
            alive: vec![(0, 0); self.case.features.len()],
            money: self.money_at_end(),
            months: std::mem::take(&mut self.books.lines),
            cycles: std::mem::take(&mut self.rows.rows),
            limits: self.limits_at_end(),
            ..AccountEnd::default()
        };
        for lot in &self.lots {
            end.remaining[lot.category.index()] += lot.remaining;
        }
        for work in &self.work {
            let (works, waits) = &mut end.alive[work.operation.feature.index()];
            match work.stands {
                Stands::InFlight => *works += 1,
                Stands::Queued | Stands::WaitsForCredits | Stands::WaitsToRetry => *waits += 1,
                Stands::Tries | Stands::Ended => {}
            }
        }
        end
    }

    fn lots_left(&self) -> Vec<LotLeft> {
        let left = (0..self.lots.len()).filter(|&lot| self.lots[lot].remaining.is_positive());
        let mut left: Vec<LotLeft> = left
            .map(|lot| {
                let ends = self.to_come.when(|what| what == Coming::LotEnds { lot });
                let state = &self.lots[lot];
                LotLeft {
                    id: state.id,
                    category: state.category,
                    remaining: state.remaining,
                    ends,
                    owed: state.owed(self.now),
                }
            })
            .collect();
        left.sort_unstable();
        left
    }

    fn money_at_end(&self) -> Vec<(&'static str, Money)> {
        let (counted, opening) = (self.money_counted(), self.books.opening());
        let invoices = self.overdraft().at_cycle == DebtAtCycle::Invoice;
        let price = self.overdraft().price_per_credit.filter(|_| invoices);
        vec![
            ("cash", counted.cash),
            ("recognized", counted.recognized),
            ("breakage", counted.breakage),
            ("voided value", counted.voided),
            ("deferred at the start", opening.deferred),
            ("deferred at the end", counted.deferred),
            ("receivable at the start", opening.receivable),
            ("receivable at the end", counted.receivable),
            ("written off", counted.written_off),
            ("credit notes", counted.credit_notes),
            ("credit notes owed at the start", opening.credit_owed),
            ("credit notes owed at the end", counted.credit_owed),
            (
                "not invoiced at the end",
                price.map_or(Money::ZERO, |price| price_of(self.owed_for_good(), price)),
            ),
            ("payable beyond the horizon", self.payable_beyond()),
        ]
    }

    /// Invoices that are sent, and paid after the end.
    fn payable_beyond(&self) -> Money {
        let paid = |invoice: usize| {
            let pays =
                |what| what == Coming::InvoicePaid { invoice } || what == Coming::InvoiceTried { invoice };
            self.to_come.has_any(pays)
        };
        let open = (0..self.till.invoices.len()).filter(|&index| paid(index));
        open.map(|index| self.till.invoices[index].amount).sum()
    }
}

/// What the product says of an account at its end.
#[derive(Debug, Clone, Copy)]
pub struct CountedEnd<'a> {
    /// What it counted.
    pub tally: &'a Tally,
    /// Lots with something left, in order.
    pub lots: &'a [LotLeft],
    /// Rows of cycles, if they were kept.
    pub cycles: Option<&'a [CycleRow]>,
}

/// The first thing that the judge and the product found otherwise at the end, as a sentence.
#[must_use]
pub fn compare_ends(
    found: &JudgeFindings,
    counted: CountedEnd<'_>,
    features: &[JudgeFeature<'_>],
) -> Option<String> {
    let (end, tally) = (&found.end, counted.tally);
    let blocked = tally.features.iter().map(|feature| feature.blocked.micros() as f64 / 1e6);
    let failed = found.blocked.iter().map(|span| span.micros() as f64 / 1e6);
    let named = |index: usize, what: &str| format!("feature `{}`: {what}", features[index].name);
    let alive = |of: fn(&(u64, u64)) -> u64| end.alive.iter().map(of).collect::<Vec<u64>>();
    let (works, waits) = (alive(|alive| alive.0), alive(|alive| alive.1));
    let money = money_of(tally);
    None.or_else(|| {
        each(failed, blocked, |index| named(index, "seconds in which its check would have failed"))
    })
    .or_else(|| {
        each(works, tally.features.iter().map(|f| f.in_flight_end), |i| named(i, "at work at the end"))
    })
    .or_else(|| each(waits, tally.features.iter().map(|f| f.waiting_end), |i| named(i, "waiting at the end")))
    .or_else(|| {
        each(end.remaining, tally.credits.remaining_end, |index| {
            format!("{} credits that remain", Category::ALL[index].name())
        })
    })
    .or_else(|| each([end.debt], [tally.debt.end], |_| String::from("debt at the end")))
    .or_else(|| each([end.holds], [tally.holds.open_end], |_| String::from("open holds at the end")))
    .or_else(|| each_row(&end.lots, counted.lots, "lots with something left, by id"))
    .or_else(|| each(end.money.iter().map(|money| money.1), money, |index| end.money[index].0.to_owned()))
    .or_else(|| each_row(&end.months, &tally.months, "books by month and plan"))
    .or_else(|| each_row(&end.limits, &limits_of(&end.limits, tally), "limits, by their numbers"))
    .or_else(|| counted.cycles.and_then(|cycles| each_row(&end.cycles, cycles, "rows of cycles")))
}

/// What the product reports of the limits that the judge reports of, as far as that does.
fn limits_of(found: &[LimitEnd], tally: &Tally) -> Vec<LimitEnd> {
    let counted = |end: &LimitEnd| {
        let limit = tally.limits.get(usize::from(end.id)).cloned().unwrap_or_default();
        let windows = (limit.windows, limit.windows_exhausted, limit.unused, limit.offered);
        LimitEnd { id: end.id, overrun: limit.overrun, windows: end.windows.map(|_| windows) }
    };
    found.iter().map(counted).collect()
}

/// What the product counted, in the order of [`Judged::money_at_end`].
fn money_of(tally: &Tally) -> [Money; 14] {
    let money = &tally.money;
    [
        money.cash(),
        money.recognized,
        money.breakage,
        money.voided,
        money.deferred_start,
        money.deferred_end,
        money.receivable_start,
        money.receivable_end,
        money.written_off,
        money.credit_notes,
        money.credit_notes_owed_start,
        money.credit_notes_owed_end,
        money.uninvoiced_end,
        money.payable_beyond,
    ]
}

/// The first pair that differs.
fn each<T: PartialEq + Display>(
    found: impl IntoIterator<Item = T>,
    counted: impl IntoIterator<Item = T>,
    name: impl Fn(usize) -> String,
) -> Option<String> {
    let mut both = found.into_iter().zip(counted).enumerate();
    let (index, (found, counted)) = both.find(|(_, (found, counted))| found != counted)?;
    Some(format!("{}\n  the rules say  {found}\n  the account has {counted}", name(index)))
}

/// The first row that differs, or is there on one side alone.
fn each_row<T: PartialEq + Debug>(found: &[T], counted: &[T], name: &str) -> Option<String> {
    let same = found.iter().zip(counted).take_while(|(found, counted)| found == counted).count();
    let told = |rows: &[T]| rows.get(same).map_or_else(|| String::from("no more"), |row| format!("{row:?}"));
    let differs = same < found.len().max(counted.len());
    differs.then(|| {
        let (found, counted) = (told(found), told(counted));
        format!("{name}: number {}\n  the rules say  {found}\n  the account has {counted}", same + 1)
    })
}
