//! Progress on stderr: a line that renews itself on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

#[cfg(test)]
use crate::engine::TakenUp;
use crate::engine::{Progress, Stopwatch};

use crate::workload::ReadingProgress;

use super::terminal;

/// Between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Shows how far a run is.
pub(super) enum Meter {
    /// Nothing is shown.
    Silent,
    /// A line that renews itself.
    Bar(ProgressBar),
    /// A line now and then.
    Plain {
        /// When the last one was written.
        last: Duration,
    },
}

impl Meter {
    /// A meter that suits stderr. `first` is written at once.
    pub fn start(quiet: bool, first: &str) -> Self {
        if quiet {
            return Meter::Silent;
        }
        terminal::tell(first);
        if !io::stderr().is_terminal() {
            return Meter::Plain { last: Duration::ZERO };
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Meter::Bar(bar)
    }

    /// Takes news from the control thread.
    pub fn show(&mut self, progress: Progress) {
        match self {
            Meter::Silent => {}
            Meter::Bar(bar) => {
                bar.set_length(1_000);
                bar.set_position((share(progress) * 1e3) as u64);
                bar.set_message(sentence(progress));
            }
            Meter::Plain { last } if progress.elapsed >= *last + PLAIN_EVERY => {
                *last = progress.elapsed;
                let percent = (share(progress) * 100.0) as u64;
                terminal::tell(&format!("{percent} %  {}", sentence(progress)));
            }
            Meter::Plain { .. } => {}
        }
    }

    /// Removes the line.
    pub fn end(self) {
        if let Meter::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// Share of the work that is done: by organizations once many have finished, before that by operations too, of which
/// only the expected number is known.
fn share(progress: Progress) -> f64 {
    const MANY: u64 = 50;
    let finished = progress.organizations as f64 / progress.organizations_total.max(1) as f64;
    if progress.organizations >= MANY || progress.operations_expected == 0 {
        return finished.min(1.0);
    }
    let drawn = progress.operations as f64 / progress.operations_expected as f64;
    finished.max(drawn.min(0.99)).min(1.0)
}

/// Shows how far the reading of a usage history is; nothing if that takes no time worth telling.
pub(super) struct ReadingMeter {
    quiet: bool,
    since: Stopwatch,
    last: Duration,
    /// The line that renews itself, once there is one.
    bar: Option<ProgressBar>,
}

impl ReadingMeter {
    /// A meter that suits stderr.
    pub fn start(quiet: bool) -> Self {
        ReadingMeter { quiet, since: Stopwatch::start(), last: Duration::ZERO, bar: None }
    }

    /// Takes news from whoever reads.
    pub fn show(&mut self, reading: &ReadingProgress<'_>) {
        const WORTH_TELLING: Duration = Duration::from_secs(1);
        let elapsed = self.since.elapsed();
        if self.quiet || elapsed < WORTH_TELLING {
            return;
        }
        if io::stderr().is_terminal() {
            let draw = || ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            let bar = self.bar.get_or_insert_with(draw);
            bar.set_style(
                ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.set_message(reading_sentence(reading));
        } else if elapsed >= self.last + PLAIN_EVERY {
            self.last = elapsed;
            terminal::tell(&reading_sentence(reading));
        }
    }

    /// Removes the line.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `history `usage`: 12 % read, 3.1 M rows`.
fn reading_sentence(reading: &ReadingProgress<'_>) -> String {
    let rows = count(reading.rows as f64);
    let name = reading.name;
    match reading.sorting {
        None => {
            format!("history `{name}`: {} % read, {rows} rows", 100 * reading.bytes / reading.size.max(1))
        }
        Some((part, parts)) => {
            format!("history `{name}`: {rows} rows read, sorting part {} of {parts}", part + 1)
        }
    }
}

/// `12.3 M operations, 3.1 M/s, 12 s left`.
fn sentence(progress: Progress) -> String {
    let seconds = progress.elapsed.as_secs_f64();
    // What an earlier run has finished took none of this time.
    let before = progress.taken_up;
    let rate = progress.operations.saturating_sub(before.operations) as f64 / seconds.max(1e-9);
    let taken_up = before.organizations as f64 / progress.organizations_total.max(1) as f64;
    let left = match share(progress) {
        done if done > taken_up => format!(", {} left", span(seconds * (1.0 - done) / (done - taken_up))),
        _ => String::new(),
    };
    format!("{} operations, {}/s{left}", count(progress.operations as f64), count(rate))
}

/// `12.3 M`.
pub(super) fn count(value: f64) -> String {
    let (scale, unit) = match value {
        v if v >= 1e15 => return format!("{value:.1e}"),
        v if v >= 1e9 => (1e9, " G"),
        v if v >= 1e6 => (1e6, " M"),
        v if v >= 1e4 => (1e3, " k"),
        _ => return format!("{value:.0}"),
    };
    let scaled = value / scale;
    format!("{scaled:.*}{unit}", usize::from(scaled < 100.0))
}

/// `1 h 20 min`, `3 min 10 s`, `12 s`, `0.4 s`.
pub(super) fn span(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_units() {
        let counts =
            [(0.0, "0"), (9_999.0, "9999"), (12_345.0, "12.3 k"), (4.2e6, "4.2 M"), (123e9, "123 G")];
        for (value, text) in counts {
            assert_eq!(count(value), text);
        }
        let spans = [(0.42, "0.4 s"), (12.4, "12 s"), (190.0, "3 min 10 s"), (4_800.0, "1 h 20 min")];
        for (seconds, text) in spans {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn the_sentence_says_how_much_how_fast_how_long() {
        let elapsed = Duration::from_secs(4);
        let at = |organizations| Progress {
            operations: 8_000_000,
            operations_expected: 0,
            organizations,
            organizations_total: 100,
            taken_up: TakenUp::default(),
            elapsed,
        };
        assert_eq!(sentence(at(0)), "8.0 M operations, 2.0 M/s");
        assert_eq!(sentence(at(25)), "8.0 M operations, 2.0 M/s, 12 s left");
        let few = |operations_expected| Progress { operations_expected, organizations_total: 3, ..at(0) };
        assert_eq!(sentence(few(16_000_000)), "8.0 M operations, 2.0 M/s, 4.0 s left");
        assert_eq!(share(few(1_000)), 0.99);
        let taken_up = TakenUp { operations: 6_000_000, organizations: 15 };
        let resumed = Progress { taken_up, ..at(25) };
        assert_eq!(sentence(resumed), "8.0 M operations, 500 k/s, 30 s left");
    }
}
