//! The folder of a run: written aside, renamed when complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::outcome::RELATIVE_ERROR;

use super::table::pretty;

/// Name of the manifest; a folder that has one is a run.
const MANIFEST: &str = "manifest.json";

/// What `manifest.json` says about a run, apart from its files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Version of the program.
    pub version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// SHA-256 of the scenario file, hexadecimal.
    pub content_hash: String,
    /// Seed of every stream.
    pub seed: u64,
    /// Replications that were run.
    pub replications: u32,
    /// Worker threads.
    pub threads: u32,
    /// Operations drawn, over all replications.
    pub operations: u64,
    /// Operations drawn per second of wall time.
    pub operations_per_second: f64,
    /// Operations times policies per second of wall time.
    pub policy_operations_per_second: f64,
    /// Wall time (s).
    pub wall_s: f64,
    /// Largest resident memory of the process (bytes); absent where the system does not say.
    pub peak_memory_bytes: Option<u64>,
    /// What became of the rows of usage histories; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histories: Vec<HistoryRecord>,
    /// Features of closed loops that wait for what their operations meet: their demand differs by policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactive_features: Vec<String>,
    /// `finished`, or `partial` if the run was interrupted.
    pub status: Status,
}

/// A usage history that was replayed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryRecord {
    /// Its name in the scenario.
    pub name: String,
    /// What became of every row.
    pub counts: serde_json::Value,
}

/// Whether a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All replications are in.
    Finished,
    /// Interrupted: the replications that were complete are in.
    Partial,
}

/// A file of a run as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRecord {
    /// Path inside the folder.
    pub name: String,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// A run folder being written. Dropped before [`RunFolder::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct RunFolder {
    aside: PathBuf,
    target: PathBuf,
    files: Vec<FileRecord>,
    finished: bool,
}

/// A file of a run being written; hashed on its way.
#[derive(Debug)]
pub struct RunFile {
    name: String,
    writer: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl RunFolder {
    /// Begins the folder `target` beside its final place. An earlier run there is replaced when this one is complete.
    ///
    /// # Errors
    /// If the folder cannot be made, or `target` exists and is not a run.
    pub fn create(target: &Path) -> io::Result<Self> {
        refuse_foreign(target)?;
        let name = target.file_name().ok_or_else(|| io::Error::other("the output folder has no name"))?;
        let aside =
            target.with_file_name(format!(".{}.{}.writing", name.to_string_lossy(), std::process::id()));
        fs::create_dir_all(&aside)?;
        Ok(RunFolder { aside, target: target.to_owned(), files: Vec::new(), finished: false })
    }

    /// Where the files are for now; scratch files may live here too, if they are removed before the end.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.aside
    }

    /// Opens a file by its path inside the folder.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(&self, name: &str) -> io::Result<RunFile> {
        let path = self.aside.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let writer = BufWriter::with_capacity(1 << 16, File::create(path)?);
        Ok(RunFile { name: name.to_owned(), writer, digest: Sha256::new(), bytes: 0 })
    }

    /// Closes a file and lists it in the manifest.
    ///
    /// # Errors
    /// If the last bytes cannot be written.
    pub fn close(&mut self, mut file: RunFile) -> io::Result<()> {
        file.writer.flush()?;
        let sha256 = file.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self.files.push(FileRecord { name: file.name, bytes: file.bytes, sha256 });
        Ok(())
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, name: &str, contents: &[u8]) -> io::Result<()> {
        let mut file = self.open(name)?;
        file.write_all(contents)?;
        self.close(file)
    }

    /// Writes the manifest, last, and gives the folder its final name.
    ///
    /// # Errors
    /// If the manifest cannot be written or the folder not be renamed.
    pub fn finish(mut self, manifest: &Manifest) -> io::Result<PathBuf> {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        let mut value = serde_json::to_value(manifest)?;
        value["histogram_relative_error"] = RELATIVE_ERROR.into();
        value["files"] = serde_json::to_value(&self.files)?;
        fs::write(self.aside.join(MANIFEST), pretty(&value))?;
        self.take_the_place()?;
        self.finished = true;
        Ok(self.target.clone())
    }

    /// Renames the folder; an earlier run gives way first and is removed last.
    fn take_the_place(&self) -> io::Result<()> {
        refuse_foreign(&self.target)?;
        let old = self.aside.with_extension("replaced");
        let replaces = self.target.exists();
        if replaces {
            fs::rename(&self.target, &old)?;
        }
        fs::rename(&self.aside, &self.target)?;
        if replaces { fs::remove_dir_all(&old) } else { Ok(()) }
    }
}

/// Only a run, or an empty folder, may be replaced: anything else is somebody's work.
fn refuse_foreign(target: &Path) -> io::Result<()> {
    let foreign = match fs::read_dir(target) {
        Ok(mut entries) => !target.join(MANIFEST).is_file() && entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    if foreign {
        let message = format!("`{}` exists and holds no run (no `{MANIFEST}`)", target.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    Ok(())
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.finished {
            // The run failed already; what cannot be removed keeps its dotted name and is no run.
            let _ = fs::remove_dir_all(&self.aside);
        }
    }
}

impl Write for RunFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(buffer)?;
        self.digest.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            version: "0.1.0".to_owned(),
            scenario: "made-up".to_owned(),
            content_hash: String::new(),
            seed: 1,
            replications: 2,
            threads: 1,
            operations: 10,
            operations_per_second: 5.0,
            policy_operations_per_second: 10.0,
            wall_s: 2.0,
            peak_memory_bytes: None,
            histories: Vec::new(),
            reactive_features: Vec::new(),
            status: Status::Finished,
        }
    }

    #[test]
    fn a_finished_folder_lists_its_files_with_their_hashes() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        let mut folder = RunFolder::create(&target).unwrap();
        folder.write("plots/a.svg", b"abc").unwrap();
        assert!(!target.exists(), "nothing has the final name before the end");
        folder.finish(&manifest()).unwrap();
        let text = fs::read_to_string(target.join(MANIFEST)).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["files"][0]["name"], "plots/a.svg");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(value["files"][0]["sha256"], abc);
        assert_eq!((&value["status"], value["files"][0]["bytes"].as_u64()), (&"finished".into(), Some(3)));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left aside");
    }

    #[test]
    fn a_dropped_folder_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::create(&home.path().join("run")).unwrap();
        folder.write("summary.csv", b"half").unwrap();
        drop(folder);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_run_is_replaced_and_anything_else_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        for contents in ["old", "new"] {
            let mut folder = RunFolder::create(&target).unwrap();
            folder.write("summary.csv", contents.as_bytes()).unwrap();
            folder.finish(&manifest()).unwrap();
        }
        assert_eq!(fs::read_to_string(target.join("summary.csv")).unwrap(), "new");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        fs::remove_file(target.join(MANIFEST)).unwrap();
        assert_eq!(RunFolder::create(&target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(target.join("summary.csv").exists());
    }
}
