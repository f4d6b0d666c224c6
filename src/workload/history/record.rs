//! A cleaned row, and its bytes on disk.

use std::io::{self, Read, Write};

use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::operation::Fate;

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
    /// Equal for rows that repeat each other.
    pub twin: u64,
    /// `twin` comes from a number of the row's own, not from all its cells.
    pub has_id: bool,
}

/// Bytes of a record.
pub(super) const RECORD_BYTES: usize = 64;

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
            twin: 0,
            has_id: false,
        }
    }

    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
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
        put(&[self.fate as u8, u8::from(self.has_id)]);
        bytes
    }

    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Self {
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
            has_id: (tail >> 56) as u8 == 1,
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
    out.write_all(&record.to_bytes())
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
    Ok(Some((label, CleanRow::from_bytes(&bytes))))
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
            twin: u64::MAX,
            has_id: true,
        };
        let plain = CleanRow { member: None, fate: Fate::Completes, has_id: false, ..record };
        let mut bytes = Vec::new();
        for (label, record) in [("Gänse", record), ("", plain)] {
            write_labelled(&mut bytes, label, record).expect("a vector takes bytes");
        }
        let mut input = bytes.as_slice();
        let read: Vec<(String, CleanRow)> =
            std::iter::from_fn(|| read_labelled(&mut input).expect("whole records")).collect();
        assert_eq!(read, [("Gänse".to_owned(), record), (String::new(), plain)]);
    }
}
