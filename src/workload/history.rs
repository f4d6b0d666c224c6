//! Usage histories: files of past usage that are replayed.

/// A usage history and how its columns are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistorySpec {}
