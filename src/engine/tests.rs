//! Runs on actors: their results, and their ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::outcome::{OrganizationOutcome, Outcome};
use crate::sampling::Dist;
use crate::scenario::ScenarioSource;
use crate::workload::{Amount, Arrivals, StepShape};

use super::*;

/// One row an organization, with a longer one for every operation demanded.
struct TestRows;

impl RowWriter for TestRows {
    fn files(&self) -> usize {
        1
    }

    fn write(&self, replication: u32, organization: &OrganizationOutcome, into: &mut [Vec<u8>]) {
        use std::io::Write as _;
        for (policy, tally) in organization.tallies.iter().enumerate() {
            let demanded: Vec<_> =
                tally.features.iter().map(|f| (f.demanded, f.demand_credits.micros())).collect();
            let id = organization.id;
            writeln!(into[0], "{replication},{policy},{}/{},{demanded:?}", id.cohort.0, id.number)
                .expect("memory");
        }
    }
}

/// Three features with overlapping work, two policies; one cohort of each size.
fn job(sizes: &[u32], rate: f64) -> Arc<Job> {
    let mut text = String::from("start = 2025-01-01T00:00:00Z\nhorizon = \"1 day\"\nseed = 7\n");
    for cohort in 0..sizes.len() {
        text += &format!("[[cohorts]]\nname = \"cohort-{cohort}\"\norganizations = 1\n");
        text += "opening = [{ credits = 60, category = \"promotional\" }]\n";
    }
    text += "[features.chat]\n[features.image]\n[features.agent]\n";
    text += "[policies.block]\nadmission = \"positive\"\n[policies.overdraft]\nadmission = \"none\"\n";
    let mut scenario =
        crate::scenario::examine(&ScenarioSource::from_text("engine.toml", text)).0.expect("readable");
    for (feature, factor) in scenario.features.iter_mut().zip([1.0, 10.0, 19.0]) {
        feature.demand.arrivals = Arrivals::Poisson { rate: rate * factor / 86_400.0 };
        feature.demand.work.shape = StepShape::Simple {
            cost: Amount::Drawn(Dist::uniform(1.0, 3.0, None).expect("a distribution")),
            duration: Amount::Drawn(Dist::exponential(1_200.0).expect("a distribution")),
        };
    }
    for cohort in &mut scenario.cohorts {
        cohort.population.activity = Dist::lognormal(1.0, 2.0).expect("a distribution");
    }
    let mut job = prepare(&scenario, JobOptions::default(), Arc::new(TestRows));
    for (cohort, &size) in job.cohorts.iter_mut().zip(sizes) {
        cohort.organizations = size;
    }
    Arc::new(job)
}

/// What a sink was given.
#[derive(Default, Clone)]
struct SinkContents {
    state: Arc<Mutex<TakenState>>,
    enough: Option<u32>,
}

#[derive(Default)]
struct TakenState {
    complete: BTreeMap<u32, Outcome>,
    partial: BTreeMap<u32, Outcome>,
    rows: String,
}

impl SinkContents {
    fn state(&self) -> std::sync::MutexGuard<'_, TakenState> {
        self.state.lock().expect("not poisoned")
    }
}

impl Sink for SinkContents {
    fn complete(&mut self, replication: u32, outcome: Outcome) -> Enough {
        let earlier = self.state().complete.insert(replication, outcome);
        assert!(
            earlier.is_none() && self.state().complete.len() as u32 == replication + 1,
            "in order, each once"
        );
        if Some(replication) == self.enough { Enough::Yes } else { Enough::No }
    }

    fn partial(&mut self, replication: u32, outcome: Outcome) {
        self.state().partial.insert(replication, outcome);
    }

    fn rows(&mut self, _file: usize, rows: &[u8]) -> Result<(), SpillError> {
        self.state().rows.push_str(std::str::from_utf8(rows).expect("text"));
        Ok(())
    }
}

fn layout() -> Layout {
    Layout { threads: 2, pin: false, stall_after: Duration::from_secs(20), ..Layout::default() }
}

fn spec(job: &Arc<Job>, replications: u32, layout: Layout, folder: &Path, sink: &SinkContents) -> RunSpec {
    RunSpec {
        job: job.clone(),
        replications: 0..replications,
        layout,
        spill: folder.join("waiting"),
        sink: Box::new(sink.clone()),
        interrupt: Interrupt::default(),
        keep: None,
    }
}

