//! Whole rows out of a CSV file that comes in pieces which end anywhere.
//!
//! Owns cutting into rows and taking the guard off a text. Leaves what a row says to whoever reads it. Invariant: every row
//! is handed on once, in order, however the file was cut.

use std::io;

use csv::{ReaderBuilder, StringRecord};

/// What has come of a row that is not whole yet.
#[derive(Debug, Default)]
pub struct RowPieces {
    pending: Vec<u8>,
}

impl RowPieces {
    /// Takes the next piece, and hands on the rows that it makes whole.
    ///
    /// # Errors
    /// A row that is none, or what `each` answers.
    pub fn take(
        &mut self,
        piece: &[u8],
        each: &mut dyn FnMut(&StringRecord) -> io::Result<()>,
    ) -> io::Result<()> {
        // No cell holds a line break: what is not shown is written out (`cell`).
        let Some(last) = piece.iter().rposition(|&byte| byte == b'\n') else {
            self.pending.extend_from_slice(piece);
            return Ok(());
        };
        let (whole, rest) = piece.split_at(last + 1);
        self.pending.extend_from_slice(whole);
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(self.pending.as_slice());
        let mut row = StringRecord::new();
        while reader.read_record(&mut row)? {
            each(&row)?;
        }
        self.pending.clear();
        self.pending.extend_from_slice(rest);
        Ok(())
    }
}

/// The text of a cell that was guarded against spreadsheets.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::cell::append;

    #[test]
    fn rows_are_whole_and_in_order_however_a_file_is_cut() {
        let texts = ["=sum", "a,b", "plain", "say \"so\"", "two\nlines", "", "-5"];
        let mut file = Vec::new();
        for row in 0..40 {
            for (index, text) in texts.iter().enumerate() {
                if index > 0 {
                    file.push(b',');
                }
                append(&mut file, if index == 2 { texts[row % 7] } else { text });
            }
            file.push(b'\n');
        }
        let read = |size: usize| {
            let (mut pieces, mut rows) = (RowPieces::default(), Vec::new());
            for piece in file.chunks(size) {
                let keep = &mut |row: &StringRecord| {
                    rows.push(row.iter().map(|cell| unguarded(cell).to_owned()).collect::<Vec<_>>());
                    Ok(())
                };
                pieces.take(piece, keep).expect("rows");
            }
            assert!(pieces.pending.is_empty(), "a file ends in a line break");
            rows
        };
        let whole = read(file.len());
        assert_eq!(whole.len(), 40);
        assert_eq!(whole[1][..4], ["=sum", "a,b", "a,b", "say \"so\""]);
        for size in [1, 2, 3, 7, 50, 1_000] {
            assert_eq!(read(size), whole, "pieces of {size}");
        }
    }
}
