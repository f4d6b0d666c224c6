//! What one organization asks for, drawn once more from the start.

use std::io;
use std::sync::Arc;

use crate::units::SimTime;
use crate::workload::{Batch, Source, SourceState, Traits};

use super::AskedOperation;

/// Every operation of an organization before `end`, in the order of arrival, features in file order, numbers; `begin` gives the
/// state of a source before its first arrival.
///
/// # Errors
/// A usage history on disk that cannot be read.
pub fn asked(
    sources: &[Arc<Source>],
    traits: &Traits,
    end: SimTime,
    begin: impl Fn(&Source, &Traits) -> SourceState,
) -> Result<Vec<AskedOperation>, io::Error> {
    let mut all = Vec::new();
    for (feature, source) in sources.iter().enumerate() {
        if !traits.enabled.get(feature).copied().unwrap_or(true) {
            continue;
        }
        let mut state = begin(source, traits);
        let mut batch = Batch::default();
        loop {
            source.fill(&mut state, &mut batch, 1_000)?;
            all.extend((0..batch.operations.len()).map(|place| AskedOperation::of(&batch, place)));
            if batch.operations.is_empty() || batch.upto >= end {
                break;
            }
        }
    }
    all.sort_by_key(|asked| (asked.operation.at, asked.operation.feature, asked.operation.sequence));
    Ok(all)
}
