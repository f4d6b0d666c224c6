//! `--anonymize`: the key that pseudonyms are made with.
//!
//! The key lives in a file of the user's. It is neither typed nor written into results, which hold its name only: another
//! key is another question.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::units::hex;
use crate::workload::Pseudonyms;

use super::exit::CommandProblem;
use super::terminal;

/// Shortest key that is taken (bytes): shorter ones can be guessed.
const SHORTEST: usize = 16;

/// Bytes of a key that is made here.
const MADE: usize = 32;

/// Pseudonyms by the key in a file, which is made if it is not there; none if no file is named.
///
/// # Errors
/// A file that cannot be read or made, or whose key is too short.
pub(super) fn pseudonyms(file: Option<&Path>) -> Result<Option<Pseudonyms>, CommandProblem> {
    let Some(file) = file else { return Ok(None) };
    let broken = |source| CommandProblem::File { path: file.to_owned(), source };
    let key = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(file).map_err(broken)?,
        read => read.map_err(broken)?,
    };
    let key = key.trim_ascii();
    if key.len() < SHORTEST {
        return Err(CommandProblem::Usage {
            what: format!("`--anonymize {}`: the key in it has fewer than {SHORTEST} bytes", file.display()),
            hint: Some(String::from("name a file that is not there yet, and a key is made and put into it")),
        });
    }
    Ok(Some(Pseudonyms::new(key)))
}

/// Makes a key that nobody can guess, in a file that only its owner can read.
fn make(file: &Path) -> io::Result<Vec<u8>> {
    let mut random = [0; MADE];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let key = hex(&random);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(format!("{key}\n").as_bytes())?;
    terminal::tell(&format!(
        "made the key of pseudonyms in `{}`: keep it, and keep it to yourself",
        file.display()
    ));
    Ok(key.into_bytes())
}
