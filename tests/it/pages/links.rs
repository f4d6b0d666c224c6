//! Links between pages: the file and the heading behind every relative link are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::{ROOT, page, pages, prose};

/// Targets of the links and pictures of a line; what stands in backquotes is no link.
fn targets(line: &str) -> Vec<String> {
    let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let link = |rest: &str| rest.split([')', ' ']).next().unwrap_or_default().to_owned();
    plain.split("](").skip(1).map(link).collect()
}

/// What a heading is called in a link, as code forges form it: lower case, words joined by `-`, no other signs.
fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ => c.is_alphanumeric().then_some(c),
    };
    heading.to_lowercase().chars().filter_map(kept).collect()
}

/// The anchors of a page; headings alike are numbered from the second on.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen = BTreeMap::<String, u32>::new();
    let mut found = BTreeSet::new();
    for line in prose(text) {
        let heading = line.trim_start_matches('#');
        if let Some(heading) = heading.strip_prefix(' ').filter(|_| line.starts_with('#')) {
            let name = anchor(heading.trim());
            let times = seen.entry(name.clone()).or_default();
            found.insert(if *times == 0 { name } else { format!("{name}-{times}") });
            *times += 1;
        }
    }
    found
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            own => parts.push(own),
        }
    }
    parts.iter().collect()
}

/// What is wrong with a link of a page, if something is.
fn fault(name: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) =
        target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let folder = Path::new(name).parent().expect("a file has a folder");
    let linked = if file.is_empty() { PathBuf::from(name) } else { plain(&folder.join(file)) };
    if !Path::new(ROOT).join(&linked).exists() {
        return Some(format!("{name} links to `{target}`, which is not there"));
    }
    let heading = heading?;
    let known = anchors(&page(&linked.to_string_lossy()));
    (!known.contains(heading)).then(|| format!("{name} links to `{target}`: no heading is called that"))
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut links = 0;
    let mut wrong = Vec::new();
    for name in pages() {
        for target in prose(&page(&name)).iter().flat_map(|line| targets(line)) {
            links += 1;
            wrong.extend(fault(&name, &target));
        }
    }
    assert!(links > 80, "{links} links");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_are_read_as_code_forges_read_them() {
    assert_eq!(targets("[a](b.md#c), `[no](x)` ![d](e.svg \"title\")"), ["b.md#c", "e.svg"]);
    assert_eq!(anchor("Text in CSV files (format 1)"), "text-in-csv-files-format-1");
    assert_eq!(anchor("`journal.csv`"), "journalcsv");
    let page = "# A\n```\n# no heading\n```\n## B, b\n## B b\n";
    assert_eq!(anchors(page), ["a", "b-b", "b-b-1"].map(str::to_owned).into());
    assert!(fault("docs/faults.md", "output.md#no-such-heading").is_some());
    assert!(fault("docs/faults.md", "no-such-page.md").is_some());
    assert_eq!(fault("docs/faults.md", "../README.md#more"), None);
}

/// A reader who begins at the README comes to every page without a search.
#[test]
fn every_page_is_reached_from_the_readme() {
    let mut reached = BTreeSet::from(["README.md".to_owned()]);
    let mut open = vec!["README.md".to_owned()];
    while let Some(name) = open.pop() {
        let folder = Path::new(&name).parent().expect("a file has a folder").to_path_buf();
        for target in prose(&page(&name)).iter().flat_map(|line| targets(line)) {
            let file = target.split('#').next().unwrap_or_default();
            let linked = plain(&folder.join(file)).to_string_lossy().into_owned();
            if linked.ends_with(".md")
                && Path::new(ROOT).join(&linked).exists()
                && reached.insert(linked.clone())
            {
                open.push(linked);
            }
        }
    }
    let lost: Vec<String> = pages()
        .into_iter()
        // That one tells who looks into the empty folder what comes there.
        .filter(|name| !reached.contains(name) && name != "output/README.md")
        .collect();
    assert!(lost.is_empty(), "no way leads from README.md to {lost:?}");
}
