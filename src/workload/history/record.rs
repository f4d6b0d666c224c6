//! A cleaned row, and its bytes on disk.

use std::io::{self, Read, Write};

use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::operation::Fate;
use crate::workload::rates::MOST_RATES;

/// A cleaned row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CleanRow {
    pub at: SimTime,
    /// Total of the row's requests.
    pub cost: Credits,
    pub duration: SimSpan,
    /// Length of its bucket; 0 for an event.
    pub length: SimSpan,
    /// Number of the row; its lower bits are its line in the file.
    pub line: u64,
    pub feature: FeatureIndex,
    pub fate: Fate,
    /// Operations that the row stands for; 0 marks an organization without any.
    pub requests: u32,
    /// Hash of the person's name.
    pub member: Option<u64>,
    /// Where the row belongs inside its organization, if the file has columns for it: in every row of it, or in none.
    pub place: Option<RowPlacing>,
    /// Equal for rows that repeat each other.
    pub twin: u64,
    /// `twin` comes from a number of the row's own, not from all its cells.
    pub has_id: bool,
    /// Totals of the row's requests by other rates than the feature's own: the first `price_count`, as many in every row
    /// of a history.
    pub prices: [Credits; MOST_RATES],
    /// How many of `prices` there are.
    pub price_count: u8,
}

/// Where a row belongs inside its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RowPlacing {
    /// The person's group by its number in the scenario.
    pub group: Option<u16>,
    /// Hash of the project's name.
    pub project: u64,
}

/// Bytes of a record without prices.
pub(super) const RECORD_BYTES: usize = 64;
/// Bytes of a price behind it.
const PRICE_BYTES: usize = 8;

/// Bytes of a row's place behind that: two words, as prices are.
const PLACE_BYTES: usize = 16;
/// Stands for no group.
const NO_GROUP: u64 = u64::MAX;

/// Bytes of a record with so many prices, and with a place or without.
pub(super) const fn record_bytes(prices: usize, placed: bool) -> usize {
    RECORD_BYTES + prices * PRICE_BYTES + if placed { PLACE_BYTES } else { 0 }
}

impl CleanRow {
    /// Stands for the length of a bucket until the whole file has been seen.
    pub const LENGTH_AS_FOUND: SimSpan = SimSpan::from_micros(-1);

    /// Says that an organization exists, by a row that cannot be replayed.
    pub fn mark(at: SimTime, line: u64) -> Self {
        CleanRow {
            at,
            cost: Credits::ZERO,
            duration: SimSpan::ZERO,
            length: SimSpan::ZERO,
            line,
            feature: FeatureIndex(u16::MAX),
            fate: Fate::Completes,
            requests: 0,
            member: None,
            place: None,
            twin: 0,
            has_id: false,
            prices: [Credits::ZERO; MOST_RATES],
            price_count: 0,
        }
    }

