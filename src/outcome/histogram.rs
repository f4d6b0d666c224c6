//! Signed log-linear histograms that merge exactly.
//!
//! Magnitudes below 32 have a cell each; above, every octave is cut into 32 cells. A cell keeps how many values fell
//! into it and their exact sum, so that a cell holding one distinct value answers with exactly that value.
//!
//! Our own, because `hdrhistogram` and its kin count unsigned values without their sums: they would round every quantile, need a
//! second one for negative errors of estimates, and have no mean that merges exactly.

use crate::deliberate::Deliberate;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Cells in an octave.
const CELLS_PER_OCTAVE: u64 = 32;
/// `log2` of [`CELLS_PER_OCTAVE`].
const OCTAVE_SHIFT: u32 = 5;

/// Largest relative distance between a value and another one in its cell.
pub const RELATIVE_ERROR: f64 = 1.0 / CELLS_PER_OCTAVE as f64;

/// A histogram of signed integers: 32 cells an octave, relative error ≤ 3.2 %, each cell keeps count and sum.
///
/// An empty histogram owns no memory; a filled one owns the octaves that hold a value, and a place for each between
/// them. Its size soon stops growing with the number of values, and finding a cell takes no search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Index of the first cell of the first octave, divided by 32.
    first: i16,
    /// From the lowest octave that holds a value to the highest.
    octaves: Vec<Option<Box<Octave>>>,
}

/// What fell into 32 neighbouring cells.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Octave {
    counts: [u64; CELLS_PER_OCTAVE as usize],
    sums: [i128; CELLS_PER_OCTAVE as usize],
}

/// How many values fell into a cell, and their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HistogramCell {
    count: u64,
    sum: i128,
}

impl HistogramCell {
    fn mean(&self) -> f64 {
        self.sum as f64 / self.count as f64
    }
}

impl Octave {
    const EMPTY: Octave =
        Octave { counts: [0; CELLS_PER_OCTAVE as usize], sums: [0; CELLS_PER_OCTAVE as usize] };

    fn merge(&mut self, other: &Octave) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own += other;
        }
        for (own, other) in self.sums.iter_mut().zip(&other.sums) {
            *own += if Deliberate::HistogramSumsForgotten.is_made() { 0 } else { *other };
        }
    }
}

