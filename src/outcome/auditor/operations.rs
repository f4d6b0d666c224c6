//! Operations and their holds as the journal tells them (laws 2, 3 and 4).

use std::collections::BTreeMap;

use crate::outcome::journal::{Entry, EntryKind, Reason};
use crate::outcome::tally::Tally;
use crate::units::{Credits, SimTime};

use super::{AuditResult, Violation};

/// Where an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum OperationStage {
    #[default]
    Waiting,
    InFlight,
    Ended,
}

/// One operation.
#[derive(Debug, Clone, Default)]
struct Audited {
    place: OperationStage,
    charged: Credits,
    absorbed: Credits,
    hold: Option<Credits>,
    had_hold: bool,
    /// Its hold has expired with a charge.
    overcharges: bool,
    /// What its hold held when it was settled, until the charge of that settle.
    settling: Option<Credits>,
    /// Its hold has just been charged for timing out: the charge that follows is the hold's.
    expiring: bool,
    /// To be given back later.
    promised: Credits,
    /// Segments incurred and not yet recorded.
    incurred: Vec<(u16, Credits)>,
}

/// Counters of one feature since outcomes count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct FeatureTotals {
    demanded: u64,
    in_flight_start: u64,
    waiting_start: u64,
    served: u64,
    substituted: u64,
    degraded: u64,
    failed: u64,
    cancelled: u64,
    killed: u64,
    lost: [u64; 5],
    refused: u64,
    in_flight_end: u64,
    waiting_end: u64,
    charged: Credits,
    due: Credits,
    absorbed: Credits,
    overcharged: Credits,
}

/// Every operation of the account.
#[derive(Debug, Clone)]
pub(super) struct Operations {
    alive: BTreeMap<OperationKey, Audited>,
    features: Vec<FeatureTotals>,
    held: Credits,
    open: u64,
    open_start: u64,
    opened: u64,
    settled: u64,
    released: u64,
    expired: u64,
    kept: bool,
}

impl Operations {
    pub(super) fn new(features: usize) -> Self {
        Operations {
            alive: BTreeMap::new(),
            features: vec![FeatureTotals::default(); features],
            held: Credits::ZERO,
            open: 0,
            open_start: 0,
            opened: 0,
            settled: 0,
            released: 0,
            expired: 0,
            kept: true,
        }
    }

    pub(super) fn held(&self) -> Credits {
        self.held
    }

    /// No settle exceeded its hold, no hold timed out, no lot ended under one.
    pub(super) fn holds_kept(&self) -> bool {
        self.kept
    }

    pub(super) fn had_hold(&self, entry: &Entry) -> bool {
        key(entry).and_then(|key| self.alive.get(&key)).is_some_and(|operation| operation.had_hold)
    }

    pub(super) fn take(&mut self, entry: &Entry) -> AuditResult {
        if entry.kind == EntryKind::HoldUncovered {
            self.kept = false;
        }
        let Some(key) = key(entry) else { return Ok(()) };
        if entry.kind == EntryKind::Demanded {
            let known = self.alive.insert(key, Audited::default()).is_some();
            self.features[key.feature()].demanded += 1;
            return if known { Err(broken(entry, 3, "demanded twice")) } else { Ok(()) };
        }
        let Some(operation) = self.alive.get_mut(&key) else {
            return Err(broken(entry, 3, "never demanded"));
        };
        if entry.kind != EntryKind::Charge {
            operation.settling = None;
        }
        match entry.kind {
            EntryKind::Start => {
                if operation.place != OperationStage::Waiting {
                    return Err(broken(entry, 3, "started twice"));
                }
                operation.place = OperationStage::InFlight;
            }
            EntryKind::Served
            | EntryKind::Substituted
            | EntryKind::Failed
            | EntryKind::Cancelled
            | EntryKind::Killed => return self.end_work(key, entry),
            EntryKind::Degraded | EntryKind::Lost => return self.end_unserved(key, entry),
            EntryKind::Refused | EntryKind::Queued => {
                if operation.place != OperationStage::Waiting {
                    return Err(broken(entry, 3, "turned away although it had started"));
                }
                self.features[key.feature()].refused += u64::from(entry.kind == EntryKind::Refused);
            }
            EntryKind::HoldOpen
            | EntryKind::HoldExtend
            | EntryKind::HoldSettle
            | EntryKind::HoldRelease
            | EntryKind::HoldExpire
            | EntryKind::HoldCharged => return self.take_hold(key, entry),
            EntryKind::Incurred => {
                operation.charged += entry.credits;
                operation.incurred.push((entry.segment, entry.credits));
            }
            EntryKind::Charge => return self.charge(key, entry),
            EntryKind::RefundIncurred => {
                operation.charged -= entry.credits;
                operation.promised += entry.credits;
            }
            EntryKind::Refund => return self.refund(key, entry),
            EntryKind::Absorb => {
                operation.absorbed += entry.credits;
                self.features[key.feature()].absorbed += entry.credits;
            }
            _ => {}
        }
        Ok(())
    }

