//! Rows of single organizations, typed, for a sink of the user's own.
//!
//! Owns the types of rows and reading them. Leaves which rows there are, and their order, to `report`: what a sink gets is
//! what the CSV of the same name holds, row by row, whatever the number of threads.

use std::io;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use csv::StringRecord;
use serde::{Deserialize, Deserializer};

use crate::outcome::METRICS;
use crate::report::{RowFile, unguarded};
use crate::units::{Credits, Money, SimTime};

use super::OutcomeName;

/// Kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rows {
    /// One for each replication, policy and organization: every outcome of it.
    Organizations,
    /// One for each attempt to start an operation.
    Operations,
    /// One for each entry of an account's ledger.
    Journal,
}

/// Takes rows while a run goes on: by replication, then organization, then policy, then time, on one thread.
///
/// What is not overridden is let go. A sink that fails ends the run with [`super::SimulationError::Sink`]. To look into a
/// sink after the run give the simulation an `Arc<Mutex<…>>` of it.
pub trait RowSink: Send {
    /// Takes all outcomes of one organization under one policy ([`Rows::Organizations`]).
    ///
    /// # Errors
    /// What keeps the sink from taking it.
    fn organization(&mut self, row: &OrganizationRow) -> io::Result<()> {
        let _ = row;
        Ok(())
    }

    /// Takes an attempt to start an operation ([`Rows::Operations`]).
    ///
    /// # Errors
    /// What keeps the sink from taking it.
    fn operation(&mut self, row: &OperationRow) -> io::Result<()> {
        let _ = row;
        Ok(())
    }

    /// Takes an entry of an account's ledger ([`Rows::Journal`]).
    ///
    /// # Errors
    /// What keeps the sink from taking it.
    fn journal_entry(&mut self, row: &JournalRow) -> io::Result<()> {
        let _ = row;
        Ok(())
    }
}

impl<S: RowSink> RowSink for Arc<Mutex<S>> {
    fn organization(&mut self, row: &OrganizationRow) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).organization(row)
    }

    fn operation(&mut self, row: &OperationRow) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).operation(row)
    }

    fn journal_entry(&mut self, row: &JournalRow) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).journal_entry(row)
    }
}

/// All outcomes of one organization under one policy in one replication.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OrganizationRow {
    /// From 0.
    pub replication: u32,
    /// Name of the policy.
    pub policy: String,
    /// Name of the cohort.
    pub cohort: String,
    /// `COHORT/NUMBER`, or `COHORT/LABEL` for an organization from a usage history.
    pub organization: String,
    /// The plan that it began on.
    pub plan: String,
    /// By place in the list of outcomes.
    values: Vec<Option<f64>>,
}

impl OrganizationRow {
    /// An outcome of the organization; none where it does not apply, or is defined for many organizations only.
    #[must_use]
    pub fn outcome(&self, outcome: OutcomeName) -> Option<f64> {
        self.values.get(outcome.place()).copied().flatten()
    }
}

/// An attempt to start an operation (the columns of `operations.csv`, `docs/output.md`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct OperationRow {
    /// From 0.
    pub replication: u32,
    /// Name of the policy.
    #[serde(deserialize_with = "text")]
    pub policy: String,
    /// `COHORT/NUMBER`, or `COHORT/LABEL`.
    #[serde(deserialize_with = "text")]
    pub organization: String,
    /// The feature that was asked.
    #[serde(deserialize_with = "text")]
    pub feature: String,
    /// Number among those of the organization for the feature, from 0.
    pub operation: u32,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// When the operation was demanded.
    #[serde(deserialize_with = "written")]
    pub arrived: SimTime,
    /// When the attempt was decided.
    #[serde(deserialize_with = "written")]
    pub decided: SimTime,
    /// `served`, `refused`, `queued`, `killed`, …
    pub outcome: String,
    /// Why, where there is a reason to tell (`short`, `concurrency`, …); else empty.
    pub reason: String,
    /// What it was expected to cost, if the check looked at that (credits).
    #[serde(deserialize_with = "written_or_none")]
    pub estimate: Option<Credits>,
    /// What it costs if it completes (credits).
    #[serde(deserialize_with = "written")]
    pub cost: Credits,
    /// What was charged for it (credits).
    #[serde(deserialize_with = "written")]
    pub charged: Credits,
    /// When the attempt ended; absent while it is at work at the end.
    #[serde(deserialize_with = "written_or_none")]
    pub ended: Option<SimTime>,
    /// The member who asked, from 0; absent if no person did.
    #[serde(deserialize_with = "member")]
    pub member: Option<u16>,
    /// The member's group, if it has one; else empty.
    #[serde(deserialize_with = "text")]
    pub group: String,
    /// The project it was for, from 0.
    pub project: u16,
    /// `NAME=VALUE;…`: the quantities that are known of it.
    #[serde(deserialize_with = "text")]
    pub quantities: String,
    /// The plan at the time.
    #[serde(deserialize_with = "text")]
    pub plan: String,
}

