//! What a command may cost: time, memory, operations.
//!
//! Owns the limits' forms and the thread that looks at the clock and at memory, so that a limit is heard in every phase.
//! Leaves the end itself to whoever hears an interrupt; operations are counted by whoever runs them.

use std::time::Duration;

use crate::engine::{self, Cause, Interrupt, Stopwatch};
use crate::scenario::parse_span;

use super::arguments::LimitArguments;
use super::exit::CommandProblem;
use super::terminal;

/// Between two looks.
const TICK: Duration = Duration::from_millis(20);
/// A thousand millennia ends no run.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// A limit of time as it is typed: `30m`, `90 s`, `1 h 30 min`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let form = || String::from("wanted a time such as `30m`, `90 s` or `1 h 30 min`");
    // Nobody limits a run to months.
    let minutes = text.strip_suffix('m').map(|number| format!("{number} min"));
    let span = parse_span(minutes.as_deref().unwrap_or(text)).ok_or_else(form)?;
    let time = Duration::from_micros(u64::try_from(span.micros()).map_err(|_| form())?);
    if (TICK..=LONGEST).contains(&time) { Ok(time) } else { Err(String::from("wanted from 20 ms to a year")) }
}

/// A limit of memory as it is typed: `500MB`, `2 GiB`; in bytes.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let form = || String::from("wanted a size such as `500MB` or `2 GiB`");
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(form)?;
    let number: f64 = text[..digits].parse().map_err(|_| form())?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1024.0 * 1024.0,
        "gi" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "ti" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(form()),
    };
    let bytes = number * unit;
    if (1e6..1e16).contains(&bytes) { Ok(bytes as u64) } else { Err(String::from("wanted at least 1 MB")) }
}

/// Looks at time and memory from now on, and asks for an end when one of them is used up.
///
/// # Errors
/// A limit of memory where the system does not say how much there is in use, or below what is in use already.
pub(super) fn enforce(limits: &LimitArguments, interrupt: &Interrupt) -> Result<(), CommandProblem> {
    let &LimitArguments { time_limit, max_memory, .. } = limits;
    if let Some(most) = max_memory {
        let used = engine::memory_bytes().ok_or_else(|| {
            CommandProblem::usage("`--max-memory`: this system does not say how much memory is in use")
        })?;
        if used >= most {
            return Err(CommandProblem::usage(format!(
                "`--max-memory`: {} MB are in use before anything is done",
                used.div_ceil(1_000_000)
            )));
        }
    }
    if time_limit.is_none() && max_memory.is_none() {
        return Ok(());
    }
    let (interrupt, started) = (interrupt.clone(), Stopwatch::start());
    let look = move || {
        while !interrupt.is_asked() {
            std::thread::sleep(TICK);
            if time_limit.is_some_and(|most| started.elapsed() >= most) {
                reached(&interrupt, Cause::TimeLimit);
            } else if max_memory.zip(engine::memory_bytes()).is_some_and(|(most, used)| used >= most) {
                reached(&interrupt, Cause::MemoryLimit);
            }
        }
    };
    let looking = std::thread::Builder::new().name(String::from("limits")).spawn(look);
    looking.map(drop).map_err(|source| CommandProblem::Run(engine::Failure::Arbiter(source)))
}

/// Asks for an end if enough operations are done.
pub(super) fn count(max_operations: Option<u64>, operations: u64, interrupt: &Interrupt) {
    if max_operations.is_some_and(|most| operations >= most) && !interrupt.is_asked() {
        reached(interrupt, Cause::OperationsLimit);
    }
}

fn reached(interrupt: &Interrupt, cause: Cause) {
    if interrupt.ask(cause) {
        terminal::tell(&format!(
            "\n`--{}` is reached: stopping; what is finished will be kept",
            cause.name()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_and_nonsense_is_refused() {
        let times = [("30m", 1_800), ("90 s", 90), ("1 h 30 min", 5_400), ("2h", 7_200), ("1 day", 86_400)];
        for (text, seconds) in times {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "0 s", "-5 min", "30", "m", "10 parsecs", "2000 days", "1 us", "nan s"] {
            assert!(time(text).is_err(), "{text}");
        }
        let sizes =
            [("500MB", 500_000_000), ("2 GiB", 2 << 30), ("1.5g", 1_500_000_000), ("64MiB", 64 << 20)];
        for (text, bytes) in sizes {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "500", "0GB", "-1GB", "GB", "1 XB", "1e9", "10 B", "99999999 TB", ".. GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
