//! Whole scenarios by the fast path and in bulk intervals, against accounts that are followed one operation at a time
//! and recomputed from their journals: every outcome is the same.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use creditsim::engine::{Enough, JobOptions, NoRows, Sink, SpillError, prepare, run_pure};
use creditsim::organization::DetailOptions;
use creditsim::outcome::{METRICS, Outcome};
use creditsim::scenario::{ScenarioSource, read};

/// Every outcome of every policy, one a line.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Sink for Told {
    fn complete(&mut self, replication: u32, outcome: Outcome) -> Enough {
        let mut text = self.0.lock().expect("not poisoned");
        for (number, policy) in outcome.shape().policies.clone().iter().enumerate() {
            for totals in outcome.totals(number) {
                for metric in METRICS.iter() {
                    let value = metric.value(&totals);
                    writeln!(text, "{replication} {policy} {} {value:?}", metric.name).expect("memory");
                }
            }
        }
        Enough::No
    }

    fn partial(&mut self, _: u32, _: Outcome) {
        unreachable!("nothing interrupts these runs");
    }

    fn rows(&mut self, _: usize, _: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}

fn outcomes(text: &str, followed: bool, batch: usize) -> String {
    let scenario = read(&ScenarioSource::from_text("shortcuts.toml", text.to_owned())).expect("it reads");
    let detail = DetailOptions { audit: followed, followed, ..DetailOptions::default() };
    let job = prepare(&scenario, JobOptions { detail, first: None }, Arc::new(NoRows));
    let mut told = Told::default();
    run_pure(&job, 0..2, batch, &mut told).expect("no law is broken");
    let text = told.0.lock().expect("not poisoned");
    text.clone()
}

/// Compares both ways over batches of several sizes, and looks for one outcome (`policy metric Some(value)`).
fn check(text: &str, expected: &str) {
    let followed = outcomes(text, true, 256);
    for batch in [3, 256] {
        let quick = outcomes(text, false, batch);
        assert_eq!(quick.lines().count(), followed.lines().count());
        for (quick, followed) in quick.lines().zip(followed.lines()) {
            assert_eq!(quick, followed, "batches of {batch}:\n{text}");
        }
    }
    assert!(followed.contains(expected), "wanted {expected} of:\n{followed}");
}

/// Arrivals every few minutes, a handful in flight, sixteen organizations for twenty days.
fn busy(features: &str, policies: &str) -> String {
    format!(
        "start = 2025-01-01T00:00:00Z\nhorizon = \"20 days\"\nseed = 11\n[[cohorts]]\nname = \"teams\"\n\
         organizations = 16\nopening = [{{ credits = 120 }}]\n{features}\n{policies}"
    )
}

const FOUR: &str = r#"
[features.chat]
arrivals = { poisson = "90/day" }
cost     = { lognormal = { mean = 1, cv = 1.0 } }
duration = { exponential = "10 min" }
[features.agent]
arrivals = { gamma = "50/day", cv = 2.0 }
cost     = { lognormal = { mean = 3, cv = 1.5 } }
duration = { exponential = "40 min" }
[features.quick]
arrivals = { poisson = "40/day" }
cost     = { uniform = [0, 2], step = 1 }
duration = "0s"
[features.view]
arrivals = { poisson = "60/day" }
free     = true
"#;

/// Paid operations that `FOUR` asks for: 180 a day of each of 16 organizations for 20 days are 57,600.
const DEMANDED: &str = "operations_demanded Some(57";

const PACKS: &str = r#"
packages = [{ name = "pack", credits = 75, price = "7.50 USD", expires_after = "9 days" }]
top_up   = { threshold = 40, package = "pack", cooldown = "5h" }
"#;

#[test]
fn a_rule_that_its_cooldown_holds_back_is_woken_however_quiet_the_account_is() {
    // 4 left at 01:00: bought, to land at 04:00, paused to 03:00. 3 left at 02:00: still paused, so looked at again at
    // 03:00 and bought a second time.
    let text = r#"
start   = 2025-01-01T00:00:00Z
horizon = "1 day"
seed    = 11
[[cohorts]]
name          = "teams"
organizations = 4
opening       = [{ credits = 10 }]
operations    = [
  { at = 2025-01-01T01:00:00Z, feature = "work", credits = 6 },
  { at = 2025-01-01T02:00:00Z, feature = "work", credits = 1 },
  { at = 2025-01-01T20:00:00Z, feature = "work", credits = 1 },
]
[features.work]
[policies.block]
admission = "positive"
packages  = [{ name = "pack", credits = 4, price = "1.00 USD" }]
top_up    = { threshold = 5, package = "pack", cooldown = "2h", processing = "3h", count_pending = false }
"#;
    check(text, "0 block auto_top_ups Some(8.0)");
}

