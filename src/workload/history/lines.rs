//! A reader that refuses lines no row can have, before they fill the memory.

use std::io::{self, BufRead, Read};

/// Longest line of a history.
const LONGEST: usize = 4 << 20;

/// More than can be taken; with the most (bytes).
#[derive(Debug, thiserror::Error)]
pub(super) enum TooLong {
    /// A line, or an element of a document, is longer than any row.
    #[error("is longer than {} MiB", .0 >> 20)]
    Row(u64),
    /// All of the file.
    #[error("the file holds more than {} MiB of text, the most in a sandbox", .0 >> 20)]
    Text(u64),
}

/// Passes bytes on until there are more than may be.
pub(super) struct Capped<R> {
    pub inner: R,
    pub most: u64,
    pub passed: u64,
}

impl<R: BufRead> BufRead for Capped<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.passed > self.most {
            return Err(io::Error::other(TooLong::Text(self.most)));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.passed += amount as u64;
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Capped<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_from_buffer(self, out)
    }
}

/// Reads as much as the buffer holds.
fn read_from_buffer(reader: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let available = reader.fill_buf()?;
    let amount = available.len().min(out.len());
    out[..amount].copy_from_slice(&available[..amount]);
    reader.consume(amount);
    Ok(amount)
}

/// Passes bytes on and counts those since the last end of a line.
pub(super) struct Lines<R> {
    inner: R,
    since_end: usize,
}

impl<R: BufRead> Lines<R> {
    pub fn new(inner: R) -> Self {
        Lines { inner, since_end: 0 }
    }
}

impl<R: BufRead> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since_end > LONGEST {
            return Err(io::Error::other(TooLong::Row(LONGEST as u64)));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed is in the buffer already, so this reads nothing and cannot fail.
        if let Ok(bytes) = self.inner.fill_buf() {
            let used = &bytes[..amount.min(bytes.len())];
            match used.iter().rposition(|byte| *byte == b'\n') {
                Some(at) => self.since_end = used.len() - at - 1,
                None => self.since_end += used.len(),
            }
        }
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_from_buffer(self, out)
    }
}

/// That a line is too long, if that is what an error says.
pub(super) fn too_long(error: &io::Error) -> Option<&TooLong> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}
