//! Every file of the corpus is read, and none of them breaks the reader: among them are those that once did.

use std::fs;
use std::path::Path;

use super::fed::TARGETS;

#[test]
fn no_file_of_the_corpus_breaks_its_reader() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hostile/corpus");
    for (name, feed) in TARGETS {
        let mut files: Vec<_> = fs::read_dir(home.join(name)).expect("a folder").flatten().collect();
        assert!(!files.is_empty(), "no file for {name}");
        files.sort_by_key(fs::DirEntry::path);
        for file in files {
            let bytes = fs::read(file.path()).expect("readable");
            let fed = std::panic::catch_unwind(|| feed(&bytes));
            assert!(fed.is_ok(), "{} breaks its reader", file.path().display());
        }
    }
}

/// What the corpus is good for: its scenarios are read and run, its accounts open, and its parts are put together.
#[test]
fn the_corpus_reaches_what_it_is_for() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hostile/corpus");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("usage.csv"), super::fed::USAGE).expect("a disk");
    for file in ["scenario/whole.toml", "scenario/column.toml", "run/few.toml"] {
        let text = fs::read_to_string(home.join(file)).expect("readable");
        let source = creditsim::scenario::ScenarioSource::from_text(file, text).in_folder(folder.path());
        let read = creditsim::scenario::read(&source.enclosed());
        assert!(read.is_ok(), "{file}: {:?}", read.err().map(|problems| problems[0].to_string()));
    }
    for file in ["table", "joined", "lines"] {
        let bytes = fs::read(home.join("accounts").join(file)).expect("readable");
        let read = super::fed::with_accounts(&bytes, folder.path());
        assert!(read.is_ok(), "{file}: {:?}", read.err().map(|problems| problems[0].to_string()));
    }
    let part = folder.path().join("shard-1.part");
    for file in ["blocks-1", "blocks-2"] {
        fs::write(&part, super::fed::sealed(&fs::read(home.join("part").join(file)).expect("readable")))
            .expect("a disk");
        let read = creditsim::parts::Part::open(&part).expect("a whole part");
        assert_eq!(read.pieces.iter().map(creditsim::parts::Piece::organizations).sum::<u64>(), 3, "{file}");
    }
}
