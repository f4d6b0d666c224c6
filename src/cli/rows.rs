//! Files of rows on their way to the disk: plain, or gzip with the same bytes wherever and however they are written.

use std::io::{self, Write};

use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::report::RunFile;

/// Bytes that are compressed at once, so that the file does not depend on how rows come.
const BLOCK: usize = 1 << 17;

/// Form of files of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RowsForm {
    /// As text.
    #[default]
    Csv,
    /// As gzip: about a tenth of the size.
    #[value(name = "csv.gz")]
    CsvGz,
}

impl RowsForm {
    /// What a file's name ends in, beside `.csv`.
    pub(super) fn ending(self) -> &'static str {
        match self {
            RowsForm::Csv => "",
            RowsForm::CsvGz => ".gz",
        }
    }
}

/// A file that takes rows.
pub(super) enum RowsSink {
    /// As they are.
    Plain(RunFile),
    /// In blocks.
    Gzip(Box<BlockEncoder>),
}

/// Collects rows to blocks and compresses those.
pub(super) struct BlockEncoder {
    block: Vec<u8>,
    encoder: GzEncoder<RunFile>,
}

impl RowsSink {
    pub fn new(file: RunFile, form: RowsForm) -> Self {
        match form {
            RowsForm::Csv => RowsSink::Plain(file),
            RowsForm::CsvGz => {
                let encoder = GzEncoder::new(file, Compression::new(4));
                RowsSink::Gzip(Box::new(BlockEncoder { block: Vec::with_capacity(2 * BLOCK), encoder }))
            }
        }
    }

    /// Takes rows.
    ///
    /// # Errors
    /// If the disk does not.
    pub fn take(&mut self, rows: &[u8]) -> io::Result<()> {
        match self {
            RowsSink::Plain(file) => file.write_all(rows),
            RowsSink::Gzip(gzip) => {
                let BlockEncoder { block, encoder } = gzip.as_mut();
                block.extend_from_slice(rows);
                let whole = block.len() / BLOCK * BLOCK;
                block[..whole].chunks(BLOCK).try_for_each(|block| encoder.write_all(block))?;
                block.drain(..whole);
                Ok(())
            }
        }
    }

    /// The file, once everything is in it.
    ///
    /// # Errors
    /// If the disk does not take the rest.
    pub fn finish(self) -> io::Result<RunFile> {
        match self {
            RowsSink::Plain(file) => Ok(file),
            RowsSink::Gzip(gzip) => {
                let BlockEncoder { block, mut encoder } = *gzip;
                encoder.write_all(&block)?;
                encoder.finish()
            }
        }
    }
}