/// Rows and outcomes of a run, and what it said about itself.
fn outcome_of(
    job: &Arc<Job>,
    replications: u32,
    layout: Layout,
    enough: Option<u32>,
) -> (String, Vec<Outcome>, Ran) {
    let folder = tempfile::tempdir().expect("a folder");
    let sink = SinkContents { enough, ..SinkContents::default() };
    let ran = run(spec(job, replications, layout, folder.path(), &sink), &mut |_| {}).expect("it runs");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is left behind");
    let state = sink.state();
    assert!(state.partial.is_empty());
    (state.rows.clone(), state.complete.values().cloned().collect(), ran)
}

#[test]
fn the_layout_never_reaches_the_results() {
    let job = job(&[40, 0, 25], 3.0);
    let mut pure = SinkContents::default();
    let (operations, ways) = run_pure(&job, 0..3, 256, &mut pure).expect("it runs");
    assert!(ways.bulk > 0 && ways.bulk + ways.fast + ways.slow == 2 * operations, "{ways:?}");
    let expected: Vec<Outcome> = pure.state().complete.values().cloned().collect();
    let one = Layout { threads: 1, wave: 1, ..layout() };
    let (rows, outcomes, ran) = outcome_of(&job, 3, one, None);
    assert_eq!(outcomes, expected);
    assert_eq!((ran.progress.operations, ran.progress.organizations), (operations, 3 * 65));
    assert_eq!(rows.lines().count(), 3 * 65 * 2);
    let others = [
        Layout { threads: 2, batch: 1, ..layout() },
        Layout { threads: 4, batch: 7, wave: 3, chunk: Some(1), ..layout() },
        Layout { threads: 8, batch: 4096, chunk: Some(1000), ..layout() },
        Layout { threads: 2, wave: 64, chunk: Some(10), shuffle: Some(3), ..layout() },
        Layout { threads: 3, wave: 2, chunk: Some(7), shuffle: Some(11), ..layout() },
    ];
    for layout in others {
        let (other_rows, others, ran) = outcome_of(&job, 3, layout.clone(), None);
        assert_eq!(others, expected, "{layout:?}");
        assert!(other_rows == rows, "rows differ under {layout:?}");
        assert_eq!(ran.progress.operations, operations);
    }
}

#[test]
fn a_bulk_interval_that_charges_a_credit_too_many_ends_a_plain_run() {
    let job = job(&[40, 0, 25], 3.0);
    crate::organization::SPOILS.set(true);
    let ended = run_pure(&job, 0..1, 256, &mut SinkContents::default());
    crate::organization::SPOILS.set(false);
    let told = ended.expect_err("the witness finds it").to_string();
    let who = "policy `block`, organization cohort-0/14, at 2025-01-01T01:18:42.867971Z: law 8 is broken";
    assert!(told.contains(who), "{told}");
    let what = "`features[1].charged_credits` is 2072805, and 1072805 there (feature `image`)";
    assert!(told.contains(what), "{told}");
}

#[test]
fn enough_replications_end_the_run_with_the_rows_of_those_alone() {
    let job = job(&[9], 1.0);
    let (all, expected, _) = outcome_of(&job, 2, layout(), None);
    for threads in [1, 4] {
        let (rows, outcomes, ran) = outcome_of(&job, 50, Layout { threads, ..layout() }, Some(1));
        assert_eq!(outcomes, expected);
        assert_eq!(rows, all);
        assert_eq!(ran.interrupted, None);
    }
}

#[test]
fn no_organizations_give_empty_replications() {
    let (rows, outcomes, _) = outcome_of(&job(&[0], 1.0), 2, layout(), None);
    assert_eq!(rows, "");
    assert_eq!(outcomes.len(), 2);
}

#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    let job = job(&[2_000], 20.0);
    let folder = tempfile::tempdir().expect("a folder");
    let sink = SinkContents::default();
    let spec = spec(&job, 1_000, Layout { batch: 4, ..layout() }, folder.path(), &sink);
    let interrupt = spec.interrupt.clone();
    let ran = run(spec, &mut |progress| {
        if progress.organizations > 3_000 {
            interrupt.ask(Cause::Signal);
        }
    });
    assert_eq!(ran.expect("it ends well").interrupted, Some(Cause::Signal));
    let state = sink.state();
    let complete = state.complete.len();
    assert!((1..1_000).contains(&complete), "{complete}");
    assert!(state.partial.keys().all(|&replication| replication as usize >= complete));
    assert!(state.rows.lines().count() >= complete * 2_000 * 2);
}

