//! Every message between actors: closed types, no answers but messages.
//!
//! The ground of the room: a message says what it carries and who may take the answer (`Recipient`), never which actor
//! that is; so each actor can be tested against a stub.

use std::io;
use std::sync::Arc;

use actix::prelude::*;

use crate::organization::{Refill, Workspace};
use crate::outcome::{OrganizationOutcome, Outcome};
use crate::units::{FeatureIndex, OrganizationId};

use super::panics::Said;
use super::rows::RowParts;

/// Organization → feature, "draw me more": the recycled buffer with the generator's state, and where the answer goes.
/// The address is shared, because cloning an actix address costs as much as drawing several operations.
#[derive(Debug)]
pub(super) struct DrawRequest {
    pub refill: Box<Refill>,
    pub from: Arc<Recipient<DrawnBatch>>,
}

/// Feature → organization: arrivals, or why there are none.
#[derive(Debug)]
pub(super) struct DrawnBatch(pub Result<Box<Refill>, DrawFailed>);

/// A feature that could not draw.
#[derive(Debug)]
pub(super) struct DrawFailed {
    pub feature: FeatureIndex,
    pub why: Why,
}

/// Why a feature could not draw.
#[derive(Debug)]
pub(super) enum Why {
    /// It panicked and said this.
    Said(Said),
    /// Its usage history could not be read.
    Unreadable(io::Error),
}

/// Wave → feature: nobody will ask any more.
#[derive(Debug)]
pub(super) struct Shutdown;

/// Organization → wave: it has ended; without a harvest it failed or was told to stop.
#[derive(Debug)]
pub(super) struct OrganizationFinished {
    pub place: RunPosition,
    pub harvest: Option<OrganizationResult>,
}

/// Where an organization stands in the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunPosition {
    pub replication: u32,
    /// Index of the unit.
    pub unit: u64,
    /// Place in the unit.
    pub place: u32,
    pub id: OrganizationId,
}

/// What an organization leaves behind.
#[derive(Debug)]
pub(super) struct OrganizationResult {
    pub operations: u64,
    pub outcome: OrganizationOutcome,
    pub space: Workspace,
}

/// Engine → wave: its arbiter runs.
#[derive(Debug)]
pub struct Start;

/// Wave → collector: rows of a unit whose organizations have all ended.
#[derive(Debug)]
pub(super) struct UnitRows {
    pub arbiter: usize,
    pub unit: u64,
    pub rows: RowParts,
    pub from: Arc<Recipient<RowsAccepted>>,
}

/// Collector → wave: a unit's rows are taken in.
#[derive(Debug)]
pub(super) struct RowsAccepted;

/// Wave → collector: what one arbiter's organizations of one replication did.
#[derive(Debug)]
pub(super) struct Contribution {
    pub replication: u32,
    pub arbiter: usize,
    /// Whole units in it.
    pub units: Vec<u64>,
    /// True if it holds nothing but them.
    pub whole: bool,
    /// Operations that its organizations demanded.
    pub operations: u64,
    pub outcome: Box<Outcome>,
}

/// Wave → collector: an arbiter has left.
#[derive(Debug)]
pub(super) struct ArbiterFinished;

/// Engine → collector: whoever has not left by now is not waited for.
#[derive(Debug)]
pub struct Close;

macro_rules! messages {
    ($($message:ty),*) => { $(impl Message for $message { type Result = (); })* };
}
messages!(
    DrawRequest,
    DrawnBatch,
    Shutdown,
    OrganizationFinished,
    Start,
    UnitRows,
    RowsAccepted,
    Contribution,
    ArbiterFinished,
    Close
);
