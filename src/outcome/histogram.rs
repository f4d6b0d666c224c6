//! Signed log-linear histograms that merge exactly.

/// A histogram of signed integers: 32 cells an octave, relative error ≤ 3.2 %, each cell keeps count and sum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    cells: Vec<(i32, u64, i128)>,
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: i64) {
        self.record_many(value, 1);
    }

    /// Counts a value `count` times.
    pub fn record_many(&mut self, _value: i64, _count: u64) {
        self.cells.push((0, 0, 0));
    }
}
