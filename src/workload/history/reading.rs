//! How far the reading of a history is, for whoever watches and may want it to end.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use super::record::record_bytes;
use super::spec::HistorySpec;

/// Rows between two reports.
const EVERY: u64 = 4_096;
/// Bytes of a packed file that tell how far it expands, and most bytes that are unpacked for it.
const SAMPLE: (u64, u64) = (1 << 20, 64 << 20);

/// How far the reading of a history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingProgress<'a> {
    /// The history's name.
    pub name: &'a str,
    /// Bytes of the file that have been read.
    pub bytes: u64,
    /// Bytes of the file.
    pub size: u64,
    /// Rows that have been read.
    pub rows: u64,
    /// Once the file is read: the part that is being sorted, from 0, and how many there are.
    pub sorting: Option<(usize, usize)>,
}

/// Is told how far the reading is; says false to end it.
pub type ReadingWatch<'a> = &'a dyn Fn(&ReadingProgress<'_>) -> bool;

/// Counts rows and tells whoever watches.
pub(super) struct WatchedReading<'a> {
    pub watch: ReadingWatch<'a>,
    pub reading: ReadingProgress<'a>,
    left: Cell<u64>,
}

impl<'a> WatchedReading<'a> {
    pub fn new(watch: ReadingWatch<'a>, name: &'a str, size: u64) -> Self {
        let reading = ReadingProgress { name, bytes: 0, size, rows: 0, sorting: None };
        WatchedReading { watch, reading, left: Cell::new(1) }
    }

    /// True if it is time to look up from the rows.
    pub fn is_time(&self) -> bool {
        let left = self.left.get() - 1;
        self.left.set(if left == 0 { EVERY } else { left });
        left == 0
    }

    /// Tells how far it is.
    ///
    /// # Errors
    /// [`ReadingStopped`], if whoever watches wants no more.
    pub fn tell(&self) -> io::Result<()> {
        if (self.watch)(&self.reading) { Ok(()) } else { Err(io::Error::other(ReadingStopped)) }
    }

    /// Tells how far it is, if it is time to.
    ///
    /// # Errors
    /// As [`WatchedReading::tell`].
    pub fn row(&self) -> io::Result<()> {
        if self.is_time() { self.tell() } else { Ok(()) }
    }
}

/// Whoever watches wants no more.
#[derive(Debug)]
pub(super) struct ReadingStopped;

impl ReadingStopped {
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<ReadingStopped>())
    }
}

impl fmt::Display for ReadingStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for ReadingStopped {}

/// How large a history is, as far as its beginning tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextSize {
    /// Bytes of its text: the size of the file, or about as many as a packed one unpacks to.
    pub bytes: u64,
    /// About as many lines.
    pub lines: u64,
}

/// Bytes of a file that make one partition.
const PARTITION_BYTES: u64 = 64 << 20;
/// Most partitions; each has a write buffer during the pass.
const MOST_PARTITIONS: u64 = 256;
/// What a label adds to a row on disk, where nothing is known of labels (bytes).
const USUAL_LABEL: u64 = 16;
/// Most bytes of text that one row is taken to have: a JSON document may have all of them in one line.
const LONGEST_ROW: u64 = 400;

impl TextSize {
    /// How many parts it is sorted in.
    pub(super) fn partitions(self) -> usize {
        self.bytes.div_ceil(PARTITION_BYTES).clamp(1, MOST_PARTITIONS) as usize
    }

    /// About how many bytes its rows take on disk while they are sorted: all of them unsorted with their labels, and for one
    /// part at a time its runs and what is sorted. Once all are sorted it is less. So many `prices` stand beside every row, and groups
    /// and projects if rows are `placed`.
    #[must_use]
    pub fn sorting_bytes(self, prices: usize, placed: bool) -> u64 {
        let rows = self.lines.max(self.bytes / LONGEST_ROW);
        let record = record_bytes(prices, placed) as u64;
        let of_part = rows.div_ceil(self.partitions() as u64);
        let labelled = record + USUAL_LABEL;
        rows.saturating_mul(labelled).saturating_add(of_part.saturating_mul(labelled + record))
    }
}

/// Measures a history by the first MiB of its file.
///
/// # Errors
/// The file cannot be read.
pub fn text_size(spec: &HistorySpec) -> io::Result<TextSize> {
    let (mut packed, size): (Box<dyn Read>, u64) = match spec.bundled {
        Some(bytes) => (Box::new(bytes), bytes.len() as u64),
        None => {
            let file = File::open(&spec.path)?;
            let size = file.metadata()?.len();
            (Box::new(file), size)
        }
    };
    let mut head = Vec::new();
    packed.by_ref().take(SAMPLE.0).read_to_end(&mut head)?;
    let mut sample = Counting::default();
    if !head.starts_with(&[0x1f, 0x8b]) {
        sample.count(&head);
        return Ok(TextSize { bytes: size, lines: sample.lines_in(size) });
    }
    let mut unpacker = flate2::read::MultiGzDecoder::new(&head[..]);
    // The sample ends somewhere inside, which is an error of the unpacker and none of the file's.
    let _ = io::copy(&mut unpacker.by_ref().take(SAMPLE.1), &mut sample);
    let taken = (head.len() - unpacker.get_ref().len()).max(1) as u128;
    let bytes = u64::try_from(u128::from(sample.bytes) * u128::from(size) / taken).unwrap_or(u64::MAX);
    let bytes = bytes.max(size.min(sample.bytes));
    Ok(TextSize { bytes, lines: sample.lines_in(bytes) })
}

/// Counts what is written to it.
#[derive(Default)]
struct Counting {
    bytes: u64,
    lines: u64,
}

impl Counting {
    fn count(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        self.lines += text.iter().filter(|byte| **byte == b'\n').count() as u64;
    }

    /// About how many lines a text of so many bytes has, if it goes on as it began.
    fn lines_in(&self, bytes: u64) -> u64 {
        let lines = u128::from(bytes) * u128::from(self.lines) / u128::from(self.bytes.max(1));
        u64::try_from(lines).unwrap_or(u64::MAX)
    }
}

impl io::Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.count(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_size_of_a_packed_file_is_measured_and_not_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let noisy: String = (0..400_000_u64).map(|n| format!("{:x}\n", crate::sampling::mix(n))).collect();
        for (name, text) in [("dense", "the same again and again\n".repeat(4_000_000)), ("noisy", noisy)] {
            let path = folder.path().join(name);
            let mut packed =
                flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            packed.finish().unwrap();
            let spec = HistorySpec { path: path.clone(), ..HistorySpec::default() };
            let lines = text.lines().count() as f64;
            let near = |found: u64, wanted: f64| {
                let off = (found as f64 / wanted - 1.0).abs();
                assert!(off < 0.1, "{name}: {found} for {wanted}");
            };
            let found = text_size(&spec).unwrap();
            near(found.bytes, text.len() as f64);
            near(found.lines, lines);
            std::fs::write(&path, &text).unwrap();
            let found = text_size(&spec).unwrap();
            assert_eq!(found.bytes, text.len() as u64);
            near(found.lines, lines);
        }
    }
}
