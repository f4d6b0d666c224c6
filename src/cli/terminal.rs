//! The only writers to stdout and stderr. A reader who has left (`| head`) is no error; a disk that takes nothing is one.
//!
//! Owns whether a stream has colour and how wide it is. Text from outside is made safe here; what `report` and
//! `diagnosis` have drawn is safe already and keeps its colours.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Effects, Style};

use crate::report::Look;
use crate::units::visible_lines;

use super::interrupt;

/// What kept stdout from taking a result; the first of it.
static UNSAID: Mutex<Option<io::Error>> = Mutex::new(None);

/// Decides about colour for both streams: `auto` looks at the stream, NO_COLOR, CLICOLOR_FORCE and TERM.
pub(super) fn colour(when: clap::ColorChoice) {
    match when {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
    .write_global();
}

/// How results look on stdout.
pub(super) fn stdout_look() -> Look {
    let stdout = io::stdout();
    let colour = AutoStream::choice(&stdout) != ColorChoice::Never;
    Look { width: width(stdout.is_terminal()), colour }
}

/// How messages look on stderr.
pub(super) fn stderr_look() -> Look {
    let stderr = io::stderr();
    let colour = AutoStream::choice(&stderr) != ColorChoice::Never;
    Look { width: width(stderr.is_terminal()), colour }
}

/// Columns of the terminal, as far as they help reading; the width of plain text elsewhere.
fn width(is_terminal: bool) -> usize {
    let columns = is_terminal.then(terminal_size::terminal_size).flatten();
    columns.map_or(Look::PLAIN.width, |(columns, _)| Look::clamped(usize::from(columns.0)))
}

/// A result, on stdout. If stdout does not take it, work goes on, so that nothing finished is lost, and [`unsaid`] tells.
pub(super) fn say(text: &str) {
    say_drawn(&visible_lines(text));
}

/// As [`say`], of text that `report` or `diagnosis` has drawn for this stream: nothing but colour is in it.
pub(super) fn say_drawn(text: &str) {
    interrupt::give_way_to_signals();
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush());
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

/// News about the work, on stderr; the words that begin its lines are coloured.
pub(super) fn tell(text: &str) {
    let text = visible_lines(text);
    if !stderr_look().colour {
        tell_drawn(&text);
        return;
    }
    let lines: Vec<String> = text.split('\n').map(accented).collect();
    tell_drawn(&lines.join("\n"));
}

/// As [`tell`], of text that was drawn for stderr.
pub(super) fn tell_drawn(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// What went wrong, on stderr.
pub(super) fn complain(text: &str) {
    tell(text);
}

/// `error:` and the like at the start of a line, in the colours of `diagnosis`.
fn accented(line: &str) -> String {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into())).effects(Effects::BOLD);
    let words = [
        ("error:", colour(AnsiColor::Red)),
        ("warning:", colour(AnsiColor::Yellow)),
        ("hint:", colour(AnsiColor::Green)),
        ("note:", Style::new().effects(Effects::BOLD)),
    ];
    for (word, style) in words {
        if let Some(rest) = line.strip_prefix(word) {
            return format!("{style}{word}{style:#}{rest}");
        }
    }
    line.to_owned()
}

/// `1 policy`, `2 policies`.
pub(super) fn number_of(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
