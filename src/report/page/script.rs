//! The page's script: its modules joined into one, so that the page needs no other file.
//!
//! The modules beside this file import each other; a page that is served may load them as they are. Joined, imports and the
//! word `export` go, because everything stands in one scope.

/// In an order in which each needs only what stands before it.
const MODULES: [(&str, &str); 11] = [
    ("dom.js", include_str!("dom.js")),
    ("scale.js", include_str!("scale.js")),
    ("spots.js", include_str!("spots.js")),
    ("rows.js", include_str!("rows.js")),
    ("plane.js", include_str!("plane.js")),
    ("picture.js", include_str!("picture.js")),
    ("sort.js", include_str!("sort.js")),
    ("search.js", include_str!("search.js")),
    ("print.js", include_str!("print.js")),
    ("switches.js", include_str!("switches.js")),
    ("main.js", include_str!("main.js")),
];

/// The script, safe inside a `script` element.
pub(super) fn joined() -> String {
    let mut out = String::from("\n");
    for (_, text) in MODULES {
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            out.push_str(line.strip_prefix("export ").unwrap_or(line));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names that a module declares outside of any block.
    fn declared(text: &str) -> Vec<String> {
        let name = |line: &str| {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let words = ["function ", "const ", "let ", "class "];
            let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
            Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        };
        text.lines().filter_map(name).collect()
    }

    #[test]
    fn modules_are_small_and_can_stand_in_one_scope() {
        let size: usize = MODULES.iter().map(|(_, text)| text.len()).sum();
        assert!(size <= 150 * 1024, "{size} bytes");
        let mut known = BTreeSet::new();
        for (module, text) in MODULES {
            for name in declared(text) {
                assert!(known.insert(name.clone()), "{module} declares {name} once more");
            }
        }
        assert!(known.len() > 5, "{known:?}");
    }

    #[test]
    fn a_module_imports_only_what_stands_before_it_and_exports_it() {
        for (place, (module, text)) in MODULES.iter().enumerate() {
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let (names, from) = line.split_once(" from ").expect("an import on one line");
                let from = from.trim_matches([';', '"']).trim_start_matches("./");
                let other = MODULES[..place].iter().find(|(name, _)| *name == from);
                let (_, other) = other
                    .unwrap_or_else(|| panic!("{module} imports {from}, which does not stand before it"));
                for name in names.trim_start_matches("import ").trim_matches(['{', '}', ' ']).split(", ") {
                    let exported = ["function", "const"].map(|word| format!("export {word} {name}"));
                    assert!(
                        exported.iter().any(|text| other.contains(text)),
                        "{from} does not export {name}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_joined_script_is_no_end_of_itself() {
        let joined = joined().to_lowercase();
        assert!(!joined.contains("</script") && !joined.contains("<!--"));
        assert!(!joined.contains("\nimport ") && !joined.contains("\nexport "));
    }
}
