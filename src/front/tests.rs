//! The door and what stands behind it give the same numbers, whoever's parts are in place.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use crate::organization::{AdmissionDecision, AdmissionRequest, AdmissionRule};
use crate::sampling::{Rng, standard_exponential, uniform};
use crate::units::{Credits, SimSpan, SimTime};
use crate::workload::{DemandAsker, DemandSource, DemandedOperation, Fate};

use super::{
    Findings, JournalRow, OperationRow, OrganizationRow, RowSink, Rows, Simulation, SimulationError, Within,
    outcomes,
};

const SCENARIO: &str = r#"
    start = 2025-01-01T00:00:00Z
    horizon = "20 days"
    replications = 5
    baseline = "block"
    [[cohorts]]
    name = "=small"
    organizations = 6
    [features.post]
    arrivals = { poisson = "12/day" }
    cost = { uniform = [1, 3] }
    duration = "10 min"
    [policy]
    allowance = 60
    admission = "positive"
    [policies.block]
    [policies.overdraft]
    overdraft = 10
    short = "allow"
    [policies.hold]
    admission = { hold = { estimate = { fixed = 2 } } }
"#;

fn simulation() -> Simulation {
    Simulation::from_text(SCENARIO).threads(2)
}

fn run(simulation: Simulation) -> Findings {
    simulation.run().unwrap_or_else(|error| panic!("{error}"))
}

fn summary(findings: &Findings) -> String {
    let mut out = Vec::new();
    findings.write_summary(&mut out).expect("memory takes every byte");
    String::from_utf8(out).expect("text")
}

fn mean(findings: &Findings, policy: &str, outcome: super::OutcomeName) -> f64 {
    let policy = findings.policy(policy).expect("the run has it");
    policy.outcome(outcome).map_or(f64::NAN, |estimate| estimate.mean)
}

#[test]
fn findings_are_the_same_on_any_number_of_threads_and_asked_by_name() {
    let (one, three) = (run(simulation().threads(1)), run(simulation().threads(3)));
    assert_eq!(summary(&one), summary(&three));
    assert!(summary(&run(simulation().seed(2))) != summary(&one), "another seed is another run");
    assert_eq!(
        one.policies().map(|policy| policy.name()).collect::<Vec<_>>(),
        ["block", "overdraft", "hold"]
    );
    assert!(one.baseline().difference(outcomes::LOST_CREDITS).is_none());
    let overdraft = one.policy("overdraft").expect("it ran");
    let change = overdraft.difference(outcomes::REFUSAL_RATE).expect("a difference");
    let rates = ["overdraft", "block"].map(|policy| mean(&one, policy, outcomes::REFUSAL_RATE));
    assert!((change.estimate.mean - (rates[0] - rates[1])).abs() < 1e-12);
    assert!(overdraft.sentence().contains("lost work"), "{}", overdraft.sentence());
    assert!(one.verdict().contains(overdraft.sentence().split(';').next().unwrap_or_default()));
    let within =
        |within| overdraft.outcome_within(within, outcomes::OPERATIONS_DEMANDED).map(|found| found.mean);
    let all = within(Within::All);
    assert_eq!([Within::Feature("post"), Within::Cohort("=small")].map(within), [all, all]);
    assert_eq!(within(Within::Cohort("large")), None);
    assert_eq!(overdraft.values(Within::All, outcomes::OPERATIONS_DEMANDED).len(), 5);
}

#[test]
fn choices_are_those_of_the_command() {
    let some = run(simulation().policy("hold").policy("block").replications(6).set("policy.allowance", 80));
    assert_eq!(some.policies().map(|policy| policy.name()).collect::<Vec<_>>(), ["block", "hold"]);
    assert_eq!((some.replications(), mean(&some, "block", outcomes::ISSUED_CREDITS)), (6, 480.0));
    let judged = run(simulation().threshold("hold: loss_rate < 100%").threshold("loss_rate < 0.0001%"));
    let rulings: Vec<_> = judged.thresholds().map(|(_, policy, ruling)| (policy, ruling.name())).collect();
    assert_eq!(rulings, [("hold", "pass"), ("block", "fail"), ("overdraft", "fail"), ("hold", "fail")]);
}

