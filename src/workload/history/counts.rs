//! What was found in a usage history.

use super::cells::TimeForm;

/// What became of every row of a history; the manifest shows it. All numbers are of rows unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct HistoryCounts {
    /// Rows in the file, header apart.
    pub rows: u64,
    /// Rows that are replayed.
    pub replayed: u64,
    /// Operations that the replayed rows stand for (more than rows in a history of buckets).
    pub operations: u64,
    /// Micro-credits that the replayed rows demand.
    pub demanded_micros: i128,
    /// Rows without a size: left out, or replayed at no cost if the scenario says so.
    pub sizeless: u64,
    /// Left out: rows without a size.
    pub skipped: u64,
    /// Rows that repeat another: left out only if the scenario says so.
    pub duplicates: u64,
    /// Left out: rows that repeat another.
    pub dropped: u64,
    /// Left out: their feature is in no map.
    pub other_features: u64,
    /// Left out: their organization was not chosen.
    pub not_chosen: u64,
    /// Left out: after moving they lie outside the horizon.
    pub outside_horizon: u64,
    /// Left out: rows of a kind that is no usage.
    pub other_kinds: u64,
    /// Left out: buckets without any operation.
    pub empty_buckets: u64,
    /// Replayed with an earlier time than the row before them.
    pub unsorted: u64,
    /// Replayed under the label `(none)`, their organization being empty.
    pub without_organization: u64,
    /// Replayed as failed.
    pub failed: u64,
    /// Replayed as cancelled.
    pub cancelled: u64,
    /// Replayed at no cost, for the file says that they were not charged.
    pub uncharged: u64,
    /// Replayed at the cost that the file says in money, their feature having none: 100 credits a unit of money.
    pub priced_by_spend: u64,
    /// Replayed together with rows of the same feature in another unit.
    pub mixed_units: u64,
    /// People whose rows name several groups, taken to be in the last of them (people).
    pub regrouped: u64,
    /// Organizations with rows of which the file of accounts tells nothing (organizations).
    pub without_account: u64,
    /// Instants with an offset or `Z`.
    pub times_with_zone: u64,
    /// Instants without, read in the history's zone.
    pub times_without_zone: u64,
    /// Instants as numbers of seconds since 1970.
    pub times_in_seconds: u64,
    /// Of milliseconds.
    pub times_in_milliseconds: u64,
    /// Of microseconds.
    pub times_in_microseconds: u64,
    /// Of nanoseconds.
    pub times_in_nanoseconds: u64,
    /// Days (UTC) between the first row and the last on which there is none (days).
    pub days_without_rows: u64,
    /// Empty cells of optional columns, taken for 0 (cells).
    pub empty_as_zero: u64,
    /// Cells that say `Included` or `Free`, taken for 0 (cells).
    pub words_as_zero: u64,
    /// Buckets of which a part lies outside the horizon; the operations there are left out.
    pub cut_by_horizon: u64,
    /// Byte order marks at the head of the file, passed over.
    pub byte_order_marks: u64,
    /// Organizations found.
    pub organizations: u32,
}

impl HistoryCounts {
    /// Counts how an instant was written.
    pub(super) fn count_time(&mut self, form: TimeForm) {
        *match form {
            TimeForm::Zoned => &mut self.times_with_zone,
            TimeForm::Local => &mut self.times_without_zone,
            TimeForm::Seconds => &mut self.times_in_seconds,
            TimeForm::Millis => &mut self.times_in_milliseconds,
            TimeForm::Micros => &mut self.times_in_microseconds,
            TimeForm::Nanos => &mut self.times_in_nanoseconds,
        } += 1;
    }

    /// Rows under the headings of which each row has one.
    pub(super) fn accounted(&self) -> u64 {
        self.replayed
            + self.skipped
            + self.dropped
            + self.other_features
            + self.not_chosen
            + self.other_kinds
            + self.outside_horizon
            + self.empty_buckets
    }

    /// What a user should hear of before the results: everything beside rows that are simply replayed.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let numbers = self.times_in_seconds
            + self.times_in_milliseconds
            + self.times_in_microseconds
            + self.times_in_nanoseconds;
        let forms = [self.times_with_zone, self.times_without_zone, numbers];
        let mixed =
            if forms.iter().filter(|count| **count > 0).count() > 1 { self.times_without_zone } else { 0 };
        let all = [
            (self.sizeless, "without a size"),
            (self.duplicates - self.dropped, "repeat another and are kept"),
            (self.dropped, "repeat another and are left out"),
            (self.other_features, "of other features left out"),
            (self.not_chosen, "of organizations not chosen"),
            (self.other_kinds, "of kinds that are no usage left out"),
            (self.uncharged, "not charged, replayed at no cost"),
            (self.priced_by_spend, "priced by the file's own costs, 100 credits for a unit of money"),
            (self.mixed_units, "in several units that are added up (`features` can tell them apart)"),
            (self.outside_horizon, "outside the horizon left out"),
            (self.cut_by_horizon, "buckets cut by the horizon"),
            (self.empty_buckets, "empty buckets"),
            (self.unsorted, "out of order, sorted"),
            (self.without_organization, "without an organization"),
            (self.regrouped, "people in several groups, taken to be in the last"),
            (self.without_account, "organizations without an account, opened as their cohort says"),
            (self.words_as_zero, "cells `Included` or `Free`, taken for 0"),
            (mixed, "times without a zone among others with one"),
            (self.days_without_rows, "days without any row"),
        ];
        all.into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}
