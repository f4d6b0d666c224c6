//! The grants that are written down: which there are, when they are given, and the lots they gave.
//!
//! Owns the written-down grants of the plans that the account has been on and of the customer, and the ids of all grants.
//! Leaves issuing to the conductor. Invariant: no id is given twice.

use crate::ledger::LotSerial;
use crate::policy::GrantSpec;
use crate::units::SimTime;

/// A written-down grant of one account.
#[derive(Debug, Clone)]
struct WrittenGrant {
    spec: GrantSpec,
    /// Id of its first lot.
    id: u32,
    /// Its present lots, one for each owner.
    lots: Vec<LotSerial>,
    /// When it is given if it names no instant.
    start: SimTime,
    /// Which list of plans' grants it is of; none for the customer's.
    list: Option<usize>,
}

/// The grants written down for one account, and ids for the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Issuance {
    /// The plan's, then the customer's, then those of plans that were entered since.
    grants: Vec<WrittenGrant>,
    /// Lists given so far.
    given: Vec<usize>,
    next_id: u32,
}

impl Issuance {
    /// Takes over a plan's grants and the customer's, and numbers those without an id in that order, before any other lot.
    pub(super) fn open(&mut self, list: usize, plan: &[GrantSpec], customer: &[GrantSpec], start: SimTime) {
        self.next_id = plan.iter().chain(customer).filter_map(|spec| spec.id).max().unwrap_or(0);
        let of_plan = plan.iter().map(|spec| (spec, Some(list)));
        for (spec, list) in of_plan.chain(customer.iter().map(|spec| (spec, None))) {
            let id = spec.id.unwrap_or_else(|| self.new_id());
            self.grants.push(WrittenGrant { spec: spec.clone(), id, lots: Vec::new(), start, list });
        }
        self.given = vec![list];
    }

    /// True once a list of grants has been given.
    pub(super) fn has_given(&self, list: usize) -> bool {
        self.given.contains(&list)
    }

    /// A list of grants is given.
    pub(super) fn give(&mut self, list: usize) {
        self.given.push(list);
    }

    /// Adds a grant of a list, given at `start`; its id is its own if nothing has it yet. Returns its number.
    pub(super) fn add(&mut self, list: usize, spec: GrantSpec, start: SimTime) -> u32 {
        let free = spec.id.filter(|id| !self.grants.iter().any(|grant| grant.id == *id));
        let id = free.unwrap_or_else(|| self.new_id());
        self.next_id = self.next_id.max(id);
        self.grants.push(WrittenGrant { spec, id, lots: Vec::new(), start, list: Some(list) });
        (self.grants.len() - 1) as u32
    }

    /// An id that no written-down grant has.
    pub(super) fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// Numbers of all grants, in the order of their ids.
    pub(super) fn by_id(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.grants.len() as u32).collect();
        order.sort_by_key(|&index| self.id(index));
        order
    }

    /// What is written down of a grant.
    pub(super) fn spec(&self, index: u32) -> &GrantSpec {
        &self.grants[index as usize].spec
    }

    /// Id of its first lot.
    pub(super) fn id(&self, index: u32) -> u32 {
        self.grants[index as usize].id
    }

    /// When it starts.
    pub(super) fn start_of(&self, index: u32) -> SimTime {
        let grant = &self.grants[index as usize];
        grant.spec.effective_at.unwrap_or(grant.start)
    }

    /// Which list of plans' grants it is of; none for the customer's.
    pub(super) fn list(&self, index: u32) -> Option<usize> {
        self.grants[index as usize].list
    }

    /// Its present lots.
    pub(super) fn lots(&self, index: u32) -> Vec<LotSerial> {
        self.grants[index as usize].lots.clone()
    }

    /// It has given these lots.
    pub(super) fn set_lots(&mut self, index: u32, lots: Vec<LotSerial>) {
        self.grants[index as usize].lots = lots;
    }
}
