//! The work folder of a living run: files are written and hashed here until they are complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::units::hex;

use super::lock::{Lock, claim};
use super::manifest::{FileRecord, MANIFEST, Manifest, MissingFile, Status, names};
use super::place::{Claimant, Home, Placed, Unplaced, remove};
use super::question::Question;
use super::remains::{Remains, has_parts, question};
use super::sync_folder;

/// Folder inside a work folder for finished parts of a run; they outlive it until the run's question is answered. A partial
/// result keeps it.
pub const PARTS: &str = "parts";
/// Folder inside a work folder for whatever goes with the run.
pub const SCRATCH: &str = ".scratch";
/// What a work folder is to answer, for whoever finds it.
pub(super) const QUESTION: &str = "question.json";
/// Folders that are never listed.
pub(super) const OWN_FOLDERS: [&str; 2] = [PARTS, SCRATCH];

/// A run folder being written. Dropped before [`RunFolder::finish`], it leaves nothing but finished parts.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    home: Home,
    files: Vec<FileRecord>,
    missing: Vec<MissingFile>,
    /// True once the folder is no longer this one's to remove.
    settled: bool,
    /// Let go of last.
    _lock: Lock,
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
    /// Begins a work folder in `home`, which is made, and looks after what dead runs left there. `stem` begins its name,
    /// for people who meet it.
    ///
    /// # Errors
    /// If the folder cannot be made or read.
    pub fn begin(home: &Path, stem: &str) -> io::Result<(Self, Remains)> {
        let remains = Remains::of(&Home::open(home)?)?;
        let home = Home::open(home)?;
        let (path, lock) = claim(&home.path, stem)?;
        let (files, missing) = (Vec::new(), Vec::new());
        Ok((RunFolder { path, home, files, missing, settled: false, _lock: lock }, remains))
    }

    /// Where the files are for now; its [`SCRATCH`] is for files that go with the run, its [`PARTS`] for those that stay.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves word of what the run is to answer, so that its parts are found again. Parts are kept only after this.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn asks(&self, question: &Question) -> io::Result<()> {
        let mut file = File::create(self.path.join(QUESTION))?;
        file.write_all(serde_json::to_string(question)?.as_bytes())?;
        file.sync_all()
    }

    /// Opens a file by its path inside the folder.
    ///
    /// # Errors
    /// If it cannot be made, or is there already.
    pub fn open(&self, name: &str) -> io::Result<RunFile> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let writer = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
        Ok(RunFile { name: name.to_owned(), writer, digest: Sha256::new(), bytes: 0 })
    }

    /// Closes a file, when the disk has it, and lists it in the manifest.
    ///
    /// # Errors
    /// If the last bytes cannot be written; the file is then gone.
    pub fn close(&mut self, mut file: RunFile) -> io::Result<()> {
        let written = file.writer.flush().and_then(|()| file.writer.get_ref().sync_all());
        if let Err(error) = written {
            self.give_up(&file.name, &error);
            return Err(error);
        }
        let sha256 = hex(&file.digest.finalize());
        self.files.push(FileRecord { name: file.name, bytes: file.bytes, sha256 });
        Ok(())
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// If it cannot be written; it is then gone.
    pub fn write(&mut self, name: &str, contents: &[u8]) -> io::Result<()> {
        let opened = self.open(name);
        let written = opened.and_then(|mut file| file.write_all(contents).map(|()| file));
        match written {
            Ok(file) => self.close(file),
            Err(error) => {
                self.give_up(name, &error);
                Err(error)
            }
        }
    }

    /// Does without a file: what there is of it goes, and the manifest says why.
    pub fn give_up(&mut self, name: &str, why: &dyn std::fmt::Display) {
        // What cannot be removed is not listed, and goes before the folder gets its name.
        let _ = fs::remove_file(self.path.join(name));
        self.missing.push(MissingFile { name: name.to_owned(), why: why.to_string() });
    }

    #[cfg(test)]
    pub(super) fn files_for_test(&mut self) -> &mut Vec<FileRecord> {
        &mut self.files
    }

    /// Names of the files that are complete, in the order in which they were closed.
    pub(in crate::report) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Files that the run has to do without.
    #[must_use]
    pub fn missing(&self) -> &[MissingFile] {
        &self.missing
    }

    /// Writes the manifest, last, and gives the folder its name: `NAME` if it is finished and `NAME-partial` otherwise, or
    /// the next free one of `NAME-2` and so on where somebody else's work lies.
    ///
    /// # Errors
    /// If one of both fails; the work is then kept where the error says.
    pub fn finish(mut self, manifest: &Manifest) -> Result<Placed, Unplaced> {
        // From here on the folder is worth keeping.
        self.settled = true;
        let Manifest { question, status, replications, operations, .. } = manifest;
        let own = Claimant { question, status: *status, amount: (*replications, *operations) };
        let placed = self.seal(manifest).and_then(|()| self.home.take(&self.path, &own));
        placed.map_err(|source| {
            let kept = self.home.keep(&self.path, &format!("{}-kept", own.name()));
            let kept = kept.unwrap_or_else(|_| self.path.clone());
            Unplaced { target: self.home.path.join(own.name()), kept, source }
        })
    }

    /// Makes the folder complete on the disk.
    fn seal(&mut self, manifest: &Manifest) -> io::Result<()> {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self.remove_unlisted(manifest.status)?;
        let text = manifest.text(&self.files, &self.missing)?;
        let mut file = File::create(self.path.join(MANIFEST))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let parents = self.files.iter().filter_map(|file| Path::new(&file.name).parent());
        let folders: std::collections::BTreeSet<&Path> = parents.collect();
        folders.into_iter().try_for_each(|folder| sync_folder(&self.path.join(folder)))?;
        sync_folder(&self.path)
    }

    /// Removes what goes with the run; a partial one keeps its parts.
    fn remove_unlisted(&self, status: Status) -> io::Result<()> {
        let mut found = Vec::new();
        names(&self.path, "", &mut found)?;
        let kept = |name: &str| {
            self.files.iter().any(|file| file.name == name)
                || (status == Status::Partial && name.starts_with(&format!("{PARTS}/")))
        };
        for name in found.iter().filter(|name| !kept(name)) {
            let path = self.path.join(name);
            if path.is_dir() { fs::remove_dir(path)? } else { fs::remove_file(path)? }
        }
        for folder in OWN_FOLDERS.iter().filter(|folder| status == Status::Finished || **folder != PARTS) {
            match fs::remove_dir_all(self.path.join(folder)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if has_parts(&self.path) && question(&self.path).is_some() {
            // Whoever comes next finds them; only what goes with the run goes.
            let _ = fs::remove_dir_all(self.path.join(SCRATCH));
        } else {
            // The run failed already; what cannot be removed keeps its dotted name, and the next run looks after it.
            let _ = remove(&self.path);
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