/// The cell of a value; ascending with the value.
pub(super) fn index_of(value: i64) -> i16 {
    let magnitude = value.unsigned_abs();
    let index = if magnitude < CELLS_PER_OCTAVE {
        magnitude
    } else {
        let octave = u64::from(magnitude.ilog2() - OCTAVE_SHIFT);
        let within = (magnitude >> octave) - CELLS_PER_OCTAVE;
        CELLS_PER_OCTAVE * (octave + 1) + within
    };
    // At most 32 · 60 + 31 by construction, so the conversion cannot truncate.
    let index = index as i16;
    if value < 0 { -index } else { index }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: i64) {
        self.record_many(value, 1);
    }

    /// Counts a value `count` times.
    pub fn record_many(&mut self, value: i64, count: u64) {
        if count > 0 {
            self.add(index_of(value), &HistogramCell { count, sum: i128::from(value) * i128::from(count) });
        }
    }

    /// Counts one value in the cell of `value / grain`: values closer to zero than 32 grains share cells of one grain
    /// each, so that a long tail of tiny ones takes no memory. The sums stay exact. Histograms that are merged must
    /// have been recorded with the same grain.
    pub fn record_grained(&mut self, value: i64, grain: i64) {
        self.add(index_of(value / grain), &HistogramCell { count: 1, sum: i128::from(value) });
    }

    fn add(&mut self, index: i16, cell: &HistogramCell) {
        let within = index.rem_euclid(CELLS_PER_OCTAVE as i16) as usize;
        let cells = self.octave(index.div_euclid(CELLS_PER_OCTAVE as i16));
        cells.counts[within] += cell.count;
        cells.sums[within] += cell.sum;
    }

    #[inline]
    fn octave(&mut self, key: i16) -> &mut Octave {
        let place = key.wrapping_sub(self.first) as usize;
        if !self.octaves.get(place).is_some_and(Option::is_some) {
            self.add_octave(key);
        }
        let place = key.wrapping_sub(self.first) as usize;
        self.octaves[place].get_or_insert_with(|| Box::new(Octave::EMPTY))
    }

    /// Makes a place for an octave, and for those between it and the others.
    #[cold]
    fn add_octave(&mut self, key: i16) {
        if self.octaves.is_empty() {
            self.first = key;
        }
        if key < self.first {
            let before = (self.first - key) as usize;
            self.octaves.splice(0..0, std::iter::repeat_with(|| None).take(before));
            self.first = key;
        }
        let wanted = (key - self.first) as usize + 1;
        if self.octaves.len() < wanted {
            self.octaves.resize_with(wanted, || None);
        }
    }

    /// Adds everything `other` has counted.
    pub fn merge(&mut self, other: &Histogram) {
        if self.octaves.is_empty() {
            self.clone_from(other);
            return;
        }
        let lost = usize::from(Deliberate::HistogramTailForgotten.is_made());
        let octaves = &other.octaves[..other.octaves.len().saturating_sub(lost)];
        for (octave, key) in octaves.iter().zip(other.first..) {
            if let Some(octave) = octave {
                self.octave(key).merge(octave);
            }
        }
    }

    /// The occupied cells, in order of value.
    fn occupied(&self) -> impl Iterator<Item = HistogramCell> + '_ {
        self.octaves.iter().flatten().flat_map(|octave| {
            let cells = octave.counts.iter().zip(&octave.sums);
            cells.map(|(&count, &sum)| HistogramCell { count, sum }).filter(|cell| cell.count > 0)
        })
    }

    /// The occupied cells with their indices, ascending.
    fn indexed(&self) -> impl Iterator<Item = (i16, HistogramCell)> + '_ {
        let width = CELLS_PER_OCTAVE as i16;
        self.octaves
            .iter()
            .zip(self.first..)
            .filter_map(|(octave, key)| Some((octave.as_ref()?, key)))
            .flat_map(move |(octave, key)| {
                let cells = octave.counts.iter().zip(&octave.sums).zip(key * width..);
                let cells = cells.map(|((&count, &sum), index)| (index, HistogramCell { count, sum }));
                cells.filter(|(_, cell)| cell.count > 0)
            })
    }

    /// True if nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.octaves.is_empty()
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.occupied().map(|cell| cell.count).sum()
    }

    /// The exact sum of the values.
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.occupied().map(|cell| cell.sum).sum()
    }

    /// The exact mean; `None` if nothing was counted.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum() as f64 / count as f64)
    }

    /// The value of rank `⌈q · n⌉` (at least 1) up to the cell's width; `None` if nothing was counted.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let low = u64::from(Deliberate::QuantileRankLow.is_made());
        let rank = ((q * self.count() as f64).ceil() as u64).saturating_sub(low).max(1);
        let mut below = 0;
        for cell in self.occupied() {
            below += cell.count;
            if below >= rank {
                return Some(cell.mean());
            }
        }
        self.occupied().last().map(|cell| cell.mean())
    }

    /// The Gini coefficient of non-negative values, those of one cell taken as equal; `None` if their sum is not
    /// positive.
    #[must_use]
    pub fn gini(&self) -> Option<f64> {
        let (count, sum) = (self.count() as f64, self.sum() as f64);
        if sum <= 0.0 {
            return None;
        }
        let mut below = 0.0;
        let mut area = 0.0;
        for cell in self.occupied() {
            let upto = below + cell.sum as f64;
            area += cell.count as f64 * (below + upto);
            below = upto;
        }
        // Rounding can leave an equal distribution a hair below 0.
        Some((1.0 - area / (count * sum)).max(0.0))
    }

    /// Occupied cells in order of value: (mean of its values, how many).
    pub fn cells(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.occupied().map(|cell| (cell.mean(), cell.count))
    }
}

/// Occupied cells alone, each with its distance to the one before: (distance, count, sum).
impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_seq(Some(self.indexed().count()))?;
        let mut before = 0;
        for (index, HistogramCell { count, sum }) in self.indexed() {
            // Parts are mostly cells. Their form writes a number alike whatever its width, and 64 bits with less work.
            match i64::try_from(sum) {
                Ok(sum) => cells.serialize_element(&(index - before, count, sum))?,
                Err(_) => cells.serialize_element(&(index - before, count, sum))?,
            }
            before = index;
        }
        cells.end()
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CellsVisitor)
    }
}

/// Reads the cells of a histogram.
struct CellsVisitor;

