//! The reference page of the scenario format, from the same declarations that read it.

use std::fmt::Write as _;

use super::reading::{Field, Kind, NumberRange, Presence, TableShape};
use super::schema::shapes;

/// What stands before the tables.
const HEAD: &str = include_str!("reference_head.md");

/// The page `docs/scenario-format.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    let mut shown: Vec<(&'static [Field], &'static str)> = Vec::new();
    for shape in shapes() {
        section(&mut page, shape, &mut shown);
    }
    page
}

/// Keys that an earlier section has shown are named in one line.
fn section(page: &mut String, shape: &TableShape, shown: &mut Vec<(&'static [Field], &'static str)>) {
    // Writing to a string cannot fail.
    let _ = write!(page, "\n### {}\n\n{}\n", shape.name, shape.doc);
    if !shape.tags.is_empty() {
        let tags: Vec<_> = shape.tags.iter().map(|tag| format!("`{}`", tag.name)).collect();
        let _ = writeln!(page, "Exactly one of {} is written.", tags.join(", "));
    }
    let mut rows: Vec<&Field> = shape.tags.iter().collect();
    for part in shape.parts {
        let earlier = shown.iter().find(|(other, _)| same(other, part));
        match (earlier, part) {
            (Some((_, name)), [first, .., last]) => {
                let (from, to) = (first.name, last.name);
                let _ = writeln!(
                    page,
                    "Every key of [{name}](#{name}) from `{from}` to `{to}` can be written here."
                );
            }
            _ => {
                rows.extend(part.iter());
                shown.push((part, shape.name));
            }
        }
    }
    if !rows.is_empty() {
        page.push_str("\n| key | holds | if left out | meaning |\n|---|---|---|---|\n");
    }
    for field in rows {
        row(page, shape, field);
    }
}

/// True for the same declarations. (They are constants, so where they stand in memory tells nothing.)
fn same(one: &[Field], other: &[Field]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a.name, a.doc) == (b.name, b.doc))
}

fn row(page: &mut String, shape: &TableShape, field: &Field) {
    let tag = shape.tags.iter().any(|tag| tag.name == field.name);
    let absent = match field.presence {
        Presence::Required => "*must be written*".to_owned(),
        Presence::Optional if tag => "*one of these*".to_owned(),
        Presence::Optional => String::new(),
        Presence::Default(text) => format!("`{text}`"),
    };
    let _ = writeln!(page, "| `{}` | {} | {absent} | {} |", field.name, holds(field.kind), field.doc);
}

/// The kind in few words, with links to tables.
pub(super) fn holds(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Name(what) => format!("{what} name"),
        Kind::Flag => "true, false".to_owned(),
        Kind::Whole(least, most) => whole(least, most),
        Kind::Number(range) => range.describe("number", 0.0),
        Kind::Credits(range) => range.describe("credits", 0.0),
        Kind::Money => "money".to_owned(),
        Kind::Span(range) if range.least_open => "span above 0".to_owned(),
        Kind::Span(range) if range == NumberRange::SPAN => "span".to_owned(),
        Kind::Span(range) => format!("span up to \"{} s\"", range.most),
        Kind::Period => "period".to_owned(),
        Kind::Rate(range) if range.least_open => "rate above 0".to_owned(),
        Kind::Rate(_) => "rate".to_owned(),
        Kind::Probability => "probability".to_owned(),
        Kind::Share(range) => range.describe("share", 0.0),
        Kind::Percentage(range) => range.describe("percentage", 0.0),
        Kind::Instant => "instant".to_owned(),
        Kind::Words(words) => {
            words().iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")
        }
        Kind::Word(word) => format!("`\"{word}\"`"),
        Kind::List(item) => format!("list of {}", holds(*item)),
        Kind::Tuple(item, length) => format!("{length} of {}", holds(*item)),
        Kind::Table(shape) => format!("[{0}](#{0})", shape.name),
        Kind::Map(what, item) => format!("by {what}: {}", holds(*item)),
        Kind::TableByName(shape, what, item) => {
            format!("[{0}](#{0}), and by {what}: {1}", shape.name, holds(*item))
        }
        Kind::Either(kinds) => kinds.iter().map(|kind| holds(*kind)).collect::<Vec<_>>().join(", or "),
        Kind::Distribution(unit, range) => {
            format!("{}, or [distribution](#distribution)", holds(unit.kind(range)))
        }
        Kind::Quantity => "quantity".to_owned(),
        Kind::Values => "list of values, or `\"lo..hi:step\"`".to_owned(),
    }
}

/// A whole number; the widths of words are left out.
fn whole(least: i128, most: i128) -> String {
    const COUNT: i128 = u32::MAX as i128;
    const INTEGER: i128 = i32::MAX as i128;
    match (least, most) {
        (0, COUNT) => "count".to_owned(),
        (least, COUNT) => format!("count, {least} or more"),
        (_, INTEGER) => "integer".to_owned(),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("integer from {least} to {most}"),
    }
}

#[cfg(test)]
mod tests {
    use super::reference;

    /// `CREDITSIM_UPDATE=1 cargo test reference` writes the page anew.
    #[test]
    fn the_reference_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario-format.md");
        if std::env::var_os("CREDITSIM_UPDATE").is_some() {
            std::fs::write(path, reference()).expect("the page can be written");
        }
        let page = std::fs::read_to_string(path).expect("the page is there");
        assert!(
            page == reference(),
            "docs/scenario-format.md is old; write it with CREDITSIM_UPDATE=1 cargo test reference"
        );
    }
}
