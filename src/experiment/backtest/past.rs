//! What one organization was charged, invoiced, refused and sold in each month of a replay, read off its journal and books.
//!
//! Owns the sums by month, and what explanations look at: what was charged by arrival and near the ends of months, what a
//! close invoiced, what failed. Leaves comparing to `compare`. Invariant: nothing depends on any other organization.

use std::collections::BTreeMap;

use crate::calendar::{YearMonth, Zone};
use crate::outcome::{Entry, EntryKind, OrganizationOutcome, Tally};
use crate::units::{FeatureIndex, SimSpan, SimTime};
use crate::workload::BilledQuantity;

/// How far from the end of a month late usage is looked for (h).
pub(super) const BORDER: u32 = 72;

/// Sums of one month, in the integers of each quantity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplayedMonth {
    /// Money invoiced (nano-units), as the books have it: paid, and owed on new invoices; none without a price.
    pub invoiced: Option<i128>,
    /// Credits charged, less what was given back (micro-credits).
    pub charged: i128,
    /// Operations turned away.
    pub refused: i128,
    /// Top-ups bought, by people and by rules.
    pub top_ups: i128,
    /// Credits bought (micro-credits).
    pub topped_up: i128,
    /// Attempts turned away.
    pub(super) attempts: i128,
    /// Paid operations that arrived.
    pub(super) demanded: u64,
    /// Days of the month on which one did, the first day being bit 0.
    pub(super) days: u32,
    /// Credits charged for what arrived in the month, whenever that was recorded.
    pub(super) by_arrival: i128,
    /// Money invoiced in the first instant of the next month, by a close (nano-units).
    pub(super) at_close: i128,
    /// Credits charged by full hours before the end of the month, and from its beginning.
    pub(super) tail: Vec<(u32, i128)>,
    pub(super) head: Vec<(u32, i128)>,
    /// Operations that failed in the month.
    pub(super) failed: Vec<FailedOperation>,
    /// The plan, as the policy names it, at its end.
    pub(super) plan: u16,
}

/// An operation that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FailedOperation {
    pub at: SimTime,
    pub feature: FeatureIndex,
    /// What it would have cost (micro-credits).
    pub cost: i128,
    /// What was charged for it (micro-credits).
    pub charged: i128,
}

impl ReplayedMonth {
    /// The amount of a quantity; none of money without a price.
    #[must_use]
    pub fn amount(&self, quantity: BilledQuantity) -> Option<i128> {
        match quantity {
            BilledQuantity::Invoiced => self.invoiced,
            BilledQuantity::Charged => Some(self.charged),
            BilledQuantity::Refused => Some(self.refused),
            BilledQuantity::TopUps => Some(self.top_ups),
            BilledQuantity::ToppedUp => Some(self.topped_up),
        }
    }

    /// True if nothing is charged, invoiced, refused or bought.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        BilledQuantity::ALL.into_iter().all(|quantity| self.amount(quantity).unwrap_or(0) == 0)
    }
}

/// One organization of a replay, month by month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplayedOrganization {
    /// Its name: `COHORT/LABEL`.
    pub name: String,
    /// Its label in the usage history; its name if it is none of one's.
    pub label: String,
    /// Every month of the replay.
    pub months: BTreeMap<YearMonth, ReplayedMonth>,
}

/// Months of a replay.
#[derive(Debug, Clone)]
pub struct ReplayedTime {
    /// The zone of its months.
    pub zone: Zone,
    /// Outcomes count from here …
    pub from: SimTime,
    /// … to here.
    pub to: SimTime,
}

impl ReplayedTime {
    /// Every month of which some part is replayed, in order.
    #[must_use]
    pub fn months(&self) -> Vec<YearMonth> {
        let last = self.to - SimSpan::from_micros(1);
        let (Some(first), Some(last)) =
            (YearMonth::of(&self.zone, self.from), YearMonth::of(&self.zone, last))
        else {
            return Vec::new();
        };
        let next = |month: &YearMonth| (*month < last).then(|| month.next());
        std::iter::successors(Some(first), next).collect()
    }