impl<'de> Visitor<'de> for CellsVisitor {
    type Value = Histogram;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the cells of a histogram, ascending")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<Histogram, A::Error> {
        const LAST: i16 = CELLS_PER_OCTAVE as i16 * 61;
        let wrong = || serde::de::Error::custom("a histogram has a cell that cannot be");
        let mut histogram = Histogram::default();
        let mut last: Option<i16> = None;
        while let Some((distance, count, sum)) = cells.next_element::<(i16, u64, i128)>()? {
            let index = last.unwrap_or(0).checked_add(distance).ok_or_else(wrong)?;
            if !(-LAST..=LAST).contains(&index) || last.is_some_and(|last| index <= last) || count == 0 {
                return Err(wrong());
            }
            histogram.add(index, &HistogramCell { count, sum });
            last = Some(index);
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        values.iter().for_each(|&value| histogram.record(value));
        histogram
    }

    #[test]
    fn sums_of_every_width_come_back() {
        for sum in
            [0, 1, -1, i64::MAX.into(), i64::MIN.into(), i128::from(i64::MAX) + 1, i128::MIN, i128::MAX]
        {
            let mut histogram = Histogram::default();
            histogram.add(7, &HistogramCell { count: 3, sum });
            let narrow = postcard::to_stdvec(&histogram).expect("it is written");
            assert_eq!(
                narrow,
                postcard::to_stdvec(&[(7_i16, 3_u64, sum)].as_slice()).expect("it is written")
            );
            assert_eq!(postcard::from_bytes::<Histogram>(&narrow).expect("it is read"), histogram);
        }
    }

    #[test]
    fn an_empty_histogram_owns_no_memory_and_answers_nothing() {
        let empty = Histogram::default();
        assert_eq!(empty.octaves.capacity(), 0);
        assert_eq!((empty.mean(), empty.quantile(0.5), empty.gini()), (None, None, None));
    }

    #[test]
    fn cells_ascend_with_the_value_over_the_whole_range() {
        let mut values = vec![0_i64];
        for shift in 0..63 {
            values.extend([1_i64 << shift, (1 << shift) + (1 << shift) / 3, i64::MAX >> shift]);
        }
        values.extend(values.clone().iter().map(|value| -value));
        values.push(i64::MIN);
        values.sort_unstable();
        let indices: Vec<i16> = values.iter().map(|&value| index_of(value)).collect();
        assert!(indices.is_sorted());
        assert!(indices.iter().all(|index| index.unsigned_abs() < 2048));
    }

    #[test]
    fn quantiles_take_the_value_at_the_rank() {
        let cases: [(&[i64], f64, f64); 7] = [
            (&[7], 0.5, 7.0),
            (&[1, 2, 3, 4], 0.5, 2.0),
            (&[1, 2, 3, 4], 0.51, 3.0),
            (&[1, 2, 3, 4], 0.0, 1.0),
            (&[1, 2, 3, 4], 1.0, 4.0),
            (&[-5, -5, 0, 1_000_003], 0.99, 1_000_003.0),
            (&[-31, 31], 0.5, -31.0),
        ];
        for (values, q, expected) in cases {
            assert_eq!(of(values).quantile(q), Some(expected), "{values:?} at {q}");
        }
    }

    #[test]
    fn gini_is_zero_for_equals_and_high_for_one_owner() {
        // One of n owns all: (n − 1) / n.
        let cases: [(&[i64], Option<f64>); 4] =
            [(&[5, 5, 5, 5], Some(0.0)), (&[0, 0, 0, 8], Some(0.75)), (&[1, 3], Some(0.25)), (&[0, 0], None)];
        for (values, expected) in cases {
            assert_eq!(of(values).gini(), expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn merging_parts_equals_counting_the_whole(a: Vec<i64>, b: Vec<i64>, c: Vec<i64>) {
            let whole = of(&[a.clone(), b.clone(), c.clone()].concat());
            let mut left = of(&a);
            left.merge(&of(&b));
            left.merge(&of(&c));
            let mut right = of(&c);
            let mut tail = of(&b);
            tail.merge(&of(&a));
            right.merge(&tail);
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&right, &whole);
        }

        #[test]
        fn a_quantile_lies_within_the_stated_error(
            mut values in prop::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 1..200),
            q in 0.0..1.0_f64,
        ) {
            let histogram = of(&values);
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).max(1);
            let exact = values[rank - 1] as f64;
            let found = histogram.quantile(q).unwrap();
            prop_assert!((found - exact).abs() <= exact.abs() * RELATIVE_ERROR, "{found} for {exact}");
        }
    }
}
