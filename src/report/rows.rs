//! Rows that are streamed while a run goes on: one organization at a time, appended to a buffer.
//!
//! The rows of an organization depend on its outcome alone, so parts written by different threads can be joined in
//! the order of organizations.

use std::fmt::Display;
use std::io::Write;

use crate::outcome::{
    AttemptOutcome, AttemptRow, CycleRow, Detail, Entry, EntryKind, EntryMeter, LimitAccountRow, METRICS,
    Metric, OrganizationChange, OrganizationOutcome, Reason, RunShape, Tally, Totals,
};

use crate::units::{Credits, FeatureIndex, Money, NO_MEMBER, SimTime};

use super::cell::append;
use super::customers::{CHANGE_COLUMNS, change_cells};
use super::number;

/// A file with rows of single organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowFile {
    /// Outcomes of every organization.
    Organizations,
    /// What every policy changes for every organization against the baseline.
    Changes,
    /// Billing cycles; on request.
    Cycles,
    /// Meters of limits; on request.
    LimitAccounts,
    /// Attempts; on request.
    Operations,
    /// Ledger entries; on request.
    Journal,
}

impl RowFile {
    /// Its name in the run folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RowFile::Organizations => "organizations.csv",
            RowFile::Changes => "organizations-change.csv",
            RowFile::Cycles => "cycles.csv",
            RowFile::LimitAccounts => "limit-accounts.csv",
            RowFile::Operations => "operations.csv",
            RowFile::Journal => "journal.csv",
        }
    }

    /// Its first line, newline included.
    #[must_use]
    pub fn header(self) -> String {
        let columns = match self {
            RowFile::Organizations => {
                let names: Vec<&str> = organization_metrics().map(|metric| metric.name).collect();
                return format!("replication,policy,cohort,organization,{},plan\n", names.join(","));
            }
            RowFile::Changes => {
                return format!("replication,policy,cohort,organization,{}\n", CHANGE_COLUMNS.join(","));
            }
            RowFile::Cycles => {
                "replication,policy,organization,cycle,from,to,issued,charged,burned,repaid,expired,carried,debt,\
                 demanded,refused,money"
            }
            RowFile::LimitAccounts => {
                "replication,policy,organization,limit,owner,first_full_at,first_lacking_at,first_refused_at,used,unused"
            }
            RowFile::Operations => {
                "replication,policy,organization,feature,operation,attempt,arrived,decided,outcome,reason,estimate,\
                 cost,charged,ended,member,group,project,quantities,plan"
            }
            RowFile::Journal => {
                "replication,policy,organization,seq,at,kind,feature,operation,segment,member,project,grant,category,\
                 parent,credits,money,settled_after,available_after,debt_after,meter,meter_owner,meter_before,\
                 meter_after,meter_reserved,meter_amount,meter_until"
            }
        };
        format!("{columns}\n")
    }

    /// Appends the rows of one organization, policies in file order.
    pub fn append(
        self,
        out: &mut Vec<u8>,
        shape: &RunShape,
        replication: u32,
        organization: &OrganizationOutcome,
    ) {
        let name = shape.organization_name(organization);
        for ((index, policy), tally) in shape.policies.iter().enumerate().zip(&organization.tallies) {
            let replication = replication.to_string();
            let lead = [replication.as_str(), policy, &name];
            let plans = shape.plans.get(index).map(Vec::as_slice).unwrap_or_default();
            let limits = shape.limits.get(index).map(Vec::as_slice).unwrap_or_default();
            let mut line = PrefixedLines { out, shape, plans, limits, lead };
            match self {
                RowFile::Organizations => line.organization(organization, tally, index),
                RowFile::Changes if index == shape.baseline => {}
                RowFile::Changes => line.change(organization, tally),
                RowFile::Cycles => {
                    detail(tally, |detail| detail.cycles.iter().for_each(|row| line.cycle(row)))
                }
                RowFile::LimitAccounts => detail(tally, |detail| {
                    detail.limit_accounts.iter().for_each(|row| line.limit_account(row))
                }),
                RowFile::Operations => {
                    detail(tally, |detail| detail.attempts.iter().for_each(|row| line.attempt(row, detail)))
                }
                RowFile::Journal => detail(tally, |detail| {
                    detail.journal.iter().enumerate().for_each(|(seq, entry)| line.entry(seq, entry));
                }),
            }
        }
    }
}

fn organization_metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(|metric| metric.reach.has_organizations())
}

