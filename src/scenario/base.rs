//! Where the files lie that a scenario names.

use std::path::{Component, Path, PathBuf};

use super::{bundled, sandbox};

/// What file names inside a scenario are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// The scenario's folder; names may lead anywhere.
    Folder(PathBuf),
    /// The scenario's folder, which no name leads out of.
    Enclosed(PathBuf),
    /// The files bundled in the binary.
    Bundled,
}

/// A file that a scenario names: its path, and its content if it is bundled.
pub(crate) type NamedFile = (PathBuf, Option<&'static [u8]>);

/// Why a scenario may not have a file, as the end of a sentence, and what to do about it.
pub(crate) type NoFile = (String, &'static str);

impl Base {
    /// Where a file is. That it is there is not looked at.
    pub fn find(&self, file: &str) -> Result<NamedFile, NoFile> {
        match self {
            Base::Folder(folder) => Ok((folder.join(file), None)),
            Base::Enclosed(folder) => enclosed(folder, Path::new(file)).map(|path| (path, None)),
            Base::Bundled => match bundled::file(file) {
                Some(content) => Ok((PathBuf::from(file), Some(content))),
                None => Err((
                    String::from("is not bundled"),
                    "copy the scenario to a file of your own to name files",
                )),
            },
        }
    }

    /// True if the scenario is read in a sandbox.
    pub fn is_enclosed(&self) -> bool {
        matches!(self, Base::Enclosed(_))
    }
}

/// A file below a folder, symbolic links followed, and no larger than a sandbox takes.
fn enclosed(folder: &Path, file: &Path) -> Result<PathBuf, NoFile> {
    const HINT: &str =
        "with `--sandboxed` a scenario reads files of its own folder and of folders below it alone";
    let outside = || (String::from("leads out of the scenario's folder"), HINT);
    if !file.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(outside());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let path = folder.join(file);
    // What is not there, or may not be looked at, is told by whoever opens it.
    let (Ok(home), Ok(real)) = (folder.canonicalize(), path.canonicalize()) else { return Ok(path) };
    if !real.starts_with(home) {
        return Err(outside());
    }
    match real.metadata() {
        Ok(found) if found.len() > sandbox::FILE_BYTES => {
            let what = format!("is larger than {} MiB, the most in a sandbox", sandbox::FILE_BYTES >> 20);
            Err((what, "docs/untrusted-input.md lists the bounds of `--sandboxed`"))
        }
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn no_name_leads_out_of_an_enclosed_folder() {
        let home = tempfile::tempdir().unwrap();
        let inside = home.path().join("inside");
        std::fs::create_dir_all(inside.join("data")).unwrap();
        std::fs::write(home.path().join("secret"), "x").unwrap();
        std::fs::write(inside.join("data/usage.csv"), "x").unwrap();
        std::os::unix::fs::symlink("../../secret", inside.join("data/out")).unwrap();
        std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
        std::os::unix::fs::symlink("data/usage.csv", inside.join("in")).unwrap();
        let base = Base::Enclosed(inside.clone());
        for file in ["data/usage.csv", "./data/usage.csv", "in", "up/inside/in", "not-there"] {
            assert_eq!(base.find(file).map(|(path, _)| path), Ok(inside.join(file)), "{file}");
        }
        let absolute = home.path().join("secret").display().to_string();
        let own = inside.join("data/usage.csv").display().to_string();
        for file in ["../secret", "data/../../secret", "data/out", "up/secret", "/", &absolute, &own] {
            let (what, _) = base.find(file).expect_err(file);
            assert!(what.contains("leads out"), "{file}: {what}");
        }
        assert!(Base::Folder(inside).find("../secret").is_ok());
    }
}
