//! Rows per organization on their way to files: kept in memory up to a limit, then beside the files they belong to.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::outcome::OrganizationOutcome;

/// Rows that a unit or the collector keeps in memory for one file before it spills them [bytes].
const MEMORY_PER_FILE: usize = 1 << 20;

/// One of the files with rows per organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKind {
    /// The file's name in the run folder: `organizations.csv`.
    pub file: String,
    /// Its first line, with the line's end.
    pub header: String,
}

/// Turns what an organization did into rows.
pub trait RowWriter: Send + Sync {
    /// The files written, in a fixed order.
    fn kinds(&self) -> Vec<RowKind>;

    /// Appends the rows of one organization, whole lines, to the buffer of each file.
    fn write(&self, replication: u32, organization: &OrganizationOutcome, into: &mut [Vec<u8>]);
}

/// A file that could not be written or read.
#[derive(Debug)]
pub struct SpillError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SpillError {
    let path = path.to_owned();
    move |source| SpillError { path, source }
}

/// The rows of one unit for one file: what was spilled, then what is in memory.
#[derive(Debug, Default)]
struct RowPart {
    spilled: Option<PathBuf>,
    memory: Vec<u8>,
}

impl RowPart {
    fn push(&mut self, rows: &[u8], spill_to: impl FnOnce() -> PathBuf) -> Result<(), SpillError> {
        self.memory.extend_from_slice(rows);
        if self.memory.len() > MEMORY_PER_FILE { self.spill(spill_to) } else { Ok(()) }
    }

    fn spill(&mut self, spill_to: impl FnOnce() -> PathBuf) -> Result<(), SpillError> {
        let path = self.spilled.get_or_insert_with(spill_to);
        let open = File::options().create(true).append(true).open(&*path);
        open.and_then(|mut file| file.write_all(&self.memory)).map_err(at(path))?;
        self.memory = Vec::new();
        Ok(())
    }

    fn pour(self, into: &mut impl Write, target: &Path) -> Result<(), SpillError> {
        if let Some(path) = self.spilled {
            let mut file = File::open(&path).map_err(at(&path))?;
            io::copy(&mut file, into).map_err(at(target))?;
            drop(file);
            fs::remove_file(&path).map_err(at(&path))?;
        }
        into.write_all(&self.memory).map_err(at(target))
    }
}

/// The rows of one unit, one part a file.
#[derive(Debug, Default)]
pub struct RowParts(Vec<RowPart>);

impl RowParts {
    /// Appends rows, one buffer a file; empties the buffers.
    ///
    /// # Errors
    /// The spill file cannot be written.
    pub fn push(&mut self, buffers: &mut [Vec<u8>], folder: &Path, unit: u64) -> Result<(), SpillError> {
        self.0.resize_with(buffers.len(), RowPart::default);
        for (file, (part, rows)) in self.0.iter_mut().zip(buffers).enumerate() {
            part.push(rows, || spill_path(folder, unit, file))?;
            rows.clear();
        }
        Ok(())
    }

    /// Moves what is in memory to disk.
    ///
    /// # Errors
    /// The spill file cannot be written.
    pub fn spill(&mut self, folder: &Path, unit: u64) -> Result<(), SpillError> {
        for (file, part) in self.0.iter_mut().enumerate().filter(|(_, part)| !part.memory.is_empty()) {
            part.spill(|| spill_path(folder, unit, file))?;
        }
        Ok(())
    }

    /// Bytes in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.0.iter().map(|part| part.memory.len()).sum()
    }
}

fn spill_path(folder: &Path, unit: u64, file: usize) -> PathBuf {
    folder.join(format!("unit-{unit}-{file}.part"))
}

/// The files with rows, each written beside its place and renamed by whoever ends the run.
#[derive(Debug)]
pub struct RowFiles {
    files: Vec<(PathBuf, BufWriter<File>)>,
}

impl RowFiles {
    /// Creates `FILE.part` for every kind and writes its header.
    ///
    /// # Errors
    /// A file cannot be created.
    pub fn create(kinds: &[RowKind], folder: &Path) -> Result<Self, SpillError> {
        let create = |kind: &RowKind| {
            let path = folder.join(format!("{}.part", kind.file));
            let mut file = BufWriter::with_capacity(1 << 18, File::create(&path).map_err(at(&path))?);
            file.write_all(kind.header.as_bytes()).map_err(at(&path))?;
            Ok((path, file))
        };
        Ok(RowFiles { files: kinds.iter().map(create).collect::<Result<_, _>>()? })
    }

    /// Appends the rows of the next unit.
    ///
    /// # Errors
    /// A file cannot be written, or a spill cannot be read.
    pub fn append(&mut self, parts: RowParts) -> Result<(), SpillError> {
        for ((path, file), part) in self.files.iter_mut().zip(parts.0) {
            part.pour(file, path)?;
        }
        Ok(())
    }

    /// Writes everything out and gives the files their names.
    ///
    /// # Errors
    /// A file cannot be written or renamed.
    pub fn finish(self) -> Result<(), SpillError> {
        for (path, file) in self.files {
            file.into_inner()
                .map_err(|error| SpillError { path: path.clone(), source: error.into_error() })?;
            fs::rename(&path, path.with_extension("")).map_err(at(&path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_in_the_order_of_units_whether_spilled_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let kinds =
            ["a.csv", "b.csv"].map(|file| RowKind { file: file.to_owned(), header: format!("{file}\n") });
        let mut files = RowFiles::create(&kinds, folder.path()).expect("created");
        for unit in 0..3_u64 {
            let mut parts = RowParts::default();
            for turn in 0..2 {
                let mut buffers = [format!("{unit} {turn}\n").into_bytes(), vec![b'x'; 900_000]];
                parts.push(&mut buffers, folder.path(), unit).expect("pushed");
            }
            if unit == 1 {
                parts.spill(folder.path(), unit).expect("spilled");
                assert_eq!(parts.memory(), 0);
            }
            files.append(parts).expect("appended");
        }
        files.finish().expect("finished");
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).expect("readable");
        assert_eq!(read("a.csv"), "a.csv\n0 0\n0 1\n1 0\n1 1\n2 0\n2 1\n");
        assert_eq!(read("b.csv").len(), 6 + 6 * 900_000);
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2, "nothing is left behind");
    }
}