fn detail(tally: &Tally, write: impl FnOnce(&Detail)) {
    if let Some(rows) = &tally.detail {
        write(rows);
    }
}

/// Writes lines that all begin with the same three fields.
struct PrefixedLines<'a> {
    out: &'a mut Vec<u8>,
    shape: &'a RunShape,
    /// Names of the policy's plans.
    plans: &'a [String],
    /// Names of its limits.
    limits: &'a [String],
    lead: [&'a str; 3],
}

impl PrefixedLines<'_> {
    fn begin(&mut self, fields: &[&str]) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            append(self.out, field);
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push(b',');
        append(self.out, text);
    }

    /// A field that never needs quotes.
    fn plain(&mut self, value: impl Display) {
        write!(self.out, ",{value}").expect("a buffer takes every byte");
    }

    fn optional(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.out.push(b','),
        }
    }

    fn feature(&mut self, index: Option<usize>) {
        self.out.push(b',');
        if let Some(name) = index.and_then(|index| self.shape.features.get(index)) {
            append(self.out, name);
        }
    }

    /// A reason; a limit's with its name behind it.
    fn reason(&mut self, reason: Reason) {
        match reason {
            Reason::Limit(limit) => {
                let name = self.limits.get(usize::from(limit)).map_or("", String::as_str);
                self.text(&format!("{}:{name}", reason_name(reason)));
            }
            _ => self.plain(reason_name(reason)),
        }
    }

    /// The fields that rows of organizations begin with, the cohort among them.
    fn begin_with_cohort(&mut self, organization: &OrganizationOutcome) {
        let [replication, policy, name] = self.lead;
        let cohort = self.shape.cohorts.get(organization.id.cohort.index()).map_or("", String::as_str);
        self.begin(&[replication, policy, cohort, name]);
    }

    fn change(&mut self, organization: &OrganizationOutcome, tally: &Tally) {
        let Some(before) = organization.tallies.get(self.shape.baseline) else { return };
        self.begin_with_cohort(organization);
        let change = OrganizationChange::of(before, tally);
        change_cells(&change, self.shape.currency.is_some()).iter().for_each(|cell| self.plain(cell));
        self.out.push(b'\n');
    }

    fn organization(&mut self, organization: &OrganizationOutcome, tally: &Tally, policy_index: usize) {
        self.begin_with_cohort(organization);
        let totals = Totals::of_whole(tally, self.shape.measure_from);
        let with_money = self.shape.currency.is_some();
        for metric in organization_metrics() {
            let known = with_money || !metric.is_money();
            self.optional(known.then(|| metric.value(&totals)).flatten().map(number::exact));
        }
        self.out.push(b',');
        append(self.out, self.shape.plan_name(policy_index, usize::from(tally.plan)));
        self.out.push(b'\n');
    }

    fn cycle(&mut self, row: &CycleRow) {
        self.begin(&self.lead.clone());
        self.plain(row.cycle);
        self.plain(row.from);
        self.plain(row.to);
        for credits in [row.issued, row.charged, row.burned, row.repaid, row.expired, row.carried, row.debt] {
            self.plain(credits);
        }
        self.plain(row.demanded);
        self.plain(row.refused);
        self.optional(self.shape.currency.is_some().then_some(row.money));
        self.out.push(b'\n');
    }

    fn limit_account(&mut self, row: &LimitAccountRow) {
        self.begin(&self.lead.clone());
        let limit = self.limits.get(usize::from(row.limit)).map_or("", String::as_str);
        self.text(limit);
        self.text(&row.owner.name(&self.shape.groups).unwrap_or_default());
        for instant in [row.first_full_at, row.first_lacking_at, row.first_refused_at] {
            self.optional(instant);
        }
        self.plain(metered(row.used, row.money));
        self.optional(row.unused.map(|unused| metered(unused, row.money)));
        self.out.push(b'\n');
    }

    fn attempt(&mut self, row: &AttemptRow, detail: &Detail) {
        self.begin(&self.lead.clone());
        self.feature(Some(usize::from(row.feature)));
        self.plain(row.operation);
        self.plain(row.attempt);
        self.plain(row.arrived);
        self.plain(row.decided);
        self.plain(attempt_name(row.outcome));
        self.reason(row.reason);
        self.optional(row.estimate);
        self.plain(row.cost);
        self.plain(row.charged);
        self.optional(row.ended);
        self.plain(member_name(row.member));
        let group = detail.groups.get(usize::from(row.member)).copied().flatten();
        let group = group.and_then(|group| self.shape.groups.get(usize::from(group)));
        self.text(group.map_or("", String::as_str));
        self.plain(row.project);
        let kept = detail.quantities.get(&(FeatureIndex(row.feature), row.operation));
        let names = self.shape.quantities.get(usize::from(row.feature));
        self.text(&quantities(names.zip(kept.map(|values| &values[..]))));
        self.text(self.plans.get(usize::from(row.plan)).map_or("", String::as_str));
        self.out.push(b'\n');
    }

    fn entry(&mut self, seq: usize, entry: &Entry) {
        self.begin(&self.lead.clone());
        self.plain(seq);
        self.plain(entry.at);
        self.plain(kind_name(entry));
        self.feature(entry.feature.map(|feature| feature.index()));
        let of_operation = entry.feature.is_some();
        self.optional(of_operation.then_some(entry.operation));
        self.optional(of_operation.then_some(entry.segment));
        self.optional(of_operation.then(|| member_name(entry.member)));
        self.optional(of_operation.then_some(entry.project));
        let of_grant = entry.grant != 0;
        self.optional(of_grant.then_some(entry.grant));
        self.optional(of_grant.then(|| entry.category.name()));
        self.optional(entry.parent);
        self.plain(entry.credits);
        let known = self.shape.currency.is_some() && entry.reason != Reason::Unpriced;
        self.optional(known.then_some(entry.money));
        for balance in [entry.settled_after, entry.available_after, entry.debt_after] {
            self.plain(balance);
        }
        self.meter(entry.meter);
        self.out.push(b'\n');
    }

    /// The meter that an entry is about.
    fn meter(&mut self, meter: Option<EntryMeter>) {
        let name = meter.and_then(|meter| self.limits.get(usize::from(meter.limit)));
        self.text(name.map_or("", String::as_str));
        let owner = meter.and_then(|meter| meter.owner.name(&self.shape.groups));
        self.text(&owner.unwrap_or_default());
        let said = |of: fn(EntryMeter) -> Option<Credits>| {
            meter.and_then(|meter| Some(metered(of(meter)?, meter.money)))
        };
        self.optional(said(|meter| Some(meter.used.0)));
        self.optional(said(|meter| Some(meter.used.1)));
        self.optional(said(|meter| Some(meter.reserved)));
        self.optional(said(|meter| meter.amount));
        self.optional(meter.map(|meter| meter.until).filter(|until| *until != SimTime::MAX));
    }
}