    /// Days of a month that the replay leaves out, before and after it (days, rounded to whole ones).
    pub(super) fn left_out(&self, month: YearMonth) -> i64 {
        let (start, end) = (month.start(&self.zone), month.next().start(&self.zone));
        let before = (self.from - start).micros().max(0);
        let after = (end - self.to).micros().max(0);
        let day = SimSpan::DAY.micros();
        (before + after + day / 2).div_euclid(day)
    }
}

impl ReplayedOrganization {
    /// Reads the journal that a tally keeps, and its books.
    #[must_use]
    pub fn of(
        name: String,
        outcome: &OrganizationOutcome,
        tally: &Tally,
        time: &ReplayedTime,
        priced: bool,
    ) -> Self {
        let label = if outcome.label.is_empty() { name.clone() } else { outcome.label.clone() };
        let mut reader = JournalReader::new(time);
        let journal = tally.detail.as_ref().map(|detail| detail.journal.as_slice()).unwrap_or_default();
        reader.plan = tally.plan;
        journal.iter().for_each(|entry| reader.hear(entry));
        reader.close_after_the_end(tally);
        let mut months = reader.finish();
        if priced && tally.money.complete {
            months.values_mut().for_each(|month| month.invoiced = Some(0));
            for line in &tally.months {
                let money = &line.money;
                let open = money.closing_receivable - money.opening_receivable - money.moved_receivable;
                let invoiced = money.cash + open + money.written_off;
                let month = YearMonth::of(&time.zone, line.month).and_then(|month| months.get_mut(&month));
                if let Some(sum) = month.and_then(|month| month.invoiced.as_mut()) {
                    *sum += i128::from(invoiced.nanos());
                }
            }
        }
        ReplayedOrganization { name, label, months }
    }
}

/// Where an instant lies among the months of a replay.
struct MonthPlaces {
    /// Starts of the months, and the end of the last.
    starts: Vec<SimTime>,
}

impl MonthPlaces {
    fn of(&self, at: SimTime) -> Option<usize> {
        let index = self.starts.partition_point(|start| *start <= at).checked_sub(1)?;
        (index + 1 < self.starts.len()).then_some(index)
    }
}

/// What is known of an operation that is not over.
#[derive(Clone, Copy)]
struct OpenOperation {
    arrived: usize,
    cost: i128,
    charged: i128,
    refused: bool,
}

struct JournalReader<'t> {
    time: &'t ReplayedTime,
    places: MonthPlaces,
    names: Vec<YearMonth>,
    months: Vec<ReplayedMonth>,
    open: BTreeMap<(u16, u32), OpenOperation>,
    /// Failed operations of months, which may still be charged.
    failed: Vec<(usize, (u16, u32), SimTime)>,
    plan: u16,
    /// Closes so far, and of them those within a month.
    closes: (u32, u32),
}

impl<'t> JournalReader<'t> {
    fn new(time: &'t ReplayedTime) -> Self {
        let names = time.months();
        let mut starts: Vec<SimTime> = names.iter().map(|month| month.start(&time.zone)).collect();
        starts.extend(names.last().map(|last| last.next().start(&time.zone)));
        JournalReader {
            time,
            places: MonthPlaces { starts },
            months: vec![ReplayedMonth::default(); names.len()],
            names,
            open: BTreeMap::new(),
            failed: Vec::new(),
            plan: 0,
            closes: (0, 0),
        }
    }