    fn take_hold(&mut self, key: OperationKey, entry: &Entry) -> AuditResult {
        let Some(operation) = self.alive.get_mut(&key) else { return Ok(()) };
        match (entry.kind, operation.hold) {
            (EntryKind::HoldOpen, None) => {
                operation.hold = Some(entry.credits);
                operation.had_hold = true;
                self.held += entry.credits;
                self.open += 1;
                self.opened += 1;
                return Ok(());
            }
            (EntryKind::HoldOpen, Some(_)) => return Err(broken(entry, 4, "has a hold already")),
            (_, None) => return Err(broken(entry, 4, "ends a hold it does not have")),
            (EntryKind::HoldExtend, Some(amount)) => {
                operation.hold = Some(amount + entry.credits);
                self.held += entry.credits;
                return Ok(());
            }
            (_, Some(amount)) if amount != entry.credits => {
                return Err(broken(
                    entry,
                    4,
                    &format!("ends a hold of {amount} as one of {}", entry.credits),
                ));
            }
            (_, Some(_)) => {}
        }
        operation.hold = None;
        self.held -= entry.credits;
        self.open -= 1;
        match entry.kind {
            EntryKind::HoldSettle => {
                operation.settling = Some(entry.credits);
                self.settled += 1;
            }
            EntryKind::HoldRelease => self.released += 1,
            _ => {
                operation.expiring = entry.kind == EntryKind::HoldCharged;
                self.expired += 1;
                self.kept = false;
            }
        }
        Ok(())
    }

    fn charge(&mut self, key: OperationKey, entry: &Entry) -> AuditResult {
        let Some(operation) = self.alive.get_mut(&key) else { return Ok(()) };
        let totals = &mut self.features[key.feature()];
        totals.charged += entry.credits;
        let recorded = operation.incurred.iter().position(|(segment, _)| *segment == entry.segment);
        if let Some(settling) = operation.settling.take() {
            self.kept &= entry.credits <= settling;
        }
        if std::mem::take(&mut operation.expiring) {
            // The hold's own amount; beyond what is owed it is an overcharge, and so is all of it after the end.
            operation.overcharges = true;
            operation.charged += entry.credits;
            if operation.place == OperationStage::Ended {
                totals.overcharged += entry.credits;
            }
            return Ok(());
        }
        match recorded {
            Some(index) => {
                let (_, incurred) = operation.incurred.swap_remove(index);
                if incurred != entry.credits {
                    return Err(broken(entry, 2, &format!("incurred {incurred} and was charged otherwise")));
                }
            }
            None if operation.place != OperationStage::InFlight => {
                return Err(broken(entry, 2, "is charged although it is not at work"));
            }
            None => operation.charged += entry.credits,
        }
        if let Some(held) = operation.hold {
            let captured = held.min(entry.credits);
            self.kept &= entry.credits <= held;
            operation.hold = Some(held - captured);
            self.held -= captured;
        }
        Ok(())
    }

    fn refund(&mut self, key: OperationKey, entry: &Entry) -> AuditResult {
        let Some(operation) = self.alive.get_mut(&key) else { return Ok(()) };
        if operation.promised.is_positive() {
            operation.promised -= entry.credits;
        } else {
            operation.charged -= entry.credits;
        }
        if operation.promised < Credits::ZERO || operation.charged < Credits::ZERO {
            return Err(broken(entry, 2, "is given back more than it was charged"));
        }
        self.features[key.feature()].charged -= entry.credits;
        Ok(())
    }

    fn end_work(&mut self, key: OperationKey, entry: &Entry) -> AuditResult {
        let Some(operation) = self.alive.get_mut(&key) else { return Ok(()) };
        if operation.place != OperationStage::InFlight {
            return Err(broken(entry, 3, "ended although it was not at work"));
        }
        operation.place = OperationStage::Ended;
        let paid = operation.charged + operation.absorbed;
        let over = paid - entry.credits;
        if over < Credits::ZERO || (over.is_positive() && !operation.overcharges) {
            return Err(broken(entry, 2, &format!("owed {} and {paid} was taken", entry.credits)));
        }
        let totals = &mut self.features[key.feature()];
        totals.due += entry.credits;
        totals.overcharged += over;
        match entry.kind {
            EntryKind::Served => totals.served += 1,
            EntryKind::Substituted => totals.substituted += 1,
            EntryKind::Failed => totals.failed += 1,
            EntryKind::Cancelled => totals.cancelled += 1,
            _ => totals.killed += 1,
        }
        Ok(())
    }