/// What a meter counts: money in nano-units, or anything else in millionths.
pub(super) fn metered(amount: Credits, money: bool) -> String {
    if money { Money::from_nanos(amount.micros()).to_string() } else { amount.to_string() }
}

/// A member by number from 0, or `none`.
#[must_use]
pub fn member_name(member: u16) -> String {
    if member == NO_MEMBER { "none".to_owned() } else { member.to_string() }
}

/// `tokens_in=1200;tokens_out=300`: the quantities of an operation that are known.
pub(super) fn quantities(kept: Option<(&Vec<String>, &[f64])>) -> String {
    let Some((names, values)) = kept else { return String::new() };
    let known = names.iter().zip(values).filter(|(_, value)| !value.is_nan());
    let each: Vec<String> = known.map(|(name, value)| format!("{name}={}", number::exact(*value))).collect();
    each.join(";")
}

/// The word for what became of an attempt.
#[must_use]
pub const fn attempt_name(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Served => "served",
        AttemptOutcome::Substituted => "substituted",
        AttemptOutcome::Degraded => "degraded",
        AttemptOutcome::Refused => "refused",
        AttemptOutcome::Queued => "queued",
        AttemptOutcome::Killed => "killed",
        AttemptOutcome::Failed => "failed",
        AttemptOutcome::Cancelled => "cancelled",
        AttemptOutcome::InFlight => "in_flight",
    }
}

/// The word for a reason; none for [`Reason::None`].
#[must_use]
pub const fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::None => "",
        Reason::Short => "short",
        Reason::Concurrency => "concurrency",
        Reason::Limit(_) => "limit",
        Reason::Budget => "budget",
        Reason::Outage => "outage",
        Reason::Denial => "denial",
        Reason::Suspended => "suspended",
        Reason::Refused => "refused",
        Reason::Abandoned => "abandoned",
        Reason::Patience => "patience",
        Reason::QueueFull => "queue_full",
        Reason::Churned => "churned",
        Reason::Warning => "warning",
        Reason::Critical => "critical",
        Reason::WouldExceed => "would_exceed",
        Reason::Unpriced => "unpriced",
    }
}

