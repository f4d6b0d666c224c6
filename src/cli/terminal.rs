//! The only writers to stdout and stderr. A reader who has left (`| head`) is no error.

use std::io::{self, Write};

/// A result, on stdout.
pub(super) fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush());
    // Nobody is left to tell.
    drop(written);
}

/// News about the work, on stderr.
pub(super) fn tell(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// What went wrong, on stderr.
pub(super) fn complain(text: &str) {
    tell(text);
}

/// `1 policy`, `2 policies`.
pub(super) fn number_of(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