    fn end_unserved(&mut self, key: OperationKey, entry: &Entry) -> AuditResult {
        let Some(operation) = self.alive.get_mut(&key) else { return Ok(()) };
        if operation.place != OperationStage::Waiting {
            return Err(broken(entry, 3, "was given up although it had started"));
        }
        operation.place = OperationStage::Ended;
        let totals = &mut self.features[key.feature()];
        match (entry.kind, entry.reason) {
            (EntryKind::Degraded, _) => totals.degraded += 1,
            (_, Reason::Abandoned) => totals.lost[1] += 1,
            (_, Reason::Patience) => totals.lost[2] += 1,
            (_, Reason::QueueFull) => totals.lost[3] += 1,
            (_, Reason::Churned) => totals.lost[4] += 1,
            _ => totals.lost[0] += 1,
        }
        Ok(())
    }

    /// Per feature: operations in flight and waiting.
    fn count_alive(&self) -> Vec<(u64, u64)> {
        let mut counts = vec![(0, 0); self.features.len()];
        for (key, operation) in &self.alive {
            let (in_flight, waiting) = &mut counts[key.feature()];
            *in_flight += u64::from(operation.place == OperationStage::InFlight);
            *waiting += u64::from(operation.place == OperationStage::Waiting);
        }
        counts
    }

    pub(super) fn begin_measuring(&mut self) {
        let alive = self.count_alive();
        for (totals, (in_flight_start, waiting_start)) in self.features.iter_mut().zip(alive) {
            *totals = FeatureTotals { in_flight_start, waiting_start, ..FeatureTotals::default() };
        }
        self.open_start = self.open;
        (self.opened, self.settled, self.released, self.expired) = (0, 0, 0, 0);
    }

    /// Laws 3 and 4, and the counters of the account.
    pub(super) fn compare(&mut self, end: SimTime, tally: &Tally) -> AuditResult {
        let alive = self.count_alive();
        for (index, (totals, (in_flight, waiting))) in self.features.iter_mut().zip(alive).enumerate() {
            (totals.in_flight_end, totals.waiting_end) = (in_flight, waiting);
            let wrong = |law: u8, what: String| {
                Err(Violation { law, at: end, what: format!("feature {}: {what}", index + 1) })
            };
            let come = totals.in_flight_start + totals.waiting_start + totals.demanded;
            let ended = totals.served + totals.substituted + totals.degraded + totals.killed;
            let ended = ended + totals.failed + totals.cancelled + totals.lost.iter().sum::<u64>();
            if come != ended + in_flight + waiting {
                return wrong(
                    3,
                    format!("{come} came, {ended} ended, {in_flight} in flight, {waiting} wait"),
                );
            }
            let counted = counted(&tally.features[index]);
            if *totals != counted {
                return wrong(3, format!("{totals:?} were counted as {counted:?}"));
            }
        }
        let holds = &tally.holds;
        let found = (self.open_start, self.opened, self.settled, self.released, self.expired, self.open);
        let counted =
            (holds.open_start, holds.opened, holds.settled, holds.released, holds.expired, holds.open_end);
        if found != counted {
            let what = format!(
                "holds (open at start, opened, settled, released, expired, open): {found:?} were counted as {counted:?}"
            );
            return Err(Violation { law: 4, at: end, what });
        }
        Ok(())
    }
}

fn counted(tally: &crate::outcome::FeatureTally) -> FeatureTotals {
    FeatureTotals {
        demanded: tally.demanded,
        in_flight_start: tally.in_flight_start,
        waiting_start: tally.waiting_start,
        served: tally.served,
        substituted: tally.substituted,
        degraded: tally.degraded,
        failed: tally.failed,
        cancelled: tally.cancelled,
        killed: tally.killed,
        lost: [
            tally.lost_refused,
            tally.lost_abandoned,
            tally.lost_patience,
            tally.lost_queue_full,
            tally.lost_churned,
        ],
        refused: tally.attempts_refused,
        in_flight_end: tally.in_flight_end,
        waiting_end: tally.waiting_end,
        charged: tally.charged_credits,
        due: tally.due_credits,
        absorbed: tally.absorbed_credits,
        overcharged: tally.overcharged_credits,
    }
}

/// Feature and number of an operation, in one number because it is looked up at every entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct OperationKey(u64);

impl OperationKey {
    fn feature(self) -> usize {
        (self.0 >> 32) as usize
    }
}

fn key(entry: &Entry) -> Option<OperationKey> {
    entry.feature.map(|feature| OperationKey(u64::from(feature.0) << 32 | u64::from(entry.operation)))
}

fn broken(entry: &Entry, law: u8, what: &str) -> Violation {
    let feature = entry.feature.map_or(0, |feature| feature.0 + 1);
    let what = format!("operation {} of feature {feature} {what}", entry.operation);
    Violation { law, at: entry.at, what }
}
