//! What the engine runs on: the clock, memory, the processor's name.

use std::time::{Duration, Instant};

/// Largest memory of this process so far (bytes); `None` where the system does not say.
#[must_use]
pub fn peak_memory_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

fn status_bytes(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Memory of this process now (bytes); `None` where the system does not say.
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

/// Makes the largest memory the present one; false where the system cannot.
#[must_use]
pub fn reset_peak_memory() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The processor, its cores, the system: for tables of measurements.
#[must_use]
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let processor = processor.unwrap_or_else(|| String::from("a processor that the system does not name"));
    format!("{processor}, {cores} cores, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Wall time, for measurements of the engine itself.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "measures the engine; no result sees it")]
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
