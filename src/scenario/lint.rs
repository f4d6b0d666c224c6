//! What `creditsim check` points out: contradictions and omissions that run, but are worth a thought.

use super::model::Scenario;
use super::reading::{Node, Reader};

/// Warns about what runs but is probably not meant.
pub(super) fn warn_about(_reader: &Reader, _root: &Node, _scenario: &Scenario) {}
