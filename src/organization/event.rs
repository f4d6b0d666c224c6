//! Events of an organization's trace: what they are and which of them are alike.
//!
//! Leaves which events there are to `trace`, and what they sum up to to `sums`.

use crate::units::{Credits, FeatureIndex, SimTime};

/// What an event of the trace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A plain operation arrives; unless its feature is free, its end follows in the trace.
    Arrival,
    /// A plain operation ends that was admitted as it arrived.
    End,
    /// An operation arrives that needs to be looked at in full: its end is not in the trace.
    Special,
}

/// The kind and the feature of an event in one number, an index into tables of [`EventClass::count`] entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventClass(u16);

impl EventClass {
    /// A power of two, so that feature and kind are found without a division.
    const KINDS: u16 = 4;

    /// The class of a kind of event of a feature.
    #[must_use]
    pub const fn new(feature: FeatureIndex, kind: EventKind) -> EventClass {
        EventClass(feature.0 * EventClass::KINDS + kind as u16)
    }

    /// Classes of so many features.
    #[must_use]
    pub const fn count(features: usize) -> usize {
        features * EventClass::KINDS as usize
    }

    /// The feature.
    #[must_use]
    pub const fn feature(self) -> FeatureIndex {
        FeatureIndex(self.0 / EventClass::KINDS)
    }

    /// The kind of event.
    #[must_use]
    pub const fn kind(self) -> EventKind {
        match self.0 % EventClass::KINDS {
            0 => EventKind::Arrival,
            1 => EventKind::End,
            _ => EventKind::Special,
        }
    }

    /// As an index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Something in the trace of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceEvent {
    /// When.
    pub at: SimTime,
    /// True cost of the operation (credits).
    pub cost: Credits,
    /// Of an arrival: the operation's place in its batch. Of an end: the operation's sequence number.
    pub number: u32,
    /// Of an operation that ends in the trace: its number among those in flight.
    pub slot: u32,
    /// What and of which feature.
    pub class: EventClass,
    /// Of an arrival: the batch that holds the operation. Of an end: the member who asked for it.
    pub source: u16,
}

impl TraceEvent {
    /// The member who asked for an operation that ends.
    #[must_use]
    pub fn member(&self) -> u16 {
        self.source
    }
}
