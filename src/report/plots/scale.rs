//! From values to pixels.

use super::super::picture::{AxisScale, PictureAxis};

/// A map from values to pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PixelScale {
    from: (f64, f64),
    to: (f64, f64),
    logarithmic: bool,
}

impl PixelScale {
    /// Maps the ends of an axis to two pixels.
    pub(super) fn of(axis: &PictureAxis, at_low: f64, at_high: f64) -> Self {
        let logarithmic = axis.scale == AxisScale::Logarithmic;
        let from =
            if logarithmic { (libm::log10(axis.low), libm::log10(axis.high)) } else { (axis.low, axis.high) };
        PixelScale { from, to: (at_low, at_high), logarithmic }
    }

    /// The pixel of a value; values beyond an end lie at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let ((low, high), (at_low, at_high)) = (self.from, self.to);
        let value = if self.logarithmic { libm::log10(value.max(1e-300)) } else { value };
        at_low + ((value - low) / (high - low)).clamp(0.0, 1.0) * (at_high - at_low)
    }
}