#[test]
fn what_cannot_be_is_said() {
    let said = |simulation: Simulation| simulation.run().expect_err("it cannot be run").to_string();
    let policy = said(simulation().policy("blok"));
    assert_eq!(policy, "the scenario has no policy `blok`; it has: block, overdraft, hold");
    assert!(said(simulation().demand("chat", Twice)).contains("no feature `chat`; it has: post"));
    assert!(said(simulation().replications(0)).contains("wanted 1 or more"));
    assert!(said(simulation().threshold("loss_rte < 1")).contains("loss_rate"));
    let broken = Simulation::from_text(SCENARIO.replace("allowance", "alowance").replace("12/day", "x"));
    let problems = match broken.run() {
        Err(SimulationError::Scenario(problems)) => problems,
        other => panic!("{other:?}"),
    };
    assert_eq!(problems.len(), 2, "all of them at once: {problems:?}");
    assert!(Simulation::from_path("no/such/file.toml").is_err());
    // So much that nobody can finish it before the observer is asked.
    let endless = simulation().set("horizon", "300 days").replications(20_000);
    let stopped = endless.observe(|_| ControlFlow::Break(())).run();
    assert!(
        matches!(&stopped, Err(SimulationError::NothingFinished)) || stopped.is_ok_and(|it| it.is_partial())
    );
}

/// Keeps what it is handed.
#[derive(Default)]
struct KeptRows {
    organizations: Vec<OrganizationRow>,
    operations: Vec<OperationRow>,
    journal: Vec<JournalRow>,
    most: Option<usize>,
}

impl RowSink for KeptRows {
    fn organization(&mut self, row: &OrganizationRow) -> io::Result<()> {
        self.organizations.push(row.clone());
        Ok(())
    }

    fn operation(&mut self, row: &OperationRow) -> io::Result<()> {
        if self.most == Some(self.operations.len()) {
            return Err(io::Error::other("full"));
        }
        self.operations.push(row.clone());
        Ok(())
    }

    fn journal_entry(&mut self, row: &JournalRow) -> io::Result<()> {
        self.journal.push(row.clone());
        Ok(())
    }
}

#[test]
fn a_sink_gets_every_row_in_order_and_they_add_up() {
    let kept = Arc::new(Mutex::new(KeptRows::default()));
    let kinds = [Rows::Journal, Rows::Operations, Rows::Organizations];
    let findings = run(simulation().rows(&kinds, Arc::clone(&kept)));
    assert_eq!(summary(&findings), summary(&run(simulation())), "looking changes nothing");
    let kept = kept.lock().expect("nobody panicked");
    assert_eq!(kept.organizations.len(), 5 * 3 * 6);
    assert_eq!(kept.organizations[0].organization, "=small/0", "without the guard of the file");
    let order: Vec<_> =
        kept.operations.iter().map(|row| (row.replication, row.organization.clone())).collect();
    assert!(order.is_sorted(), "by replication and organization");
    let charged: Credits =
        kept.operations.iter().filter(|row| row.policy == "hold").map(|row| row.charged).sum();
    let wanted = mean(&findings, "hold", outcomes::CHARGED_CREDITS) * 5.0;
    assert!((charged.as_f64() - wanted).abs() < 1e-6, "{charged} {wanted}");
    let refused =
        kept.operations.iter().filter(|row| row.policy == "block" && row.outcome == "refused").count();
    let of_organizations: f64 = kept
        .organizations
        .iter()
        .filter(|row| row.policy == "block")
        .filter_map(|row| row.outcome(outcomes::OPERATIONS_REFUSED))
        .sum();
    assert_eq!(refused as f64, of_organizations);
    let entries = kept.journal.iter().filter(|row| row.policy == "block" && row.kind == "refused_short");
    assert_eq!(entries.count(), refused);
    assert!(kept.journal.iter().all(|row| row.money.is_none() && row.debt_after >= Credits::ZERO));
}

#[test]
fn a_sink_that_fails_ends_the_run() {
    let failing = KeptRows { most: Some(7), ..KeptRows::default() };
    match simulation().rows(&[Rows::Operations], failing).run() {
        Err(SimulationError::Sink(error)) => assert_eq!(error.to_string(), "full"),
        other => panic!("{other:?}"),
    }
}

/// Refuses half of all attempts, by the draws that it is handed.
#[derive(Debug)]
struct Coin;

impl AdmissionRule for Coin {
    fn decide(&self, request: &AdmissionRequest<'_>, draws: &mut Rng) -> AdmissionDecision {
        assert_eq!((request.feature, request.settled + request.debt >= Credits::ZERO), ("post", true));
        match uniform(draws) < 0.5 {
            true => AdmissionDecision::Admit,
            false => AdmissionDecision::Refuse { need: request.estimate },
        }
    }
}

/// Leaves everything to the policy.
#[derive(Debug)]
struct Written;

impl AdmissionRule for Written {
    fn decide(&self, _: &AdmissionRequest<'_>, _: &mut Rng) -> AdmissionDecision {
        AdmissionDecision::AsWritten
    }
}

