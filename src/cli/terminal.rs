//! The only writers to stdout and stderr. A reader who has left (`| head`) is no error; a disk that takes nothing is one.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::units::visible_lines;

use super::interrupt;

/// What kept stdout from taking a result; the first of it.
static UNSAID: Mutex<Option<io::Error>> = Mutex::new(None);

/// A result, on stdout. If stdout does not take it, work goes on, so that nothing finished is lost, and [`unsaid`] tells.
pub(super) fn say(text: &str) {
    interrupt::give_way_to_signals();
    let text = visible_lines(text.trim_end_matches('\n'));
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            UNSAID.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        // Whoever has left does not want to be told.
        _ => {}
    }
}

/// Why a result could not be said; once.
pub(super) fn unsaid() -> Option<io::Error> {
    UNSAID.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// News about the work, on stderr.
pub(super) fn tell(text: &str) {
    drop(writeln!(io::stderr().lock(), "{}", visible_lines(text)));
}

/// What went wrong, on stderr.
pub(super) fn complain(text: &str) {
    tell(text);
}

/// `1 policy`, `2 policies`.
pub(super) fn number_of(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
