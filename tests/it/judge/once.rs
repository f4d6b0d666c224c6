//! Files on which judge and product once differed: each keeps what was decided, and says where the rule stands.

use std::fs;

use super::both::{Both, both};

#[test]
fn files_that_once_showed_a_difference_show_none() {
    let mut paths: Vec<_> = fs::read_dir("tests/it/judge/once")
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let differs = |path: &std::path::PathBuf| match both(&fs::read_to_string(path).expect("it can be read")) {
        Both::Agree(_) => None,
        Both::Long(entries) => Some(format!("{} has {entries} entries", path.display())),
        Both::Refused(why) => Some(format!("{} is refused: {why}", path.display())),
        Both::Broken(why) | Both::Differ(why) => Some(format!("{}: {why}", path.display())),
    };
    let found: Vec<String> = paths.iter().filter_map(differs).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
