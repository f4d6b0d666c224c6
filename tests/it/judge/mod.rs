//! The judge beside the product: random scenario files through both.

#![expect(clippy::disallowed_methods, reason = "how long a scenario takes is told, and decides nothing")]

mod both;
mod draw;
mod keys;
mod once;
mod silent;
mod swarm;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use both::{Both, both};
use swarm::{cases, first_seed, shrunk};

/// Kinds of journal entries that a thousand scenarios have.
const REACHED: &[&str] = &[
    "OpeningGrant",
    "OpeningUsed",
    "OpeningDebt",
    "Issue",
    "IssueAllowance",
    "IssueRolloverMinimum",
    "Burn",
    "Repay",
    "DebtIncurred",
    "DebtForgiven",
    "DebtInvoiced",
    "Expire",
    "Void",
    "Rollover",
    "Charge",
    "Refund",
    "RefundBurn",
    "RefundDebt",
    "RefundIssued",
    "Demanded",
    "Start",
    "Served",
    "Failed",
    "Cancelled",
    "Degraded",
    "Refused",
    "Lost",
    "Alert",
    "Close",
    "Fee",
    "InvoicePaid",
    "HoldOpen",
    "HoldExtend",
    "HoldSettle",
    "HoldRelease",
    "HoldExpire",
    "HoldCharged",
    "HoldUncovered",
    "Absorb",
    "Queued",
    "Paused",
    "Resumed",
    "Killed",
    "Substituted",
    "Churned",
    "PurchaseOrdered",
    "Land",
    "PaymentDeclined",
    "BudgetBlocked",
    "TopUpCeiling",
];

/// What came of all scenarios.
#[derive(Default)]
struct Course {
    agree: u64,
    refused: u64,
    long: u64,
    slowest: (Duration, u64),
    reached: BTreeSet<String>,
}

impl Course {
    /// One more scenario; false if judge and product differ.
    fn goes_on(&mut self, seed: u64, file: &draw::File) -> bool {
        let begun = Instant::now();
        let came = both(&file.text());
        self.slowest = self.slowest.max((begun.elapsed(), seed));
        let says = std::env::var_os("CREDITSIM_JUDGE_SAYS").is_some();
        match came {
            Both::Agree(entries) => {
                self.agree += 1;
                self.reached.extend(entries.iter().map(|entry| format!("{:?}", entry.kind)));
            }
            Both::Refused(why) => {
                self.refused += 1;
                if says {
                    eprintln!("{seed}: {why}\n{}", file.text());
                }
            }
            Both::Long(entries) => {
                self.long += 1;
                if says {
                    eprintln!("{seed}: {entries} entries are too many to judge");
                }
            }
            Both::Broken(_) | Both::Differ(_) => return false,
        }
        true
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Course { agree, refused, long, slowest: (time, seed), .. } = self;
        write!(
            f,
            "{agree} scenarios agree, {refused} could not be read or run, {long} were too long to judge; the slowest took \
             {:.1} s (seed {seed})",
            time.as_secs_f64()
        )
    }
}

#[test]
fn the_judge_and_the_product_agree_on_random_scenarios() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut course = Course::default();
    let (first, count) = (first_seed(), cases());
    let failure = (first..first + count).find_map(|seed| {
        let file = draw::file(seed);
        (!course.goes_on(seed, &file)).then(|| (seed, shrunk(file)))
    });
    std::panic::set_hook(hook);
    eprintln!("{course}");
    if let Some((seed, file)) = failure {
        panic!("{}", told(seed, &file.text()));
    }
    let missing: Vec<_> = REACHED.iter().filter(|kind| !course.reached.contains(**kind)).collect();
    assert!(count < 1_000 || missing.is_empty(), "no scenario has {missing:?}");
    assert!(course.refused * 10 < count.max(10), "too many could not be read or run: {course}");
    assert!(course.long * 100 < count.max(100), "too many were too long: {course}");
}

/// A difference with the scenario that shows it, which is kept as a file that anybody can run.
fn told(seed: u64, text: &str) -> String {
    let said = match both(text) {
        Both::Differ(said) | Both::Broken(said) | Both::Refused(said) => said,
        Both::Agree(_) | Both::Long(_) => String::from("it agrees when it is run again"),
    };
    let path = format!("{}/judged-{seed}.toml", env!("CARGO_TARGET_TMPDIR"));
    let kept = match fs::write(&path, text) {
        Ok(()) => format!(
            "kept as {path}; `creditsim run {path} --audit` shows it, if it is of a kind that runs judge"
        ),
        Err(error) => format!("{path} cannot be written: {error}"),
    };
    format!("seed {seed}: judge and product differ\n{text}\n{said}\n{kept}")
}
