//! Panics as errors: what is caught, and what it said.
//!
//! A panic below an actor (an overflow, a broken invariant) must become an error that names an organization. tokio
//! swallows panics of local tasks, and their text goes to stderr; here the text is kept for the error instead.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::units::Impossible;

/// Why work that was watched over did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The scenario asks for something that cannot be; what.
    Impossible(String),
    /// The program is wrong; the panic's text with its place.
    Panicked(String),
}

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on, panics of the calling thread are kept for `last_panic` instead of being printed.
pub fn record_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if RECORDING.get() {
                let place =
                    info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
                LAST.set(Some(format!("{}{place}", text_of(info.payload()))));
            } else {
                previous(info);
            }
        }));
    });
    RECORDING.set(true);
}

/// What the last panic of this thread said, with its place; once.
pub(super) fn last_panic() -> Option<String> {
    LAST.take()
}

/// Runs `work`; a panic in it becomes what it said.
///
/// # Errors
/// If it panics.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Said> {
    // The state behind `work` is thrown away after a panic, so nobody sees it half-changed.
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let last = last_panic();
        match payload.downcast::<Impossible>() {
            Ok(impossible) => Said::Impossible(impossible.0),
            Err(other) => Said::Panicked(last.unwrap_or_else(|| text_of(other.as_ref()).to_owned())),
        }
    })
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_text_with_its_place() {
        std::thread::spawn(|| {
            record_panics();
            let said = caught(|| -> u32 { panic!("no {} left", "credits") }).expect_err("it panics");
            let Said::Panicked(said) = said else { panic!("the program is wrong: {said:?}") };
            assert!(said.starts_with("no credits left (src/actors/panics.rs:"), "{said}");
            let most = crate::units::Credits::MAX;
            let said = caught(|| most + most).expect_err("no 64 bits hold it");
            assert!(matches!(said, Said::Impossible(what) if what.contains("9,223,372,036,854")));
            assert_eq!(caught(|| 7), Ok(7));
            assert_eq!(last_panic(), None);
        })
        .join()
        .expect("the checks hold");
    }
}
