//! Files of rows on their way to the disk: plain, gzip, or Parquet, with the same bytes wherever and however they are written.

use std::io::{self, Write};

use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::experiment::Findings;
#[cfg(feature = "parquet")]
use crate::report::{self, ParquetRows};
use crate::report::{RunFile, RunFolder};

use super::exit::CommandProblem;

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
    /// As Parquet, every column typed; `organizations` and `summary` too, beside their CSVs.
    Parquet,
}

impl RowsForm {
    /// What a file is called whose rows are those of the CSV file of this name.
    pub(super) fn named(self, csv: &str) -> String {
        match self {
            RowsForm::Csv => csv.to_owned(),
            RowsForm::CsvGz => format!("{csv}.gz"),
            RowsForm::Parquet => format!("{}.parquet", csv.strip_suffix(".csv").unwrap_or(csv)),
        }
    }

    /// Writes `summary.parquet` beside its CSV, if columns are wanted.
    pub(super) fn keep_summary(self, folder: &mut RunFolder, findings: &Findings, scenario: &str) {
        #[cfg(feature = "parquet")]
        if self == RowsForm::Parquet {
            report::attempt(folder, &self.named("summary.csv"), || {
                let mut csv = Vec::new();
                report::write_summary(&mut csv, findings, scenario)?;
                report::parquet_of("summary.csv", &csv)
            });
        }
        #[cfg(not(feature = "parquet"))]
        let _ = (folder, findings, scenario);
    }

    /// Says so if this program was built without the form.
    ///
    /// # Errors
    /// It was.
    pub(super) fn is_built(self) -> Result<(), CommandProblem> {
        if self != RowsForm::Parquet || cfg!(feature = "parquet") {
            return Ok(());
        }
        Err(CommandProblem::Usage {
            what: String::from("`--rows-format parquet`: this creditsim was built without Parquet"),
            hint: Some(String::from(
                "`cargo install --path . --features parquet` builds it in; `csv.gz` is small too",
            )),
        })
    }
}

/// A file that takes rows.
pub(super) enum RowsSink {
    /// As they are.
    Plain(RunFile),
    /// In blocks.
    Gzip(Box<BlockEncoder>),
    /// In columns.
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetRows<RunFile>>),
}

/// Collects rows to blocks and compresses those.
pub(super) struct BlockEncoder {
    block: Vec<u8>,
    encoder: GzEncoder<RunFile>,
}

impl RowsSink {
    /// Opens a file for the rows of the CSV file of this name, and writes its header.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn begin(file: RunFile, form: RowsForm, (csv, header): (&str, &str)) -> io::Result<Self> {
        let mut sink = match form {
            RowsForm::Csv => RowsSink::Plain(file),
            #[cfg(feature = "parquet")]
            RowsForm::Parquet => RowsSink::Parquet(Box::new(ParquetRows::begin(file, csv, header)?)),
            #[cfg(not(feature = "parquet"))]
            RowsForm::Parquet => return Err(io::Error::other(format!("no Parquet is built in for `{csv}`"))),
            RowsForm::CsvGz => {
                let encoder = GzEncoder::new(file, Compression::new(4));
                RowsSink::Gzip(Box::new(BlockEncoder { block: Vec::with_capacity(2 * BLOCK), encoder }))
            }
        };
        sink.take(header.as_bytes())?;
        Ok(sink)
    }

    /// Takes rows.
    ///
    /// # Errors
    /// If the disk does not.
    pub fn take(&mut self, rows: &[u8]) -> io::Result<()> {
        match self {
            RowsSink::Plain(file) => file.write_all(rows),
            #[cfg(feature = "parquet")]
            RowsSink::Parquet(columns) => columns.take(rows),
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
            #[cfg(feature = "parquet")]
            RowsSink::Parquet(columns) => columns.finish(),
            RowsSink::Gzip(gzip) => {
                let BlockEncoder { block, mut encoder } = *gzip;
                encoder.write_all(&block)?;
                encoder.finish()
            }
        }
    }
}
