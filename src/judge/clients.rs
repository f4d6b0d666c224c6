//! Reactive clients: demand that waits for what it meets (docs/semantics.md §1.8).
//!
//! Owns who asks when. Leaves what a request costs to its source, and what becomes of it to `check`.

use crate::units::{FeatureIndex, SimSpan};
use crate::workload::Batch;

use super::AskedOperation;
use super::account::Judged;
use super::agenda::Coming;
use super::work::JudgedWork;

/// A client of a feature that makes its next request when its last one has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedClient {
    feature: FeatureIndex,
    /// Its number among the feature's clients.
    number: u32,
    /// Requests so far.
    requests: u32,
}

impl Judged<'_> {
    /// Every client makes its first request some time after the account opens.
    pub fn clients_begin(&mut self) {
        for index in 0..self.case.features.len() {
            if !self.case.traits.enabled.get(index).copied().unwrap_or(true) {
                continue;
            }
            let first: Vec<_> = self.case.features[index].source.first_requests(self.case.traits).collect();
            for (number, wait) in (0_u32..).zip(first) {
                let client = self.clients.len();
                self.clients.push(JudgedClient { feature: FeatureIndex(index as u16), number, requests: 0 });
                self.client_comes(client, wait);
            }
        }
    }

    /// A client asks after so long, unless the organization has left by then.
    fn client_comes(&mut self, client: usize, wait: SimSpan) {
        let JudgedClient { feature, number, .. } = self.clients[client];
        let at = self.now + wait;
        if at < self.case.traits.leaves {
            self.to_come.add(at, (u32::from(feature.0), number, 0), Coming::ClientAsks { client });
        }
    }

    /// A client's request arrives; those of a feature are numbered as they come.
    pub fn client_asks(&mut self, client: usize) {
        let JudgedClient { feature, number, requests } = self.clients[client];
        self.clients[client].requests += 1;
        let source = self.case.features[feature.index()].source;
        let mut drawn = Batch::default();
        let found = source.client_operation(self.case.traits, number, requests, None, &mut drawn);
        let Some((_, mut operation)) = found.filter(|_| !self.churned) else { return };
        let earlier = self.work.iter().filter(|work| work.operation.feature == feature).count();
        (operation.at, operation.feature, operation.sequence) = (self.now, feature, earlier as u32);
        let work = self.work.len();
        let Batch { parts, prices, part_prices, quantities, .. } = drawn;
        let asked = AskedOperation { operation, parts, prices, part_prices, quantities };
        self.work.push(JudgedWork { client: Some(client), ..JudgedWork::new(&asked) });
        self.arrives(work);
    }

    /// An operation has ended, one way or the other: a client who waited for it thinks about its next.
    pub fn client_thinks(&mut self, work: usize) {
        let Some(client) = self.work[work].client.take() else { return };
        let JudgedClient { feature, number, requests } = self.clients[client];
        let source = self.case.features[feature.index()].source;
        let found = source.client_operation(self.case.traits, number, requests, None, &mut Batch::default());
        if let Some((think, _)) = found {
            self.client_comes(client, think);
        }
    }
}