    fn hear(&mut self, entry: &Entry) {
        if entry.kind == EntryKind::PlanChanged || entry.kind == EntryKind::Opened {
            self.plan = u16::try_from(entry.grant).unwrap_or(self.plan);
        }
        let key = entry.feature.map(|feature| (feature.0, entry.operation));
        let credits = i128::from(entry.credits.micros());
        let Some(place) = self.places.of(entry.at) else { return };
        // Entries come in order of time, so that all later months have the plan of this one.
        if self.months[place].plan != self.plan {
            self.months[place..].iter_mut().for_each(|month| month.plan = self.plan);
        }
        if let Some(key) = key.filter(|_| entry.kind == EntryKind::Demanded) {
            let open = OpenOperation { arrived: place, cost: credits, charged: 0, refused: false };
            self.open.insert(key, open);
        }
        if entry.at < self.time.from {
            return;
        }
        match entry.kind {
            EntryKind::Demanded => {
                let day = self.time.zone.day_number(entry.at)
                    - self.time.zone.day_number(self.places.starts[place]);
                self.months[place].days |= 1_u32.checked_shl(day as u32).unwrap_or(0);
                self.months[place].demanded += 1;
            }
            EntryKind::Charge => self.charge(place, entry.at, key, credits),
            EntryKind::Refund => self.charge(place, entry.at, key, -credits),
            EntryKind::Refused => {
                self.months[place].attempts += 1;
                let first = key
                    .and_then(|key| self.open.get_mut(&key))
                    .is_none_or(|open| !std::mem::replace(&mut open.refused, true));
                self.months[place].refused += i128::from(first);
            }
            EntryKind::Failed => self.failed.extend(key.map(|key| (place, key, entry.at))),
            EntryKind::PurchaseOrdered => {
                self.months[place].top_ups += 1;
                self.months[place].topped_up += credits;
            }
            EntryKind::Close => {
                self.closes.0 += 1;
                self.closes.1 += u32::from(entry.at != self.places.starts[place]);
            }
            EntryKind::DebtInvoiced | EntryKind::Fee | EntryKind::CreditOnInvoice => self.close(place, entry),
            _ => {}
        }
    }

    fn charge(&mut self, place: usize, at: SimTime, key: Option<(u16, u32)>, credits: i128) {
        self.months[place].charged += credits;
        let arrived = match key.and_then(|key| self.open.get_mut(&key)) {
            Some(open) => {
                open.charged += credits;
                open.arrived
            }
            None => place,
        };
        self.months[arrived].by_arrival += credits;
        let hours = |span: SimSpan| u32::try_from(span.micros() / SimSpan::from_seconds(3_600).micros()).ok();
        let (start, end) = (self.places.starts[place], self.places.starts[place + 1]);
        let month = &mut self.months[place];
        // An instant on the hour belongs to the hour that begins with it.
        let before = hours(end - at - SimSpan::from_micros(1));
        for (hour, list) in [(before, &mut month.tail), (hours(at - start), &mut month.head)] {
            let Some(hour) = hour.filter(|hour| *hour < BORDER) else { continue };
            match list.iter_mut().find(|(own, _)| *own == hour) {
                Some((_, sum)) => *sum += credits,
                None => list.push((hour, credits)),
            }
        }
    }

    /// Money that a close invoices in the first instant of a month is for the month before.
    fn close(&mut self, place: usize, entry: &Entry) {
        let before = place.checked_sub(1).filter(|_| entry.at == self.places.starts[place]);
        if let Some(before) = before {
            let money = i128::from(entry.money.nanos());
            let sign = if entry.kind == EntryKind::CreditOnInvoice { -1 } else { 1 };
            self.months[before].at_close += sign * money;
        }
    }

    /// What is owed at the end is invoiced by the next close, which comes in that instant where all others end months.
    fn close_after_the_end(&mut self, tally: &Tally) {
        let ends_with_month = self.places.starts.last() == Some(&self.time.to);
        let closes_with_months = self.closes.1 == 0 && (self.closes.0 > 0 || self.months.len() == 1);
        if let Some(last) = self.months.last_mut().filter(|_| ends_with_month && closes_with_months) {
            last.at_close += i128::from(tally.money.uninvoiced_end.nanos());
        }
    }

    fn finish(mut self) -> BTreeMap<YearMonth, ReplayedMonth> {
        for (place, key, at) in std::mem::take(&mut self.failed) {
            let Some(open) = self.open.get(&key) else { continue };
            let failed =
                FailedOperation { at, feature: FeatureIndex(key.0), cost: open.cost, charged: open.charged };
            self.months[place].failed.push(failed);
        }
        for month in &mut self.months {
            month.tail.sort_unstable();
            month.head.sort_unstable();
        }
        self.names.into_iter().zip(self.months).collect()
    }
}