/// A folder of parts of one question.
fn kept(folder: &Path) -> Keep {
    Keep::new(&folder.join("parts"), "what?", vec![String::from("rows")])
}

#[test]
fn a_run_that_ends_again_and_again_is_taken_up_by_other_layouts_and_ends_as_if_nothing_had_been() {
    let layouts = [
        Layout { threads: 1, wave: 1, ..layout() },
        Layout { threads: 4, batch: 7, chunk: Some(1), ..layout() },
        Layout { threads: 2, wave: 64, chunk: Some(1_000), shuffle: Some(3), ..layout() },
    ];
    for (replications, enough) in [(6, None), (40, Some(3))] {
        let (rows, expected, whole) = outcome_of(&job(&[400, 0, 250], 3.0), replications, layout(), enough);
        let folder = tempfile::tempdir().expect("a folder");
        let (mut ended_early, mut before) = (0, 0);
        for layout in layouts.iter().cycle() {
            let (job, sink) = (job(&[400, 0, 250], 3.0), SinkContents { enough, ..SinkContents::default() });
            let mut keep = kept(folder.path());
            assert!(keep.take_up().expect("readable").is_empty(), "every part is of use");
            let layout = Layout { part_every: Duration::from_millis(2), ..layout.clone() };
            let spec = RunSpec { keep: Some(keep), ..spec(&job, replications, layout, folder.path(), &sink) };
            let interrupt = spec.interrupt.clone();
            let ran = run(spec, &mut |progress| {
                let new = progress.organizations - progress.taken_up.organizations;
                if new > 0 && ended_early < 4 {
                    interrupt.ask(Cause::Signal);
                }
            });
            let ran = ran.expect("it ends well");
            let taken_up = ran.progress.taken_up.organizations;
            assert_eq!(taken_up, before, "everything that was finished is taken up");
            if ran.interrupted.is_some() {
                // Units under way are finished within the time they have, so nothing is lost.
                before = ran.progress.organizations;
                ended_early += 1;
                continue;
            }
            assert!(taken_up > 0 && ended_early > 0, "{taken_up} after {ended_early}");
            let state = sink.state();
            assert!(state.rows == rows, "rows differ");
            assert_eq!(state.complete.values().cloned().collect::<Vec<_>>(), expected);
            assert!(enough.is_some() || ran.progress.operations == whole.progress.operations);
            break;
        }
    }
}

#[test]
fn parts_of_other_questions_are_named_and_left_alone_and_broken_ones_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (job, sink) = (job(&[2_000], 20.0), SinkContents::default());
    let layout = Layout { part_every: Duration::from_millis(1), ..layout() };
    let spec = RunSpec { keep: Some(kept(folder.path())), ..spec(&job, 50, layout, folder.path(), &sink) };
    let interrupt = spec.interrupt.clone();
    let ran = run(spec, &mut |progress| {
        if progress.organizations > 4_000 {
            interrupt.ask(Cause::TimeLimit);
        }
    });
    assert_eq!(ran.expect("it ends well").interrupted, Some(Cause::TimeLimit));
    let parts = folder.path().join("parts");
    let mut other = Keep::new(&parts, "what else?", vec![String::from("rows")]);
    let left = other.take_up().expect("readable");
    assert!(other.is_empty() && !left.is_empty());
    assert!(
        left.iter().all(|part| matches!(part, LeftAlone::Foreign { question, .. } if question == "what?"))
    );
    let first =
        std::fs::read_dir(&parts).expect("readable").next().expect("a part").expect("readable").path();
    std::fs::write(&first, b"creditsim part").expect("written");
    let mut same = kept(folder.path());
    let left = same.take_up().expect("readable");
    assert!(matches!(&left[..], [LeftAlone::Broken(_)]), "{left:?}");
    assert_eq!(left.len() + 1 < 2, same.is_empty());
}

