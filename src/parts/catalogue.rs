//! The parts of a sharded command, as they lie about: which are there, and what is wrong with the others.
//!
//! Owns finding, checking and comparing them. Leaves what is in them to `engine`. Invariant: of a part nothing is kept in
//! memory but its number and its path, so that ten thousand take little.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::format::{Header, ShardHead};
use super::read::{Part, PartError};
use super::{ENDING, parts_in};

/// Parts of one command.
#[derive(Debug)]
pub struct Catalogue {
    /// What every one of them says of itself, but for the number.
    pub header: Header,
    /// The same, as far as it belongs to shards.
    pub shard: ShardHead,
    /// Where each shard lies.
    pub parts: BTreeMap<u32, PathBuf>,
    /// Files that are a shard once more, byte for byte.
    pub copies: Vec<PathBuf>,
    /// Everything that keeps the parts from being put together, but for those that are missing.
    pub faults: Vec<PartFault>,
}

/// A file that cannot be put together with the others.
#[derive(Debug)]
pub enum PartFault {
    /// It is no part, or not whole.
    Broken(PartError),
    /// It is a part that `--resume` takes up, of no shard.
    NoShard(PathBuf),
    /// It is of another command than most.
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What it belongs to.
        header: Box<Header>,
    },
    /// Two files hold one shard in different ways.
    Twice {
        /// Which shard.
        number: u32,
        /// The file that is taken.
        taken: PathBuf,
        /// The other.
        other: PathBuf,
    },
}

/// Parts that say the same of themselves.
struct Kin {
    header: Header,
    parts: BTreeMap<u32, PathBuf>,
    all: Vec<(u32, PathBuf)>,
}

impl Catalogue {
    /// Looks at every part named, and at those in folders named and below them; `None` if there is none that is whole.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn of(named: &[PathBuf]) -> io::Result<(Option<Self>, Vec<PartFault>)> {
        let (mut kinds, mut faults): (Vec<Kin>, Vec<PartFault>) = (Vec::new(), Vec::new());
        for path in found(named)? {
            match Part::open(&path) {
                Err(error) => faults.push(PartFault::Broken(error)),
                Ok(Part { header, .. }) => match header.shard.as_ref().map(|shard| shard.number) {
                    // An interrupted run may keep its parts below a folder that is named.
                    None if !named.contains(&path) => {}
                    None => faults.push(PartFault::NoShard(path)),
                    Some(number) => sort_in(&mut kinds, header, number, path),
                },
            }
        }
        // Whoever belongs to most is not foreign; of equals, who comes first.
        let most = kinds.iter().map(|kin| kin.all.len()).max();
        let Some(chosen) = kinds.iter().position(|kin| Some(kin.all.len()) == most) else {
            return Ok((None, faults));
        };
        let Kin { header, parts, all } = kinds.swap_remove(chosen);
        for kin in kinds {
            let foreign = |path| PartFault::Foreign { path, header: Box::new(kin.header.clone()) };
            faults.extend(kin.all.into_iter().map(|(_, path)| foreign(path)));
        }
        let mut copies = Vec::new();
        for (number, other) in all {
            let taken = &parts[&number];
            if *taken == other {
                continue;
            }
            if same_bytes(taken, &other)? {
                copies.push(other);
            } else {
                faults.push(PartFault::Twice { number, taken: taken.clone(), other });
            }
        }
        let shard = header.shard.clone().unwrap_or_else(|| unreachable!("it was sorted in by its shard"));
        Ok((Some(Catalogue { header, shard, parts, copies, faults }), Vec::new()))
    }

    /// Shards up to the `last` that are not there, in ranges.
    #[must_use]
    pub fn missing(&self, last: u32) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut next = 1;
        for &number in self.parts.keys().take_while(|&&number| number <= last).chain([&(last + 1)]) {
            if next < number {
                ranges.push((next, number - 1));
            }
            next = number + 1;
        }
        ranges
    }
}

fn sort_in(kinds: &mut Vec<Kin>, header: Header, number: u32, path: PathBuf) {
    let kin = match kinds.iter().position(|kin| are_kin(&kin.header, &header)) {
        Some(index) => &mut kinds[index],
        None => {
            kinds.push(Kin { header, parts: BTreeMap::new(), all: Vec::new() });
            kinds.last_mut().unwrap_or_else(|| unreachable!("one was pushed"))
        }
    };
    kin.parts.entry(number).or_insert_with(|| path.clone());
    kin.all.push((number, path));
}