#[test]
fn a_rule_decides_and_the_laws_hold() {
    let own = || simulation().admission("hold", Coin).audit();
    let (one, three) = (run(own().threads(1)), run(own().threads(3)));
    assert_eq!(summary(&one), summary(&three));
    let rate = mean(&one, "hold", outcomes::REFUSAL_RATE);
    let attempts = 5.0 * mean(&one, "hold", outcomes::OPERATIONS_DEMANDED);
    assert!((rate - 0.5).abs() < 4.0 * (0.25 / attempts).sqrt(), "a coin: {rate} of {attempts}");
    let plain = run(simulation());
    for outcome in super::OutcomeName::all() {
        let of_block = |findings: &Findings| mean(findings, "block", outcome).to_bits();
        assert_eq!(of_block(&one), of_block(&plain), "{outcome} of a policy without a rule");
    }
}

#[test]
fn a_rule_that_leaves_everything_to_the_policy_changes_nothing() {
    let (plain, own) = (run(simulation()), run(simulation().admission("hold", Written)));
    // How long an account would refuse, if it were asked, nobody knows of a rule.
    let known = |name: &str| !name.starts_with("blocked") && !name.starts_with("alert_lead");
    for outcome in super::OutcomeName::all().filter(|outcome| known(outcome.name())) {
        let of_hold = |findings: &Findings| mean(findings, "hold", outcome).to_bits();
        assert_eq!(of_hold(&own), of_hold(&plain), "{outcome}");
    }
}

/// Two operations an organization, one before it asks and one after the horizon.
#[derive(Debug)]
struct Twice;

const HOUR: i64 = 3_600_000_000;

impl DemandSource for Twice {
    fn operations(
        &self,
        asker: &DemandAsker<'_>,
        _: Rng,
    ) -> Box<dyn Iterator<Item = DemandedOperation> + Send> {
        let (from, hour) = (asker.from.micros(), |hours| SimSpan::from_micros(hours * HOUR));
        let at = |hours: i64| SimTime::from_micros(from + hours * HOUR);
        let one = |hours| DemandedOperation::new(at(hours), Credits::from_whole(5), hour(2));
        let fails = one(30).ending(Fate::Fails, hour(1));
        Box::new([one(-1), one(24), fails, one(20 * 24)].into_iter())
    }
}

/// Arrivals at random, out of the stream that it is handed.
#[derive(Debug)]
struct Random {
    backwards: bool,
}

impl DemandSource for Random {
    fn operations(
        &self,
        asker: &DemandAsker<'_>,
        mut draws: Rng,
    ) -> Box<dyn Iterator<Item = DemandedOperation> + Send> {
        let (mut at, backwards) = (asker.from, self.backwards);
        Box::new(std::iter::from_fn(move || {
            let gap = SimSpan::from_seconds_f64(3_600.0 * standard_exponential(&mut draws));
            at = if backwards { at - gap } else { at + gap };
            let shown = if backwards { at + SimSpan::from_micros(400 * HOUR) } else { at };
            Some(DemandedOperation::new(shown, Credits::from_f64(uniform(&mut draws)), SimSpan::HOUR))
        }))
    }
}

#[test]
fn demand_of_ones_own_is_what_every_policy_meets() {
    let findings = run(simulation().demand("post", Twice).audit());
    for policy in findings.policies() {
        let mean = |outcome| policy.outcome(outcome).map(|found| found.mean);
        let demanded = (mean(outcomes::OPERATIONS_DEMANDED), mean(outcomes::DEMAND_CREDITS));
        assert_eq!(demanded, (Some(12.0), Some(60.0)), "{}", policy.name());
        assert_eq!(mean(outcomes::OPERATIONS_SERVED), Some(6.0), "half of them fail");
    }
    let own = || simulation().demand("post", Random { backwards: false });
    let (one, three) = (run(own().threads(1)), run(own().threads(3)));
    assert_eq!(summary(&one), summary(&three));
    let (demanded, wanted) = (mean(&one, "block", outcomes::OPERATIONS_DEMANDED), 6.0 * 480.0);
    assert!((demanded - wanted).abs() < 4.0 * (wanted / 5.0).sqrt(), "one an hour: {demanded}");
}

#[test]
fn a_source_that_breaks_its_promises_ends_the_run() {
    let broken = simulation().demand("post", Random { backwards: true }).run().expect_err("out of order");
    let said = broken.to_string();
    assert!(said.contains("feature `post`") && said.contains("comes after one at"), "{said}");
}