#[test]
fn an_account_that_does_not_end_is_left_in_the_middle() {
    for text in [
        "[features.chat]\narrivals = { clients = 1, think = \"1 us\", reactive = true }\ncost = 0\n",
        "[features.chat]\narrivals = { poisson = \"1/day\" }\n[policy]\ncycle = \"1 us\"\n",
        "[features.chat]\narrivals = { poisson = \"1/day\" }\n[policy]\nallowance = { credits = 50, every = \"1 us\" }\n",
    ] {
        let ran = ended_by_signal(text);
        assert_eq!((ran.interrupted, ran.progress.organizations), (Some(Cause::Signal), 0), "{text}");
    }
}

fn written(text: &str) -> Arc<Job> {
    let head = "start = 2025-01-01T00:00:00Z\nhorizon = \"10 years\"\n[[cohorts]]\nname = \"teams\"\norganizations = 3\n";
    let tail = if text.contains("[policy]") {
        "[policies.block]\n"
    } else {
        "[policy]\nallowance = 50\n[policies.block]\n"
    };
    let source = ScenarioSource::from_text("made-up", format!("{head}{text}{tail}"));
    let scenario = crate::scenario::read(&source).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<String>())
    });
    Arc::new(prepare(&scenario, JobOptions::default(), Arc::new(NoRows)))
}

fn ended_by_signal(text: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = spec(&written(text), 1, layout(), folder.path(), &SinkContents::default());
    let interrupt = spec.interrupt.clone();
    run(spec, &mut |_| _ = interrupt.ask(Cause::Signal)).expect("it ends well")
}

#[test]
fn time_that_stands_still_is_an_error_that_names_organization_instant_and_feature() {
    let cases = [(
        "[features.chat]\narrivals = { clients = 1, think = \"0s\", reactive = true }\nduration = \"0s\"\ncost = 0\n",
        "feature `chat`",
    )];
    for (text, expected) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let spec = spec(&written(text), 1, layout(), folder.path(), &SinkContents::default());
        let said = run(spec, &mut |_| {}).expect_err("it would never end").to_string();
        assert!(said.contains("time stands still") && said.contains(expected), "{said}");
        assert!(said.contains("organization teams/") && said.contains("at 20"), "{said}");
    }
}

/// The error of a run with a fault put in; within a limit of time.
fn failure(injection: InjectedFault, stall_after: Duration) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let layout = Layout { injection: Some(injection), stall_after, ..layout() };
    let spec = spec(&job(&[30], 2.0), 2, layout, folder.path(), &SinkContents::default());
    run(spec, &mut |_| {}).expect_err("it fails").to_string()
}

#[test]
fn whoever_fails_is_named() {
    let long = Duration::from_secs(20);
    let cases = [
        (InjectedFault::PanickingOrganization(17), "organization cohort-0/17: injected"),
        (InjectedFault::PanickingFeature(1), "the actor of feature `image` panicked: injected"),
        (
            InjectedFault::DyingFeature(2),
            "the actor of feature `agent` ended before its work was done: injected",
        ),
        (
            InjectedFault::ExhaustedFeature(0),
            "the demand of feature `chat` drew nothing before the end of the horizon",
        ),
        (InjectedFault::DyingWave(3), "ended before its work was done: injected"),
        (InjectedFault::DyingCollector, "the collector ended before its work was done: injected"),
    ];
    for (injection, expected) in cases {
        let said = failure(injection, long);
        assert!(said.contains(expected), "{injection:?}: {said}");
    }
}

#[test]
fn who_never_answers_is_named_after_a_while() {
    let soon = Duration::from_millis(400);
    let silent = failure(InjectedFault::SilentFeature(1), soon);
    assert!(silent.contains("waiting for the actor of feature `image`"), "{silent}");
    let stuck = failure(InjectedFault::SlowCollector(Duration::from_secs(3)), soon);
    assert!(stuck.contains("waiting for the collector"), "{stuck}");
}

#[test]
fn a_slow_collector_slows_the_run_down_and_loses_nothing() {
    let job = job(&[60], 1.0);
    let (rows, expected, _) = outcome_of(&job, 1, layout(), None);
    let injection = Some(InjectedFault::SlowCollector(Duration::from_millis(5)));
    let slow = Layout { chunk: Some(1), injection, ..layout() };
    let (slow_rows, outcomes, _) = outcome_of(&job, 1, slow, None);
    assert_eq!((slow_rows, outcomes), (rows, expected));
}
