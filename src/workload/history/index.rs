//! Where each organization's rows lie in its partition.
//!
//! The index is read in blocks, so that memory does not grow with organizations.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::HistoryError;
use super::record::{CleanRow, RowPlacing};

/// Organizations that are read together.
pub(super) const BLOCK: usize = 256;

/// Most people, and projects, that an organization may name; further ones share the last number.
const MOST_MEMBERS: usize = 65_535;

/// One organization of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrganizationEntry {
    pub label: String,
    /// Earliest row in the file [microseconds since 1970].
    pub first: i64,
    /// (feature, byte offset, rows), by feature.
    pub ranges: Vec<(u16, u64, u64)>,
    /// Hashes of the people named, in order of hash; empty if nobody is.
    pub members: Vec<u64>,
    /// The group of each of them, if the file names groups at all.
    pub groups: Vec<MemberGroup>,
    /// Hashes of the projects named, in order of hash; empty if none is.
    pub projects: Vec<u64>,
}

/// What a history says about a person's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct MemberGroup {
    /// By its number in the scenario: the one of the last row that names one.
    pub group: Option<u16>,
    /// The instant of that row [microseconds since 1970], and its number in the file.
    pub named: (i64, u64),
    /// Rows name another group too.
    pub moved: bool,
}

impl MemberGroup {
    fn add(&mut self, group: u16, named: (i64, u64)) {
        self.moved |= self.group.is_some_and(|known| known != group);
        if self.group.is_none() || named >= self.named {
            (self.group, self.named) = (Some(group), named);
        }
    }
}

impl OrganizationEntry {
    pub fn new(label: &str) -> Self {
        OrganizationEntry {
            label: label.to_owned(),
            first: i64::MAX,
            ranges: Vec::new(),
            members: Vec::new(),
            groups: Vec::new(),
            projects: Vec::new(),
        }
    }

    /// Counts a row that stands at `offset`.
    pub fn add(&mut self, record: &CleanRow, offset: u64) {
        self.first = self.first.min(record.at.micros());
        match self.ranges.last_mut() {
            Some((feature, _, rows)) if *feature == record.feature.0 => *rows += 1,
            _ => self.ranges.push((record.feature.0, offset, 1)),
        }
        if let Some(member) = record.member
            && let Err(place) = self.members.binary_search(&member)
            && self.members.len() < MOST_MEMBERS
        {
            self.members.insert(place, member);
            if record.place.is_some() {
                self.groups.insert(place, MemberGroup::default());
            }
        }
        if let Some(own) = record.place {
            self.place(record, own);
        }
    }

    /// Takes what a row says about its person's group and its project.
    fn place(&mut self, record: &CleanRow, own: RowPlacing) {
        if let (Some(member), Some(group)) = (record.member, own.group)
            && let Ok(place) = self.members.binary_search(&member)
        {
            self.groups[place].add(group, (record.at.micros(), record.line));
        }
        if own.project != 0
            && let Err(place) = self.projects.binary_search(&own.project)
            && self.projects.len() < MOST_MEMBERS
        {
            self.projects.insert(place, own.project);
        }
    }

    /// People whose rows name more than one group.
    pub fn regrouped(&self) -> u64 {
        self.groups.iter().filter(|group| group.moved).count() as u64
    }
}

/// Writes entries, one line each.
pub(super) struct IndexWriter {
    out: BufWriter<File>,
    path: PathBuf,
    count: u32,
    written: u64,
    /// Where each block begins.
    blocks: Vec<u64>,
}

impl IndexWriter {
    pub fn create(path: &Path) -> Result<Self, HistoryError> {
        let file = File::create(path).map_err(|error| HistoryError::world(path, error))?;
        Ok(IndexWriter {
            out: BufWriter::new(file),
            path: path.to_owned(),
            count: 0,
            written: 0,
            blocks: Vec::new(),
        })
    }

    pub fn write(&mut self, entry: &OrganizationEntry) -> Result<(), HistoryError> {
        let world = |error| HistoryError::world(&self.path, error);
        if (self.count as usize).is_multiple_of(BLOCK) {
            self.blocks.push(self.written);
        }
        let mut line = serde_json::to_vec(entry).map_err(|error| world(error.into()))?;
        line.push(b'\n');
        self.out.write_all(&line).map_err(world)?;
        self.written += line.len() as u64;
        self.count += 1;
        Ok(())
    }

    /// The number of entries, and where each block begins.
    pub fn finish(mut self) -> Result<(u32, Vec<u64>), HistoryError> {
        self.out.flush().map_err(|error| HistoryError::world(&self.path, error))?;
        Ok((self.count, self.blocks))
    }
}

/// Reads the entries of the block that begins at `offset`, in order of label.
pub(super) fn read_block(path: &Path, offset: u64) -> Result<Vec<OrganizationEntry>, HistoryError> {
    let world = |error| HistoryError::world(path, error);
    let mut file = File::open(path).map_err(world)?;
    file.seek(SeekFrom::Start(offset)).map_err(world)?;
    BufReader::new(file)
        .lines()
        .take(BLOCK)
        .map(|line| serde_json::from_str(&line.map_err(world)?).map_err(|error| world(error.into())))
        .collect()
}