/// True if two parts differ in nothing but their numbers.
fn are_kin(one: &Header, other: &Header) -> bool {
    let bare = |header: &Header| header.shard.as_ref().map(|shard| shard.of);
    let told = |header: &Header| {
        header.shard.as_ref().map(|shard| (shard.command.clone(), shard.scenario_text.clone()))
    };
    one.question == other.question
        && (one.organizations, one.unit, &one.files) == (other.organizations, other.unit, &other.files)
        && bare(one) == bare(other)
        && told(one) == told(other)
}

/// Every part that is named or lies below a folder that is, once.
fn found(named: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in named {
        if path.is_dir() { below(path, &mut paths)? } else { paths.push(path.clone()) }
    }
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(paths)
}

fn below(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    paths.extend(parts_in(folder)?);
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A folder that is called like a part has been counted as one, and is told to be none.
        let is_part = entry.file_name().to_string_lossy().ends_with(ENDING);
        if entry.file_type()?.is_dir() && !hidden && !is_part {
            folders.push(entry.path());
        }
    }
    folders.sort();
    folders.iter().try_for_each(|folder| below(folder, paths))
}

fn same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    if fs::metadata(one)?.len() != fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    let (mut left, mut right) = ([0; 1 << 13], [0; 1 << 13]);
    loop {
        let read = one.read(&mut left)?;
        if read == 0 {
            return Ok(true);
        }
        if other.read_exact(&mut right[..read]).is_err() || left[..read] != right[..read] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PartWriter;
    use super::*;
    use crate::outcome::synthetic;
    use crate::parts::Span;

    fn part(folder: &Path, name: &str, number: u32, question: &str, operations: u64) -> PathBuf {
        let shard = ShardHead {
            number,
            of: 5,
            command: vec![String::from("run")],
            scenario_text: String::from("version = 1"),
        };
        let header = Header {
            question: question.to_owned(),
            organizations: 40,
            unit: 4,
            files: Vec::new(),
            shard: Some(shard),
        };
        let outcome = synthetic::replication(&synthetic::shape(&["block"]), 3, 40);
        let mut part = PartWriter::begin(folder, name, &header).unwrap();
        let span = Span { replication: 0, first: 8 * u64::from(number - 1), count: 8 };
        part.outcome(0, vec![span], operations, &outcome).unwrap();
        part.finish().unwrap();
        folder.join(name)
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let home = tempfile::tempdir().unwrap();
        let (one, two) = (home.path().join("one"), home.path().join("two/deep"));
        part(&one, "a.part", 1, "what?", 7);
        part(&one, "b.part", 4, "what?", 7);
        let copy = part(&two, "a.part", 1, "what?", 7);
        let different = part(&two, "b.part", 4, "what?", 8);
        let foreign = part(&two, "c.part", 2, "what else?", 7);
        let cut_off = part(&two, "d.part", 3, "what?", 7);
        let bytes = fs::read(&cut_off).unwrap();
        fs::write(&cut_off, &bytes[..bytes.len() - 3]).unwrap();
        let resumed = two.join("e.part");
        let header = Header {
            question: String::from("what?"),
            organizations: 1,
            unit: 1,
            files: Vec::new(),
            shard: None,
        };
        PartWriter::begin(&two, "e.part", &header).unwrap().finish().unwrap();
        PartWriter::begin(&two, "f.part", &header).unwrap().finish().unwrap();
        let nowhere = home.path().join("nowhere.part");
        let named = [resumed.clone(), home.path().to_owned(), one.join("a.part"), nowhere];
        let (found, faults) = Catalogue::of(&named).unwrap();
        assert!(faults.is_empty());
        let found = found.expect("some are whole");
        assert_eq!(found.parts.keys().copied().collect::<Vec<_>>(), [1, 4]);
        assert_eq!(found.missing(5), [(2, 3), (5, 5)]);
        assert_eq!(found.copies, [copy]);
        let mut named = Vec::new();
        for fault in &found.faults {
            named.push(match fault {
                PartFault::Broken(error) => error.to_string(),
                PartFault::NoShard(path) => format!("no shard {}", path.display()),
                PartFault::Foreign { path, header } => format!("{} {}", header.question, path.display()),
                PartFault::Twice { number, other, .. } => format!("twice {number} {}", other.display()),
            });
        }
        named.sort();
        let cut_off = format!("`{}` is cut off", cut_off.display());
        let mut expected = vec![
            cut_off,
            format!("no shard {}", resumed.display()),
            format!("twice 4 {}", different.display()),
            format!("what else? {}", foreign.display()),
        ];
        assert!(named.iter().any(|line| line.contains("nowhere.part")), "{named:?}");
        named.retain(|line| !line.contains("nowhere.part"));
        expected.sort();
        assert_eq!(named, expected);
    }
}
