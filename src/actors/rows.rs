//! Rows per organization on their way to files: kept in memory up to a limit, then on disk until it is their turn.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::outcome::OrganizationOutcome;
use crate::parts::Held;

/// Rows that a unit or the collector keeps in memory for one file before it spills them (bytes).
const MEMORY_PER_FILE: usize = 1 << 20;

/// Turns what an organization did into rows.
pub trait RowWriter: Send + Sync {
    /// How many files are written, in a fixed order.
    fn files(&self) -> usize;

    /// Appends the rows of one organization, whole lines, to the buffer of each file.
    fn write(&self, replication: u32, organization: &OrganizationOutcome, into: &mut [Vec<u8>]);
}

/// Writes no rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRows;

impl RowWriter for NoRows {
    fn files(&self) -> usize {
        0
    }

    fn write(&self, _: u32, _: &OrganizationOutcome, _: &mut [Vec<u8>]) {}
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
    /// In the part of an earlier run.
    held: Option<Held>,
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

    fn pour(self, into: &mut dyn FnMut(&[u8]) -> Result<(), SpillError>) -> Result<(), SpillError> {
        self.copy(into)?;
        self.spilled.map_or(Ok(()), |path| fs::remove_file(&path).map_err(at(&path)))
    }

    fn copy(&self, into: &mut dyn FnMut(&[u8]) -> Result<(), SpillError>) -> Result<(), SpillError> {
        if let Some(held) = &self.held {
            copy_file(&held.path, held.open().map_err(at(&held.path))?, into)?;
        }
        if let Some(path) = &self.spilled {
            copy_file(path, File::open(path).map_err(at(path))?, into)?;
        }
        into(&self.memory)
    }

    fn length(&self) -> Result<u64, SpillError> {
        let spilled = match &self.spilled {
            Some(path) => fs::metadata(path).map_err(at(path))?.len(),
            None => 0,
        };
        Ok(self.held.as_ref().map_or(0, |held| held.length) + spilled + self.memory.len() as u64)
    }
}

fn copy_file(
    path: &Path,
    mut file: impl Read,
    into: &mut dyn FnMut(&[u8]) -> Result<(), SpillError>,
) -> Result<(), SpillError> {
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece).map_err(at(path))? {
            0 => return Ok(()),
            read => into(&piece[..read])?,
        }
    }
}

/// Takes rows of a file, by the file's index.
type Pour<'a> = &'a mut dyn FnMut(usize, &[u8]) -> Result<(), SpillError>;

/// The rows of one unit, one part a file.
#[derive(Debug, Default)]
pub struct RowParts(Vec<RowPart>);

impl RowParts {
    /// Has the rows of a file lie in the part of an earlier run.
    pub fn set_held(&mut self, file: usize, held: Held) {
        if self.0.len() <= file {
            self.0.resize_with(file + 1, RowPart::default);
        }
        self.0[file].held = Some(held);
    }

    /// Every file with the length of its rows (bytes).
    pub fn lengths(&self) -> impl Iterator<Item = Result<u64, SpillError>> + '_ {
        self.0.iter().map(RowPart::length)
    }

    /// Hands the rows of one file over and keeps them.
    ///
    /// # Errors
    /// A spill cannot be read, or whoever takes the rows cannot.
    pub fn copy(
        &self,
        file: usize,
        into: &mut dyn FnMut(&[u8]) -> Result<(), SpillError>,
    ) -> Result<(), SpillError> {
        self.0.get(file).map_or(Ok(()), |part| part.copy(into))
    }

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

    /// Hands everything over, file by file, and removes what was spilled.
    ///
    /// # Errors
    /// A spill cannot be read, or whoever takes the rows cannot.
    pub fn pour(self, into: Pour<'_>) -> Result<(), SpillError> {
        for (file, part) in self.0.into_iter().enumerate() {
            part.pour(&mut |rows| into(file, rows))?;
        }
        Ok(())
    }

    /// Removes what was spilled, once every file has been copied.
    ///
    /// # Errors
    /// A spill cannot be removed.
    pub fn discard(self) -> Result<(), SpillError> {
        let spilled = self.0.into_iter().filter_map(|part| part.spilled);
        spilled.into_iter().try_for_each(|path| fs::remove_file(&path).map_err(at(&path)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in_whether_spilled_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut poured = [String::new(), String::new()];
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
            let mut keep = |file: usize, rows: &[u8]| {
                poured[file].push_str(std::str::from_utf8(rows).expect("text"));
                Ok(())
            };
            parts.pour(&mut keep).expect("poured");
        }
        assert_eq!(poured[0], "0 0\n0 1\n1 0\n1 1\n2 0\n2 1\n");
        assert_eq!(poured[1].len(), 6 * 900_000);
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is left behind");
    }
}