/// The word for an entry: its kind, and its reason behind it where outcomes tell reasons apart (`refused_short`).
#[must_use]
pub fn kind_name(entry: &Entry) -> String {
    let kind = bare_kind_name(entry.kind);
    let reason = reason_name(entry.reason);
    if reason.is_empty() || entry.reason == Reason::Unpriced {
        kind.to_owned()
    } else {
        format!("{kind}_{reason}")
    }
}

const fn bare_kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::OpeningGrant => "opening_grant",
        EntryKind::Opened => "opened",
        EntryKind::OpeningUsed => "opening_used",
        EntryKind::OpeningSubscription => "opening_subscription",
        EntryKind::OpeningDebt => "opening_debt",
        EntryKind::Measure => "measure",
        EntryKind::IssueAllowance => "issue_allowance",
        EntryKind::Issue => "issue",
        EntryKind::Land => "land",
        EntryKind::IssueRolloverMinimum => "issue_rollover_minimum",
        EntryKind::Burn => "burn",
        EntryKind::Repay => "repay",
        EntryKind::DebtIncurred => "debt_incurred",
        EntryKind::DebtForgiven => "debt_forgiven",
        EntryKind::DebtInvoiced => "debt_invoiced",
        EntryKind::Expire => "expire",
        EntryKind::Unexpire => "unexpire",
        EntryKind::Void => "void",
        EntryKind::Rollover => "rollover",
        EntryKind::HoldOpen => "hold_open",
        EntryKind::HoldExtend => "hold_extend",
        EntryKind::HoldSettle => "hold_settle",
        EntryKind::HoldRelease => "hold_release",
        EntryKind::HoldExpire => "hold_expire",
        EntryKind::HoldCharged => "hold_charged",
        EntryKind::HoldUncovered => "hold_uncovered",
        EntryKind::Incurred => "incurred",
        EntryKind::Charge => "charge",
        EntryKind::Refund => "refund",
        EntryKind::RefundIncurred => "refund_incurred",
        EntryKind::RefundBurn => "refund_burn",
        EntryKind::RefundDebt => "refund_debt",
        EntryKind::RefundRepaid => "refund_repaid",
        EntryKind::RefundInvoiced => "refund_invoiced",
        EntryKind::RefundForgiven => "refund_forgiven",
        EntryKind::RefundIssued => "refund_issued",
        EntryKind::Absorb => "absorb",
        EntryKind::Demanded => "demanded",
        EntryKind::Start => "start",
        EntryKind::Served => "served",
        EntryKind::Substituted => "substituted",
        EntryKind::Failed => "failed",
        EntryKind::Cancelled => "cancelled",
        EntryKind::Killed => "killed",
        EntryKind::Degraded => "degraded",
        EntryKind::Refused => "refused",
        EntryKind::Queued => "queued",
        EntryKind::Metered => "metered",
        EntryKind::LimitReset => "reset",
        EntryKind::RaiseAsked => "raise_asked",
        EntryKind::LimitRaised => "raised",
        EntryKind::RaiseRefused => "raise_refused",
        EntryKind::Lost => "lost",
        EntryKind::Paused => "paused",
        EntryKind::Resumed => "resumed",
        EntryKind::Alert => "alert",
        EntryKind::PurchaseOrdered => "purchase_ordered",
        EntryKind::PaymentDeclined => "payment_declined",
        EntryKind::BudgetBlocked => "budget_blocked",
        EntryKind::TopUpCeiling => "top_up_ceiling",
        EntryKind::Close => "close",
        EntryKind::Subscription => "subscription",
        EntryKind::SubscriptionEarned => "subscription_earned",
        EntryKind::PriceTaken => "price_taken",
        EntryKind::PriceGiven => "price_given",
        EntryKind::PriceOverTime => "price_over_time",
        EntryKind::PriceVoided => "price_voided",
        EntryKind::PaidBack => "paid_back",
        EntryKind::CreditNote => "credit_note",
        EntryKind::CreditOnBill => "credit_on_bill",
        EntryKind::CreditOnInvoice => "credit_on_invoice",
        EntryKind::LotEnd => "lot_end",
        EntryKind::Pooled => "pooled",
        EntryKind::Fee => "fee",
        EntryKind::InvoicePaid => "invoice_paid",
        EntryKind::Suspend => "suspend",
        EntryKind::Resume => "resume",
        EntryKind::WrittenOff => "written_off",
        EntryKind::RulesChanged => "rules_changed",
        EntryKind::SeatTaken => "seat_taken",
        EntryKind::SeatLeft => "seat_left",
        EntryKind::PlanChanged => "plan_changed",
        EntryKind::Churned => "churned",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::outcome::synthetic;
    use crate::units::Credits;

    fn rows(file: RowFile, organization: &OrganizationOutcome) -> Vec<csv::StringRecord> {
        let shape = synthetic::shape(&["block, hard", "overdraft"]);
        let mut bytes = file.header().into_bytes();
        file.append(&mut bytes, &shape, 3, organization);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        // The reader refuses rows whose length differs from the header's.
        reader.records().map(|record| record.unwrap()).collect()
    }

    fn specimen() -> OrganizationOutcome {
        let mut organization = synthetic::organization(&synthetic::shape(&["a", "b"]), 1, 5);
        let entry = Entry {
            at: SimTime::from_micros(0),
            kind: EntryKind::Refused,
            reason: Reason::Short,
            feature: Some(FeatureIndex(1)),
            serves: Some(FeatureIndex(1)),
            operation: 4,
            segment: 0,
            member: 2,
            project: 0,
            grant: 0,
            lot: 0,
            category: Default::default(),
            scope: 0,
            owner: 0,
            parent: None,
            credits: Credits::from_micros(1_500_000),
            money: Default::default(),
            until: SimTime::MAX,
            settled_after: Credits::ZERO,
            available_after: Credits::from_whole(-2),
            debt_after: Credits::ZERO,
            meter: None,
            rate: 0,
        };
        let attempt = AttemptRow {
            feature: 0,
            operation: 4,
            attempt: 1,
            member: 2,
            project: 0,
            plan: 0,
            arrived: SimTime::from_micros(0),
            decided: SimTime::from_micros(1_000_000),
            outcome: AttemptOutcome::InFlight,
            reason: Reason::None,
            estimate: None,
            cost: Credits::from_whole(3),
            charged: Credits::ZERO,
            ended: None,
        };
        let detail = Detail {
            cycles: vec![CycleRow::default()],
            limit_accounts: Vec::new(),
            attempts: vec![attempt],
            quantities: BTreeMap::from([((FeatureIndex(0), 4), Box::from([1.5]))]),
            groups: vec![None, None, Some(0)],
            journal: vec![entry],
        };
        organization.tallies[0].detail = Some(Box::new(detail));
        organization
    }

    #[test]
    fn every_policy_has_a_row_of_outcomes_and_names_are_quoted() {
        let rows = rows(RowFile::Organizations, &specimen());
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].iter().take(4).collect::<Vec<_>>(), ["3", "block, hard", "studios", "studios/5"]);
        let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        let (demanded, refused) =
            (&rows[1][column("operations_demanded")], &rows[1][column("operations_refused")]);
        let rate: f64 = rows[1][column("refusal_rate")].parse().unwrap();
        assert_eq!(rate, refused.parse::<f64>().unwrap() / demanded.parse::<f64>().unwrap());
        assert!(rows[0].iter().all(|name| name != "refusal_gini" && name != "churned_organizations_share"));
    }

    #[test]
    fn detail_rows_fill_their_columns() {
        let organization = specimen();
        let cells = |file| rows(file, &organization)[1].iter().skip(3).map(str::to_owned).collect::<Vec<_>>();
        let epoch = "1970-01-01T00:00:00Z";
        assert_eq!(cells(RowFile::Cycles)[..5], ["0", epoch, epoch, "0", "0"]);
        let of_operation =
            ["post", "4", "1", epoch, "1970-01-01T00:00:01Z", "in_flight", "", "", "3", "0", ""];
        let attempt = [of_operation.as_slice(), &["2", "sales, north", "0", "words=1.5", "plan"]].concat();
        assert_eq!(cells(RowFile::Operations), attempt);
        let entry = [
            "0",
            epoch,
            "refused_short",
            "campaign",
            "4",
            "0",
            "2",
            "0",
            "",
            "",
            "",
            "1.5",
            "0",
            "0",
            "-2",
            "0",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        ];
        assert_eq!(cells(RowFile::Journal), entry);
    }
}