/// An entry of an account's ledger (`journal.csv` of `docs/output.md` lists the kinds).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct JournalRow {
    /// From 0.
    pub replication: u32,
    /// Name of the policy.
    #[serde(deserialize_with = "text")]
    pub policy: String,
    /// `COHORT/NUMBER`, or `COHORT/LABEL`.
    #[serde(deserialize_with = "text")]
    pub organization: String,
    /// Number within the journal of the account, from 0.
    pub seq: u64,
    /// When.
    #[serde(deserialize_with = "written")]
    pub at: SimTime,
    /// What: `burn`, `hold_open`, `refused_short`, …
    pub kind: String,
    /// Whose operation; empty if the entry is about none.
    #[serde(deserialize_with = "text")]
    pub feature: String,
    /// Which operation.
    pub operation: Option<u32>,
    /// Which of its charges.
    pub segment: Option<u32>,
    /// The member who asked.
    #[serde(deserialize_with = "member")]
    pub member: Option<u16>,
    /// The project it was for.
    pub project: Option<u16>,
    /// Which grant.
    pub grant: Option<u64>,
    /// `promotional`, `included` or `purchased`; empty if the entry is about no grant.
    pub category: String,
    /// The grant it came from.
    pub parent: Option<u64>,
    /// How many (credits).
    #[serde(deserialize_with = "written")]
    pub credits: Credits,
    /// For how much (units of the scenario's currency); absent without a currency or a price.
    #[serde(deserialize_with = "written_or_none")]
    pub money: Option<Money>,
    /// Usable credits less debt, after it.
    #[serde(deserialize_with = "written")]
    pub settled_after: Credits,
    /// Settled less open holds, after it.
    #[serde(deserialize_with = "written")]
    pub available_after: Credits,
    /// Debt after it (credits).
    #[serde(deserialize_with = "written")]
    pub debt_after: Credits,
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let cell = String::deserialize(from)?;
    Ok(unguarded(&cell).to_owned())
}

fn written<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<T, D::Error> {
    let cell = String::deserialize(from)?;
    cell.parse().map_err(|_| serde::de::Error::custom(format!("`{cell}` is none that is written")))
}

fn written_or_none<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<Option<T>, D::Error> {
    let Some(cell) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let read =
        cell.parse().map_err(|_| serde::de::Error::custom(format!("`{cell}` is none that is written")));
    read.map(Some)
}

/// A member by number, `none`, or nothing at all.
fn member<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let cell = Option::<String>::deserialize(from)?.filter(|cell| cell != "none");
    cell.map(|cell| cell.parse().map_err(serde::de::Error::custom)).transpose()
}

/// Hands rows of one file to a sink.
pub(super) struct TypedRows {
    kind: Rows,
    columns: StringRecord,
    /// Where each outcome stands, by its place in the list of outcomes.
    outcomes: Vec<Option<usize>>,
}

impl TypedRows {
    pub(super) fn new(kind: Rows) -> Self {
        let columns: StringRecord = kind.file().header().trim_end().split(',').collect::<Vec<_>>().into();
        let place = |name: &str| columns.iter().position(|column| column == name);
        let outcomes = METRICS.iter().map(|metric| place(metric.name)).collect();
        TypedRows { kind, columns, outcomes }
    }

    pub(super) fn hand_on(&self, row: &StringRecord, sink: &mut dyn RowSink) -> io::Result<()> {
        let broken = |error: csv::Error| io::Error::new(io::ErrorKind::InvalidData, error);
        match self.kind {
            Rows::Operations => sink.operation(&row.deserialize(Some(&self.columns)).map_err(broken)?),
            Rows::Journal => sink.journal_entry(&row.deserialize(Some(&self.columns)).map_err(broken)?),
            Rows::Organizations => sink.organization(&self.organization(row)),
        }
    }

    fn organization(&self, row: &StringRecord) -> OrganizationRow {
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let own = |name: &str| {
            let place = self.columns.iter().position(|column| column == name);
            unguarded(place.map_or("", cell)).to_owned()
        };
        let value = |place: &Option<usize>| cell((*place)?).parse().ok();
        OrganizationRow {
            replication: cell(0).parse().unwrap_or_default(),
            policy: own("policy"),
            cohort: own("cohort"),
            organization: own("organization"),
            plan: own("plan"),
            values: self.outcomes.iter().map(value).collect(),
        }
    }
}

impl Rows {
    pub(super) const fn file(self) -> RowFile {
        match self {
            Rows::Organizations => RowFile::Organizations,
            Rows::Operations => RowFile::Operations,
            Rows::Journal => RowFile::Journal,
        }
    }
}
