//! The customer: what people remember, expect and are about to do (docs/semantics.md §9).
//!
//! Owns refusals and alerts as they are remembered, whether the organization has left, who waits for credits, what
//! earlier operations cost, and the clients that ask again when they are answered. Leaves choices to the conductor, which
//! draws them by key. Invariant: whoever has left does not come back.

use std::collections::VecDeque;
use std::fmt::Debug;

use crate::policy::HistoryEstimate;
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

/// A refusal with no alert in this span before it is a surprise.
const SURPRISE: SimSpan = SimSpan::from_seconds(7 * 86_400);

/// True costs of earlier operations of one feature: of each by the feature's own rate, then by every other if cards price it.
#[derive(Debug, Clone, Default)]
struct CostHistory {
    first: Option<Box<[Credits]>>,
    last: VecDeque<Box<[Credits]>>,
}

/// By one of the rates.
fn by(rate: u16, costs: &[Credits]) -> Credits {
    costs.get(usize::from(rate)).copied().unwrap_or(costs[0])
}

/// A reactive client: of which feature, which of its clients, and the number of its next operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    pub(super) feature: FeatureIndex,
    pub(super) client: u32,
    pub(super) number: u32,
}

/// The customer behind one account.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    /// Since when credits have been refused without a served operation.
    episode: Option<SimTime>,
    recent: VecDeque<SimTime>,
    /// How often so many refusals fell close together that the organization may leave.
    reached: u32,
    churned: bool,
    last_alert: Option<SimTime>,
    /// Operations that wait for credits.
    waiting: Vec<u32>,
    history: Vec<CostHistory>,
    clients: Vec<Client>,
    /// Next sequence number of each feature's clients' operations.
    sequences: Vec<u32>,
    /// The client whose operation arrives just now, plus one; 0 is none.
    arriving: u32,
}

impl Customer {
    /// Of an account with so many features.
    pub(super) fn new(features: usize) -> Customer {
        Customer {
            episode: None,
            recent: VecDeque::new(),
            reached: 0,
            churned: false,
            last_alert: None,
            waiting: Vec::new(),
            history: vec![CostHistory::default(); features],
            clients: Vec::new(),
            sequences: vec![0; features],
            arriving: 0,
        }
    }

    /// What lasts of what the customer remembers, to compare two accounts by.
    pub(super) fn lasting(&self) -> impl Debug + '_ {
        (&self.history, self.episode, self.churned)
    }

    /// Credits are refused.
    pub(super) fn refused_credits(&mut self, at: SimTime) {
        self.episode.get_or_insert(at);
    }

    /// True if credits have been refused since an operation was last served.
    #[inline]
    pub(super) fn is_refused(&self) -> bool {
        self.episode.is_some()
    }

    /// An operation is served: returns since when credits had been refused, if they had.
    #[inline]
    pub(super) fn end_refusals(&mut self) -> Option<SimTime> {
        self.episode.take()
    }

    /// A refusal is remembered; returns how often so many of them have fallen within a span, if they have now.
    pub(super) fn remember_refusal(&mut self, at: SimTime, most: u32, within: SimSpan) -> Option<u32> {
        self.recent.push_back(at);
        while self.recent.front().is_some_and(|first| at - *first > within) {
            self.recent.pop_front();
        }
        if self.recent.len() < most as usize {
            return None;
        }
        self.recent.clear();
        self.reached += 1;
        Some(self.reached)
    }

    /// The organization leaves.
    pub(super) fn leave(&mut self) {
        self.churned = true;
    }

    /// The organization has left.
    #[inline]
    pub(super) fn has_churned(&self) -> bool {
        self.churned
    }

    /// People hear an alert.
    pub(super) fn hear_alert(&mut self, at: SimTime) {
        self.last_alert = Some(at);
    }

    /// A refusal at this instant is a surprise: no alert came before it.
    pub(super) fn is_surprised(&self, at: SimTime) -> bool {
        self.last_alert.is_none_or(|alert| at - alert > SURPRISE)
    }

    /// An operation waits for credits.
    pub(super) fn wait(&mut self, slot: u32) {
        self.waiting.push(slot);
    }

    /// An operation waits for credits no longer.
    pub(super) fn stop_waiting(&mut self, slot: u32) {
        self.waiting.retain(|waiting| *waiting != slot);
    }

    /// True if operations wait for credits.
    #[inline]
    pub(super) fn somebody_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whoever waits for credits, who does so no longer.
    pub(super) fn take_waiting(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.waiting)
    }

    /// Those of them that are looked for.
    pub(super) fn take_waiting_if(&mut self, wanted: impl Fn(u32) -> bool) -> Vec<u32> {
        let (taken, left) = std::mem::take(&mut self.waiting).into_iter().partition(|slot| wanted(*slot));
        self.waiting = left;
        taken
    }

    /// What earlier operations of a feature cost, by a rule and one of the feature's rates; none before the first.
    pub(super) fn estimate(
        &self,
        feature: FeatureIndex,
        rule: HistoryEstimate,
        rate: u16,
    ) -> Option<Credits> {
        let history = &self.history[feature.index()];
        match rule {
            HistoryEstimate::First => history.first.as_ref().map(|costs| by(rate, costs)),
            HistoryEstimate::Last => history.last.back().map(|costs| by(rate, costs)),
            HistoryEstimate::Mean(n) => {
                let recent = history.last.iter().rev().take(n as usize);
                let count = i64::try_from(recent.len()).ok().filter(|count| *count > 0)?;
                Some(recent.map(|costs| by(rate, costs)).sum::<Credits>().scale_floor(1, count))
            }
        }
    }

    /// An operation of a feature cost so much by each of its rates; `depth` of them are remembered.
    pub(super) fn remember_cost(&mut self, feature: FeatureIndex, depth: usize, costs: &[Credits]) {
        let history = &mut self.history[feature.index()];
        history.first.get_or_insert_with(|| costs.into());
        history.last.push_back(costs.into());
        while history.last.len() > depth {
            history.last.pop_front();
        }
    }

    /// A reactive client begins to ask; returns its place.
    pub(super) fn add_client(&mut self, feature: FeatureIndex, client: u32) -> u32 {
        self.clients.push(Client { feature, client, number: 0 });
        (self.clients.len() - 1) as u32
    }

    /// A reactive client by its place.
    pub(super) fn client(&self, place: u32) -> Client {
        self.clients[place as usize]
    }

    /// A client asks, whose next operation has the next number; returns the one that it asks for now.
    pub(super) fn client_asks(&mut self, place: u32) -> Client {
        let client = &mut self.clients[place as usize];
        client.number += 1;
        Client { number: client.number - 1, ..*client }
    }

    /// Sequence number of the next operation of a feature's clients.
    pub(super) fn next_sequence(&mut self, feature: FeatureIndex) -> u32 {
        let sequence = &mut self.sequences[feature.index()];
        *sequence += 1;
        *sequence - 1
    }

    /// The operation of a client arrives just now, or none does.
    pub(super) fn set_arriving(&mut self, place: Option<u32>) {
        self.arriving = place.map_or(0, |place| place + 1);
    }

    /// The client whose operation arrives just now, plus one; 0 is none.
    #[inline]
    pub(super) fn arriving(&self) -> u32 {
        self.arriving
    }
}
