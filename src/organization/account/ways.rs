//! Which way operations went: in bulk, by the fast path, by the slow path.
//!
//! Owns the counters alone. They are in no result, because all ways do the same; tests and `creditsim bench` read them,
//! so that nobody believes in a shortcut that nothing takes.

/// What an account took which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WaysTaken {
    /// Paid operations that arrived within bulk intervals.
    pub bulk: u64,
    /// … that were admitted by the fast path.
    pub fast: u64,
    /// … that were followed one step at a time from their arrival.
    pub slow: u64,
    /// Events of the trace, of whatever feature and kind.
    pub events: u64,
    /// Those of them within bulk intervals.
    pub bulk_events: u64,
    /// … of an account whose operations are held.
    pub held_events: u64,
    /// … of an account with balances below some threshold.
    pub low_events: u64,
    /// … of an account with limits, summed up …
    pub limited_events: u64,
    /// … or counted by meters one after the other.
    pub metered_events: u64,
    /// Bulk intervals that ended because the next event would have crossed a threshold.
    pub stopped: u64,
}

impl WaysTaken {
    /// Adds what another account took.
    pub fn add(&mut self, other: &WaysTaken) {
        let WaysTaken { bulk, fast, slow, events, bulk_events, held_events, low_events, .. } = other;
        let WaysTaken { limited_events, metered_events, stopped, .. } = other;
        self.bulk += bulk;
        self.fast += fast;
        self.slow += slow;
        self.events += events;
        self.bulk_events += bulk_events;
        self.held_events += held_events;
        self.low_events += low_events;
        self.limited_events += limited_events;
        self.metered_events += metered_events;
        self.stopped += stopped;
    }

    /// Shares of the paid operations that went (in bulk, by the fast path, by the slow path); none if there was none.
    #[must_use]
    pub fn shares(&self) -> Option<[f64; 3]> {
        let all = self.bulk + self.fast + self.slow;
        (all > 0).then(|| [self.bulk, self.fast, self.slow].map(|part| part as f64 / all as f64))
    }
}
