//! SIGINT (Ctrl-C), SIGTERM (a shutdown, a cancelled job) and SIGHUP (a closed terminal), all alike.
//!
//! Owns what a signal does: the first asks for an end and what is finished is kept; the second, or the first where there
//! is nothing to keep, ends the process at once. Leaves the end of the work to whoever does it. Invariants: signals are
//! heard from before anything is read; a signal that was ignored when the process began (`nohup`) stays ignored; folders
//! of the process that hold no results are removed before it ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::{Cause, Interrupt};

use super::terminal;

/// Folders that hold nothing worth keeping.
static SCRATCH: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// The process is being ended by a signal: nobody else says anything or ends it.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Exit code of a process that a signal has ended.
pub(super) const INTERRUPTED: u8 = 130;

/// A wish that the first signal utters. The second one ends the process.
pub(super) fn listen() -> Interrupt {
    let interrupt = Interrupt::default();
    let asked = interrupt.clone();
    hear(move || {
        if asked.cause() == Some(Cause::Signal) {
            end_at_once();
        }
        asked.ask(Cause::Signal);
        terminal::tell("\nstopping; what is finished will be kept (once more to end at once)");
    });
    interrupt
}

/// From here on the first signal ends the process, for commands that have nothing to keep.
pub(super) fn end_on_signal() {
    hear(|| end_at_once());
}

/// A folder that the process removes even if a signal ends it.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Takes care of a folder.
    pub fn new(path: PathBuf) -> Self {
        scratch().push(path.clone());
        Scratch(path)
    }

    /// Leaves the folder to somebody else, who removes it in the end; a signal still does at once.
    pub fn release(self) {
        std::mem::forget(self);
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that cannot be removed lies in a work folder, or is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
        scratch().retain(|path| *path != self.0);
    }
}

fn scratch() -> MutexGuard<'static, Vec<PathBuf>> {
    SCRATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is worth nothing and ends the process.
fn end_at_once() -> ! {
    const ATTEMPTS: u32 = 20;
    ENDING.store(true, SeqCst);
    for path in scratch().iter() {
        // Whoever still writes there may make a file between the look into the folder and its removal.
        let mut left = ATTEMPTS;
        while left > 0 && path.exists() && std::fs::remove_dir_all(path).is_err() {
            left -= 1;
        }
    }
    std::process::exit(i32::from(INTERRUPTED))
}

/// Does not come back if a signal is ending the process: work that fails for that has nothing to say.
pub(super) fn give_way_to_signals() {
    while ENDING.load(SeqCst) {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Calls `heard` on a thread of its own for every signal.
#[cfg(unix)]
fn hear(heard: impl Fn() + Send + 'static) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| !is_ignored(signal));
    let listening = Signals::new(wanted).and_then(|mut signals| {
        let ears = std::thread::Builder::new().name(String::from("signals"));
        ears.spawn(move || signals.forever().for_each(|_| heard()))
    });
    warn_if_unanswered(listening.is_err());
}

/// Calls `heard` on a thread of its own for every Ctrl-C and its relatives.
#[cfg(not(unix))]
fn hear(heard: impl Fn() + Send + 'static) {
    warn_if_unanswered(ctrlc::set_handler(heard).is_err());
}

fn warn_if_unanswered(unanswered: bool) {
    if unanswered {
        // Without a handler a signal ends the process, which is what it does everywhere else.
        terminal::tell("warning: Ctrl-C will end the command without keeping what is finished");
    }
}

/// True if whoever started the process had it ignore a signal, as `nohup` does; false where the system does not say.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
