//! Text in a cell of a CSV file that neither a terminal nor a spreadsheet takes for more than text.
//!
//! The rule, for readers (docs/output.md has it too): characters that are not shown are written as `\u{1b}`; a
//! text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or `'` has one `'` before it. Numbers stay as they
//! are. Whoever wants the text removes one leading `'`.

use std::borrow::Cow;

use crate::units::visible;

/// The text as it stands in a cell, quotes of the CSV format apart.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    let guarded = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) && !is_number(text);
    if guarded { Cow::Owned(format!("'{shown}")) } else { shown }
}

/// `-5`, `+1.5e3`: digits, a point, an exponent and signs, read as one number.
fn is_number(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    text.chars().all(plain) && text.parse::<f64>().is_ok()
}

/// Appends the text to a line of a CSV file, in quotes if the format wants them.
pub(super) fn append(out: &mut Vec<u8>, text: &str) {
    let text = cell(text);
    if text.contains([',', '"', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// A writer of records whose cells are guarded.
pub(super) struct Records<W: std::io::Write>(csv::Writer<W>);

impl<W: std::io::Write> Records<W> {
    pub fn new(out: W) -> Self {
        Records(csv::Writer::from_writer(out))
    }

    pub fn write(&mut self, record: impl IntoIterator<Item = impl AsRef<str>>) -> std::io::Result<()> {
        for field in record {
            self.0.write_field(cell(field.as_ref()).as_bytes())?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    pub fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_can_be_read_back() {
        let cells = [
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("@SUM(1+1)", "'@SUM(1+1)"),
            ("-cmd|'/c calc'!A0", "'-cmd|'/c calc'!A0"),
            ("+inf", "'+inf"),
            ("\t=1", "'\\u{9}=1"),
            ("\r=1", "'\\u{d}=1"),
            ("'quoted", "''quoted"),
            ("-5", "-5"),
            ("+1.5e3", "+1.5e3"),
            ("-0.000001", "-0.000001"),
            ("block", "block"),
            ("a=b", "a=b"),
            ("", ""),
        ];
        for (text, wanted) in cells {
            let found = cell(text);
            assert_eq!(found, wanted);
            // Reading back: one leading apostrophe goes.
            assert_eq!(found.strip_prefix('\'').unwrap_or(&found), visible(text), "{text}");
        }
        let mut out = Vec::new();
        append(&mut out, "=1,\"\u{1b}\"");
        assert_eq!(String::from_utf8(out).unwrap(), "\"'=1,\"\"\\u{1b}\"\"\"");
    }
}
