//! How text for people is drawn: how wide, and whether in colour.

use anstyle::Style;

/// The screen or page that text is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Colours and weights; only the eight colours that a terminal's user has chosen.
    pub colour: bool,
}

impl Look {
    /// For files and pipes: the same wherever it is drawn.
    pub const PLAIN: Look = Look { width: 100, colour: false };

    /// The text in a style, if there is colour.
    #[must_use]
    pub fn paint(self, text: &str, style: Style) -> String {
        if self.colour && !text.trim().is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A width that helps reading: wider lines are hard to follow, and narrower ones hold no table.
    #[must_use]
    pub fn clamped(width: usize) -> usize {
        width.clamp(60, 160)
    }
}

/// The text in lines of at most `width` characters, broken at spaces; a longer word keeps its line to itself.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| wrapped_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

/// As [`wrapped`], for a text that begins behind `indent` columns, under which its further lines stand.
#[must_use]
pub fn hung(text: &str, width: usize, indent: usize) -> String {
    wrapped(text, width.saturating_sub(indent)).replace('\n', &format!("\n{}", " ".repeat(indent)))
}

fn wrapped_line(line: &str, width: usize) -> String {
    let indented = line.trim_start_matches(' ');
    let mut column = line.len() - indented.len();
    let mut out = " ".repeat(column);
    for (index, word) in indented.split(' ').filter(|word| !word.is_empty()).enumerate() {
        let long = word.chars().count();
        match index {
            0 => {}
            _ if column + 1 + long > width => {
                out.push('\n');
                column = 0;
            }
            _ => {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += long;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        let cases = [
            ("one of: a, b, c", 10, "one of: a,\nb, c"),
            ("unbreakable_word x", 5, "unbreakable_word\nx"),
            ("short", 80, "short"),
            ("two\nlines here", 5, "two\nlines\nhere"),
            ("  indented words", 12, "  indented\nwords"),
            ("", 5, ""),
        ];
        for (text, width, expected) in cases {
            assert_eq!(wrapped(text, width), expected);
        }
    }
}
