use std::sync::Arc;

use super::*;
use crate::experiment::{Findings, Measurements};
use crate::outcome::synthetic;
use crate::report::pictures;

/// What a name may hold at worst.
const NASTY: &str = "\u{202e}</script><script>alert(1)</script>\"'&`<img src=x onerror=alert(2)>";

fn specimen() -> Page {
    let cells = vec![PageCell::text(NASTY), PageCell { about: NASTY.to_owned(), ..PageCell::text(NASTY) }];
    let head = PageHead { label: NASTY.to_owned(), right: false };
    let table = PageTable {
        caption: NASTY.to_owned(),
        heads: vec![head.clone(), head],
        rows: vec![cells],
        notes: vec![NASTY.to_owned()],
    };
    let blocks = vec![
        PageBlock::Words(NASTY.to_owned()),
        PageBlock::List(vec![NASTY.to_owned()]),
        PageBlock::Command(NASTY.to_owned()),
        PageBlock::Table(table.clone()),
        PageBlock::Searched(vec![PageBlock::Table(table)]),
        PageBlock::Folded {
            summary: NASTY.to_owned(),
            open: false,
            blocks: vec![PageBlock::Words(NASTY.to_owned())],
        },
        PageBlock::Files(vec![(NASTY.to_owned(), NASTY.to_owned())]),
    ];
    Page {
        made_by: "run".to_owned(),
        scenario: NASTY.to_owned(),
        question: Some(NASTY.to_owned()),
        facts: vec![NASTY.to_owned()],
        partial: Some(NASTY.to_owned()),
        verdict: PageVerdict {
            heading: NASTY.to_owned(),
            lines: vec![(Some(NASTY.to_owned()), NASTY.to_owned())],
            cautions: vec![NASTY.to_owned()],
        },
        sections: vec![PageSection::new("part", NASTY, blocks)],
    }
}

#[test]
fn no_name_becomes_a_tag_an_attribute_or_a_script() {
    let text = page(&specimen());
    assert!(!text.contains('\u{202e}'), "what turns the text around is shown");
    assert_eq!(text.matches("<script").count(), 1, "the page's own script alone");
    assert_eq!(text.matches("</script>").count(), 1);
    assert!(!text.contains("<img"), "{text}");
    assert!(text.contains("&lt;/script&gt;"));
    let attribute = |part: &str| part.split('>').next().is_some_and(|tag| tag.contains("onerror="));
    let own = text.split("<script").next().unwrap_or_default();
    assert!(!own.split('<').skip(1).any(|part| attribute(part) && !part.contains("&lt;")), "{own}");
}

#[test]
fn no_name_in_a_picture_ends_its_data() {
    let shape = synthetic::shape(&["block", NASTY]);
    let mut measurements = Measurements::new(Arc::clone(&shape));
    (0..6).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
    let made = pictures(&Findings::new(measurements, 0));
    assert!(!made.is_empty());
    for picture in made {
        let data = data(&picture);
        assert!(!data.contains(['<', '\u{202e}']), "{data}");
        let read: serde_json::Value = serde_json::from_str(&data).expect("JSON");
        let name = read["series"][1]["name"].as_str().expect("a name");
        assert_eq!(name, visible(NASTY));
    }
}

#[test]
fn the_page_asks_the_network_for_nothing() {
    let text = page(&specimen());
    assert!(!text.contains("src=\"") && !text.contains("url(") && !text.contains("@import"));
    for link in text.split("href=\"").skip(1) {
        assert!(link.starts_with('#') || link.starts_with("./"), "{}", &link[..40.min(link.len())]);
    }
    assert!(
        !text.contains("http://")
            || text.matches("http://").count() == text.matches("http://www.w3.org/").count()
    );
}

#[test]
fn code_stands_between_backquotes_and_an_odd_one_is_text() {
    assert_eq!(words("run `a<b` now").into_string(), "run <code>a&lt;b</code> now");
    assert_eq!(words("it`s").into_string(), "it`s");
    assert_eq!(link("a b&c/é.csv"), "./a%20b%26c/%C3%A9.csv");
}
