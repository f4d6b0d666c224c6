//! Text from outside, safe to show: nothing in it can move a cursor, ring a bell, turn lines around or break a file.

use std::borrow::Cow;

/// A character that is not shown but does something: control characters, marks that turn the direction of text, line and
/// paragraph separators, the byte order mark, and what XML cannot hold.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The text with every unsafe character written as `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_unsafe)
}

/// The same for text of several lines: line feeds and tabs stay.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_unsafe(c) && c != '\n' && c != '\t')
}

fn escaped(text: &str, wrong: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&wrong) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if wrong(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_something_is_shown_and_what_is_shown_stays() {
        let nasty = "\u{1b}]0;x\u{7}\u{0}a\nb\r\u{9b}2J\u{7f}\u{202e}\u{2066}\u{2028}\u{feff}";
        let shown = r"\u{1b}]0;x\u{7}\u{0}a\u{a}b\u{d}\u{9b}2J\u{7f}\u{202e}\u{2066}\u{2028}\u{feff}";
        assert_eq!(visible(nasty), shown);
        assert!(visible_lines("a\n\tb\u{1b}").ends_with("a\n\tb\\u{1b}"));
        for plain in ["", "block", "Überzug – 1 000 €", "日本語", "👩‍💻", "a\\b"] {
            assert!(matches!(visible(plain), Cow::Borrowed(same) if same == plain), "{plain}");
        }
    }
}
