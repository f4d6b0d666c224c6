//! The page of a run and of what tries many settings: what stands on it, in which order, and that it is a function of the
//! results. What it looks like and does is tested in a browser: `tests/page/check.py`.

use std::fs;
use std::path::Path;

use crate::common::Place;

const SCENARIO: &str = r#"
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
replications = 5
baseline = "block"

[[cohorts]]
name = "teams"
organizations = 6

[features.chat]
arrivals = { poisson = "4/day" }
cost = { uniform = [1, 5], step = 1 }

[policy]
allowance = { credits = 100, every = "month" }
admission = "positive"

[policies.block]

[policies.top-up]
packages = [{ name = "extra", credits = 50, price = "9 USD" }]
top_up = { threshold = 5, processing = "5 min" }

[thresholds]
block = ["operations_demanded > 10"]
"#;

fn page(folder: &Path) -> String {
    fs::read_to_string(folder.join("report.html")).expect("a page")
}

/// The anchors of sections, in order.
fn sections(page: &str) -> Vec<&str> {
    page.split("<section id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Links that lead to no file beside the page.
fn broken_links(page: &str, folder: &Path) -> Vec<String> {
    let links = page.split("href=\"./").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| !folder.join(link).exists()).map(str::to_owned).collect()
}

#[test]
fn the_verdict_comes_first_and_everything_it_rests_on_behind_it() {
    let place = Place::with(SCENARIO);
    place.run(&[]);
    let folder = place.result();
    let page = page(&folder);
    let wanted = [
        "verdict",
        "thresholds",
        "comparison",
        "pictures",
        "customers",
        "affected",
        "settings",
        "outcomes",
        "assumptions",
        "method",
        "repeat",
    ];
    assert_eq!(sections(&page), wanted);
    assert_eq!(broken_links(&page, &folder), Vec::<String>::new());
    // Of the settings, what the baseline lacks is marked.
    assert!(page.contains("<td class=\"differs\" data-label=\"top-up\"><mark>5 min</mark>"), "the setting");
    for said in [
        "creditsim run small.toml --seed",
        "creditsim explain small.toml --seed",
        "--against block",
        "the largest rise of a bill under any policy",
        "numbers of the world",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn the_page_does_not_know_how_the_run_was_laid_out() {
    let place = Place::with(SCENARIO);
    let under = |output: &str, layout: &[&str]| {
        let all = [&["run", "small.toml", "--quiet", "--output", output], layout].concat();
        let (code, _, stderr) = place.creditsim(&all);
        assert_eq!(code, 0, "{stderr}");
        let name = fs::read_dir(place.path(output).join("small")).expect("results").next();
        page(&name.expect("one").expect("readable").path())
    };
    let one = under("one", &["--threads", "1"]);
    assert!(one == under("two", &["--threads", "2", "--chunk", "1"]), "the pages differ");
}

#[test]
fn what_tries_many_settings_has_a_page_with_its_answer() {
    let place = Place::with(SCENARIO);
    let commands: [(&[&str], &str); 3] = [
        (&["sweep", "--vary", "policies.top-up.top_up.threshold=5,20", "--outcomes", "loss_rate"], "points"),
        (
            &["optimize", "--minimize", "loss_rate", "--over", "policies.top-up.top_up.threshold=5,20"],
            "tried",
        ),
        (&["sensitivity", "--metric", "loss_rate"], "moves"),
    ];
    for (words, results) in commands {
        let all = [&[words[0], "small.toml", "--quiet", "--output", "out"], &words[1..]].concat();
        let (code, _, stderr) = place.creditsim(&all);
        assert!([0, 4].contains(&code), "{words:?}: {code} {stderr}");
        let named = |name: &&String| name.starts_with(words[0]);
        let names = place.results();
        let folder = place.path("out/small").join(names.iter().find(named).expect("results"));
        let page = page(&folder);
        let sections = sections(&page);
        assert_eq!(sections[0], "verdict", "{words:?}");
        for wanted in [results, "settings", "assumptions", "method", "repeat"] {
            assert!(sections.contains(&wanted), "{words:?}: {sections:?}");
        }
        assert_eq!(broken_links(&page, &folder), Vec::<String>::new(), "{words:?}");
        assert!(page.contains(&format!("creditsim {} small.toml", words[0])), "{words:?}");
    }
}