    /// Writes the record, its place and its prices.
    pub fn write(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.to_bytes())?;
        if let Some(RowPlacing { group, project }) = self.place {
            out.write_all(&group.map_or(NO_GROUP, u64::from).to_le_bytes())?;
            out.write_all(&project.to_le_bytes())?;
        }
        self.priced().iter().try_for_each(|price| out.write_all(&price.micros().to_le_bytes()))
    }

    /// How many bytes that is.
    pub fn bytes(&self) -> usize {
        record_bytes(usize::from(self.price_count).min(MOST_RATES), self.place.is_some())
    }

    /// Totals by other rates than the feature's own.
    pub fn priced(&self) -> &[Credits] {
        &self.prices[..usize::from(self.price_count)]
    }

    /// A record, its place and its prices from as many bytes as [`record_bytes`] says.
    pub fn from_record(bytes: &[u8]) -> Self {
        let mut head = [0; RECORD_BYTES];
        head.copy_from_slice(&bytes[..RECORD_BYTES]);
        let mut record = CleanRow::from_bytes(&head);
        record.set_tail(&bytes[RECORD_BYTES..]);
        record
    }

    /// Takes place and prices from what stands behind the record.
    fn set_tail(&mut self, mut bytes: &[u8]) {
        if let (Some(place), Some((own, prices))) = (&mut self.place, bytes.split_at_checked(PLACE_BYTES)) {
            let word = |at: usize| {
                let mut word = [0; 8];
                word.copy_from_slice(&own[at..at + 8]);
                u64::from_le_bytes(word)
            };
            let group = Some(word(0)).filter(|group| *group != NO_GROUP);
            *place = RowPlacing { group: group.map(|group| group as u16), project: word(8) };
            bytes = prices;
        }
        for (price, bytes) in self.prices.iter_mut().zip(bytes.chunks_exact(PRICE_BYTES)) {
            let mut word = [0; PRICE_BYTES];
            word.copy_from_slice(bytes);
            *price = Credits::from_micros(i64::from_le_bytes(word));
        }
    }

    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&self.at.micros().to_le_bytes());
        put(&self.cost.micros().to_le_bytes());
        put(&self.duration.micros().to_le_bytes());
        put(&self.length.micros().to_le_bytes());
        put(&self.line.to_le_bytes());
        // 0 says that nobody is named.
        put(&self.member.map_or(0, |hash| hash.max(1)).to_le_bytes());
        put(&self.twin.to_le_bytes());
        put(&self.requests.to_le_bytes());
        put(&self.feature.0.to_le_bytes());
        put(&[
            self.fate as u8,
            u8::from(self.has_id) | u8::from(self.place.is_some()) << 1 | self.price_count << 2,
        ]);
        bytes
    }

    fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let tail = word(56);
        let member = word(40);
        CleanRow {
            at: SimTime::from_micros(word(0) as i64),
            cost: Credits::from_micros(word(8) as i64),
            duration: SimSpan::from_micros(word(16) as i64),
            length: SimSpan::from_micros(word(24) as i64),
            line: word(32),
            member: (member != 0).then_some(member),
            twin: word(48),
            has_id: (tail >> 56) & 1 == 1,
            place: ((tail >> 57) & 1 == 1).then(RowPlacing::default),
            prices: [Credits::ZERO; MOST_RATES],
            price_count: (tail >> 58) as u8,
            requests: tail as u32,
            feature: FeatureIndex((tail >> 32) as u16),
            fate: match (tail >> 48) as u8 {
                1 => Fate::Fails,
                2 => Fate::Cancelled,
                _ => Fate::Completes,
            },
        }
    }
}

/// Writes a label and its record.
pub(super) fn write_labelled(out: &mut impl Write, label: &str, record: CleanRow) -> io::Result<()> {
    let length =
        u16::try_from(label.len()).map_err(|_| io::Error::other("a label is longer than 65,535 bytes"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(label.as_bytes())?;
    record.write(out)
}

/// Reads a label and its record; `None` at the end.
pub(super) fn read_labelled(input: &mut impl Read) -> io::Result<Option<(String, CleanRow)>> {
    let mut length = [0; 2];
    let first = input.read(&mut length[..1])?;
    if first == 0 {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let mut label = vec![0; usize::from(u16::from_le_bytes(length))];
    input.read_exact(&mut label)?;
    let label =
        String::from_utf8(label).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let mut bytes = [0; RECORD_BYTES];
    input.read_exact(&mut bytes)?;
    let mut record = CleanRow::from_bytes(&bytes);
    let mut tail = [0; PLACE_BYTES + MOST_RATES * PRICE_BYTES];
    let tail = &mut tail[..record.bytes() - RECORD_BYTES];
    input.read_exact(tail)?;
    record.set_tail(tail);
    Ok(Some((label, record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_the_disk() {
        let record = CleanRow {
            at: SimTime::from_micros(-5),
            cost: Credits::from_micros(1_333_333),
            duration: SimSpan::from_micros(7),
            length: SimSpan::HOUR,
            line: 1 << 40,
            feature: FeatureIndex(513),
            fate: Fate::Cancelled,
            requests: 4_000_000_000,
            member: Some(99),
            place: Some(RowPlacing { group: Some(7), project: 1 << 60 }),
            twin: u64::MAX,
            has_id: true,
            prices: [Credits::ZERO; MOST_RATES],
            price_count: 0,
        };
        let mut priced = CleanRow { price_count: 3, ..record };
        priced.prices[..3].copy_from_slice(&[1, -1, 1 << 40].map(Credits::from_micros));
        let nowhere = Some(RowPlacing { group: None, project: 0 });
        let unpriced = CleanRow { place: nowhere, ..record };
        let plain = CleanRow { member: None, place: None, fate: Fate::Completes, has_id: false, ..record };
        let mut bytes = Vec::new();
        for (label, record) in [("Gänse", record), ("", plain), ("x", priced), ("y", unpriced)] {
            write_labelled(&mut bytes, label, record).expect("a vector takes bytes");
        }
        let mut input = bytes.as_slice();
        let read: Vec<(String, CleanRow)> =
            std::iter::from_fn(|| read_labelled(&mut input).expect("whole records")).collect();
        let written = [("Gänse", record), ("", plain), ("x", priced), ("y", unpriced)];
        assert_eq!(read, written.map(|(label, record)| (label.to_owned(), record)));
    }
}
