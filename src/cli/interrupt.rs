//! Ctrl-C: once stops the run and keeps what is finished, twice ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::terminal;

/// A flag that Ctrl-C sets. The second Ctrl-C ends the process with exit code 130.
pub(super) fn listen() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let listening = ctrlc::set_handler(move || {
        if flag.swap(true, SeqCst) {
            std::process::exit(130);
        }
        terminal::tell("\nstopping; what is finished will be kept (Ctrl-C again to end at once)");
    });
    if listening.is_err() {
        // Without a handler Ctrl-C ends the process, which is what it does everywhere else.
        terminal::tell("warning: Ctrl-C will end the run without keeping what is finished");
    }
    interrupted
}
