//! Room experiment.
