//! What readers of single tables may need to know of the scenario as a whole.

use crate::units::SimTime;
use crate::workload::Work;

use super::base::Base;

/// What every reader below may need to know of the scenario as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'f> {
    /// Start of the horizon.
    pub start: SimTime,
    /// End of the horizon.
    pub end: SimTime,
    /// Features in file order.
    pub features: &'f [String],
    /// Names of the quantities of each feature; empty until the features are read.
    pub quantities: &'f [Vec<&'f str>],
    /// What an operation of each feature consists of; empty until the features are read.
    pub works: &'f [&'f Work],
    /// Groups that cohorts and operations name, each once.
    pub groups: &'f [String],
    /// Histories in file order.
    pub histories: &'f [String],
    /// What file names are relative to.
    pub base: &'f Base,
}
