//! How many random scenarios, from which seed, and what is left of one that fails.

use super::both::{Both, both};
use super::draw::File;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Scenarios to try.
pub fn cases() -> u64 {
    number("CREDITSIM_JUDGE_CASES", 3_000)
}

/// The first seed.
pub fn first_seed() -> u64 {
    number("CREDITSIM_JUDGE_SEED", 1)
}

fn fails(file: &File) -> bool {
    matches!(both(&file.text()), Both::Broken(_) | Both::Differ(_))
}

/// The file without whatever does not matter for its failure: lines are left out as long as it still fails.
pub fn shrunk(mut file: File) -> File {
    let mut size = file.lines.len().div_ceil(2).max(1);
    loop {
        let mut changed = false;
        let mut from = 0;
        while from < file.lines.len() {
            let mut less = file.clone();
            less.lines.drain(from..(from + size).min(less.lines.len()));
            if fails(&less) {
                file = less;
                changed = true;
            } else {
                from += size;
            }
        }
        if size == 1 && !changed {
            return file;
        }
        size = (size / 2).max(1);
    }
}