#[test]
fn free_operations_are_no_errors_of_estimates() {
    let features = "[features.work]\narrivals = { poisson = \"90/day\" }\ncost = 4\n\
                    [features.view]\narrivals = { poisson = \"90/day\" }\nfree = true\n";
    let policies = "[policies.estimate]\nadmission = { estimate = { fixed = 5 } }\n";
    // Every operation costs 4 where 5 were estimated.
    check(&busy(features, policies), "0 estimate estimate_error_mean Some(-0.2)");
}

#[test]
fn holds_that_time_out_differently_come_to_the_same() {
    let policies = format!(
        "[policy]\n{PACKS}\n[policies.short]\nadmission = {{ hold = {{ estimate = \"expected\", timeout = \"20 min\" }} }}\n\
         [policies.long]\nadmission = {{ hold = {{ estimate = \"expected\", timeout = \"3h\" }} }}\n\
         [policies.start]\nadmission = \"positive\"\ncharge = \"start\"\n"
    );
    check(&busy(FOUR, &policies), DEMANDED);
}

#[test]
fn checks_estimates_holds_and_overdrafts_come_to_the_same() {
    let policies = format!(
        "[policy]\n{PACKS}\nalerts = [{{ below = 60, level = \"warning\" }}, {{ at_or_below = 10, level = \"critical\" }}]\n\
         [policies.block]\nadmission = \"positive\"\n\
         [policies.estimate]\nadmission = {{ estimate = {{ quantile = 0.8 }} }}\n\
         [policies.hold]\nadmission = {{ hold = {{ estimate = {{ quantile = 0.9 }}, timeout = \"2h\" }} }}\n\
         [policies.pinned]\nadmission = {{ hold = {{ estimate = \"expected\", buffer = 0.5, pins_expiry = true }} }}\n\
         [policies.overdraft]\nadmission = \"positive\"\nshort = \"allow\"\noverdraft = {{ limit = 30 }}\n\
         [policies.open]\nadmission = \"none\"\n"
    );
    check(&busy(FOUR, &policies), DEMANDED);
}

#[test]
fn allowances_that_roll_queues_and_mixed_features_come_to_the_same() {
    let policies = r#"
[policy]
allowance = { credits = 260, every = "5 days" }
[policies.roll]
admission = "positive"
rollover  = { max_credits = 80, fraction = 0.5, burns = "before" }
[policies.queue]
admission = { hold = { estimate = "expected" } }
short     = "queue"
[policies.mixed]
admission = "positive"
features.agent = { admission = { hold = { estimate = { quantile = 0.9 } } } }
features.chat  = { charge = "start" }
"#;
    check(&busy(FOUR, policies), DEMANDED);
}

#[test]
fn hundreds_in_flight_come_to_the_same() {
    let features = r#"
[features.batch]
arrivals = { poisson = "400/day" }
cost     = { lognormal = { mean = 1, cv = 1.0 } }
duration = { exponential = "12h" }
[features.chat]
arrivals = { poisson = "50/day" }
cost     = 1
duration = "1 min"
"#;
    let policies = format!(
        "[policy]\n{PACKS}\n[policies.block]\nadmission = \"positive\"\n\
         [policies.hold]\nadmission = {{ hold = {{ estimate = \"expected\" }} }}\n"
    );
    // 450 a day are 144,000.
    check(&busy(features, &policies), "operations_demanded Some(143");
}

#[test]
fn outcomes_that_begin_to_count_late_come_to_the_same() {
    let policies = format!(
        "[policy]\n{PACKS}\n[policies.block]\nadmission = \"positive\"\n\
         [policies.hold]\nadmission = {{ hold = {{ estimate = {{ quantile = 0.9 }} }} }}\n"
    );
    let text = busy(FOUR, &policies);
    let late = "seed = 11\nmeasure_from = 2025-01-06T03:04:05Z\n";
    // Of 14.87 days 42,830 are expected.
    check(&text.replace("seed = 11\n", late), "operations_demanded Some(42");
}
