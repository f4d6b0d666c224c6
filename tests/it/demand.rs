//! Demand as a scenario file describes it: streams that nothing else disturbs, and the bundled `agents` against what
//! real traces look like.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::{Place, find, manifest, rows};
use creditsim::sampling::{StreamKey, TraitPoint};
use creditsim::scenario::{Scenario, ScenarioSource, read};
use creditsim::units::{FeatureIndex, SimTime};
use creditsim::workload::{
    Batch, Fate, Operation, PartKind, Population, RunPart, Source, SourceSpec, Traits,
};

const BASE: &str = r#"
name = "streams"
start = 2025-01-01T00:00:00Z
horizon = "21 days"
seed = 11
replications = 2

[[cohorts]]
name = "teams"
organizations = 6
activity = { lognormal = { mean = 1.0, cv = 1.0 } }
profile = "office"
members = { min = 2, max = 5 }
signed_up = { during = "10 days" }
lifetime = { exponential = "30 days" }

[features.chat]
arrivals = { gamma = "12/day", cv = 2.0, drift = { sd = 0.6 }, per_organization = { cv = { uniform = [0.5, 3] } } }
quantities = { tokens = { lognormal = { mu = { normal = { mean = 6, sd = 1 } }, sigma = 0.5 } } }
cost = "tokens / 1000"
duration = { lognormal = { median = "9s", sigma = 0.8 } }
failures = { rate = 0.1, persistence = 0.5 }

[features.agent]
arrivals = { sessions = "1/day", calls = { poisson = 3 }, think = { exponential = "2 min" } }
steps = [{ repeat = { poisson = 4 }, cost = { uniform = [1, 3] }, duration = { exponential = "30s" }, fails = 0.02 }]
cancels = 0.05

[policies.open]
admission = "none"
"#;

/// Columns of `operations.csv` that tell what was drawn: replication, organization, feature, number, arrival, outcome,
/// cost, end.
const DRAWN: [usize; 8] = [0, 2, 3, 4, 6, 8, 11, 13];

/// What was drawn for the organizations of `teams`, by operation, under the policy `open`.
fn operations(scenario: &str) -> Vec<Vec<String>> {
    let place = Place::with(scenario);
    place.run(&["--rows", "operations"]);
    let mut rows = csv::Reader::from_path(find(&place.path("out"), "operations.csv")).expect("rows");
    assert_eq!(rows.headers().unwrap().get(11), Some("cost"), "the columns are those of docs/output.md");
    let rows = rows.records().map(|row| row.expect("a row"));
    let of_teams = rows.filter(|row| &row[1] == "open" && row[2].starts_with("teams/"));
    of_teams.map(|row| DRAWN.iter().map(|column| row[*column].to_owned()).collect()).collect()
}

#[test]
fn seeds_and_replications_share_no_draw() {
    let mut arrivals: BTreeMap<(u32, String), Vec<String>> = BTreeMap::new();
    for seed in 0..4 {
        let scenario =
            BASE.replace("seed = 11\nreplications = 2", &format!("seed = {seed}\nreplications = 4"));
        for row in operations(&scenario) {
            arrivals.entry((seed, row[0].clone())).or_default().push(row[4].clone());
        }
    }
    assert_eq!(arrivals.len(), 16);
    // Times are told to the microsecond: two histories that share one share their stream.
    let mut seen: BTreeMap<&String, &(u32, String)> = BTreeMap::new();
    for (of, times) in &arrivals {
        for at in times {
            let before = seen.insert(at, of).filter(|before| *before != of);
            assert_eq!(before, None, "{of:?} has the arrival {at}, too");
        }
    }
}

#[test]
fn a_new_feature_cohort_or_policy_leaves_every_other_draw_as_it_was() {
    let wanted = operations(BASE);
    assert!(wanted.len() > 1_000, "{}", wanted.len());
    assert!(wanted.iter().any(|row| row[5] == "failed") && wanted.iter().any(|row| row[5] == "cancelled"));
    let before = "[[cohorts]]\nname = \"newcomers\"\norganizations = 9\nfeatures = { agent = 0.5 }\n\n[[cohorts]]\nname = \"teams\"";
    let image = "[features.a-first]\narrivals = { poisson = \"30/day\" }\ncost = { uniform = [1, 9] }\n\n[features.chat]";
    let hold = "[policies.hold]\nallowance = 20\nadmission = { hold = { estimate = { blur = { cv = 0.5 } } } }\n\n[policies.open]";
    let changes = [
        ("a cohort", BASE.replace("[[cohorts]]\nname = \"teams\"", before)),
        ("a feature", BASE.replace("[features.chat]", image)),
        ("a policy", BASE.replace("[policies.open]", hold)),
        (
            "an outage nobody meets",
            BASE.to_owned() + "\n[[outages]]\nname = \"x\"\nrate = \"0.0001/month\"\nlength = \"1 h\"\n",
        ),
        ("organizations", BASE.replace("organizations = 6", "organizations = 7")),
    ];
    for (what, changed) in changes {
        assert_ne!(changed, BASE, "{what}");
        let mut found = operations(&changed);
        found.retain(|row| row[2] != "a-first" && row[1] != "teams/6");
        assert!(found == wanted, "{what} moves a draw");
    }
    let other = operations(&BASE.replace("seed = 11", "seed = 12"));
    assert!(other != wanted);
}

/// A bundled scenario.
fn bundled(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.toml"));
    let source = ScenarioSource::from_path(&path).expect("it is bundled");
    read(&source).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// One feature's source, and the population of one cohort.
struct Draws {
    source: Source,
    population: Population,
    cohort: String,
}

impl Draws {
    fn of(scenario: &Scenario, feature: &str, cohort: &str) -> Draws {
        let index = scenario.features.iter().position(|known| known.name == feature).expect("a feature");
        let populations: Vec<Population> =
            scenario.cohorts.iter().map(|cohort| cohort.population.clone()).collect();
        let population = populations.iter().find(|known| known.name == cohort).expect("a cohort").clone();
        let source = Source::new(&SourceSpec {
            feature: FeatureIndex(index as u16),
            name: feature,
            free: false,
            demand: &scenario.features[index].demand,
            seed: scenario.seed,
            start: scenario.start,
            end: scenario.end,
            zone: &scenario.zone,
            populations: &populations,
            listed: &[],
            kept: &[],
            rates: &std::sync::Arc::default(),
            blurred: false,
        });
        Draws { source, population, cohort: cohort.to_owned() }
    }

    /// Every operation of an organization with its parts. `level` makes organizations alike busy.
    fn all(&self, number: u32, level: Option<f64>) -> Vec<(Operation, Vec<RunPart>)> {
        let point = TraitPoint::numbered(StreamKey::cohort(1, 0, &self.cohort), number);
        let mut traits: Traits = self.population.draw(point, number);
        traits.signed_up = self.population.start;
        traits.leaves = SimTime::MAX;
        traits.enabled.fill(true);
        traits.activity = level.unwrap_or(traits.activity);
        let mut state = self.source.begin(&traits);
        let (mut batch, mut found) = (Batch::default(), Vec::new());
        loop {
            self.source.fill(&mut state, &mut batch, 256).expect("nothing is read from a disk");
            found.extend(batch.operations.iter().map(|one| (*one, batch.parts_of(one).to_vec())));
            if batch.operations.len() < 256 {
                return found;
            }
        }
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Share of the sum that the largest tenth holds.
fn top_tenth(values: &[f64]) -> f64 {
    let values = sorted(values.to_vec());
    values[values.len() - values.len() / 10..].iter().sum::<f64>() / values.iter().sum::<f64>()
}

/// Spearman's correlation of ranks.
fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |values: Vec<f64>| {
        let order = sorted(values.clone());
        values
            .into_iter()
            .map(|value| order.partition_point(|other| *other < value) as f64)
            .collect::<Vec<_>>()
    };
    let (a, b) =
        (ranks(pairs.iter().map(|pair| pair.0).collect()), ranks(pairs.iter().map(|pair| pair.1).collect()));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (ma, mb) = (mean(&a), mean(&b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(&b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[test]
fn the_cost_of_an_agents_run_is_heavy_tailed_and_known_late() {
    let agents = Draws::of(&bundled("agents"), "agent", "teams");
    let runs: Vec<Vec<f64>> = (0..60)
        .flat_map(|number| agents.all(number, Some(1.0)))
        .map(|(_, parts)| {
            let calls = parts.into_iter().filter(|part| part.kind == PartKind::Work);
            calls.map(|part| part.cost.as_f64()).collect()
        })
        .collect();
    assert!(runs.len() > 2_000, "{} runs", runs.len());
    // Calls of a session: lognormal (4.57, 1.17), so half of them have more than 96.
    let longer = runs.iter().filter(|calls| calls.len() > 96).count() as f64 / runs.len() as f64;
    assert!(
        (longer - 0.5).abs() < 4.3 * 0.5 / (runs.len() as f64).sqrt(),
        "{longer} are longer than the median"
    );
    let costs: Vec<f64> = runs.iter().map(|calls| calls.iter().sum()).collect();
    let order = sorted(costs.clone());
    let (median, p99) = (order[order.len() / 2], order[order.len() * 99 / 100]);
    println!("median {median:.0}, p99 {p99:.0} credits, top tenth {:.2}", top_tenth(&costs));
    // The tenth most expensive run of ten is most of the bill; a mean says little about a run.
    assert!(top_tenth(&costs) > 0.5, "{}", top_tenth(&costs));
    assert!(p99 > 20.0 * median, "{p99} against {median}");
    // The first call says almost nothing about the whole; the number of turns, unknown then, says nearly all.
    let first: Vec<(f64, f64)> = runs.iter().zip(&costs).map(|(calls, cost)| (calls[0], *cost)).collect();
    let turns: Vec<(f64, f64)> =
        runs.iter().zip(&costs).map(|(calls, cost)| (calls.len() as f64, *cost)).collect();
    let (by_first, by_turns) = (rank_correlation(&first), rank_correlation(&turns));
    println!("rank correlation with the first call {by_first:.2}, with the number of turns {by_turns:.2}");
    assert!(by_first < 0.3 && by_turns > 0.9, "{by_first}, {by_turns}");
    // The context grows, so the second half of a long run costs more than the first.
    let (mut early, mut late) = (0.0, 0.0);
    for calls in runs.iter().filter(|calls| calls.len() >= 200) {
        early += calls[..calls.len() / 2].iter().sum::<f64>();
        late += calls[calls.len() / 2..].iter().sum::<f64>();
    }
    println!("second half of long runs / first half: {:.2}", late / early);
    assert!(late > 1.5 * early, "{late} against {early}");
}

#[test]
fn organizations_are_as_uneven_as_those_of_real_traces() {
    // WORKLOADS: the top tenth makes 55 % (self-serve) and 73 to 76 % (API) of the calls; accepted within 0.08.
    let scenario = bundled("agents");
    for (cohort, wanted) in [("teams", 0.55), ("platforms", 0.73)] {
        let population = Draws::of(&scenario, "chat", cohort).population;
        let draw = |number| {
            population.draw(TraitPoint::numbered(StreamKey::cohort(1, 0, cohort), number), number).activity
        };
        let activity: Vec<f64> = (0..20_000).map(draw).collect();
        let found = top_tenth(&activity);
        println!("{cohort}: the top tenth makes {found:.2}");
        assert!((found - wanted).abs() < 0.08, "{cohort}: {found}, wanted {wanted}");
    }
}

#[test]
fn programs_call_in_bursts_and_people_in_sessions() {
    const HOUR: i64 = 3_600_000_000;
    let scenario = bundled("agents");
    let length = (scenario.end - scenario.start).micros();
    let at = |operation: &Operation| (operation.at - scenario.start).micros();
    // One organization's hourly counts: far from Poisson (an index of dispersion of 1).
    let api = Draws::of(&scenario, "api", "platforms");
    let mut indices = Vec::new();
    for number in 0..30 {
        let mut hours = vec![0.0; (length / HOUR) as usize];
        for (operation, _) in api.all(number, Some(1.0)) {
            if let Some(hour) = hours.get_mut((at(&operation) / HOUR) as usize) {
                *hour += 1.0;
            }
        }
        let mean = hours.iter().sum::<f64>() / hours.len() as f64;
        let variance =
            hours.iter().map(|hour| (hour - mean) * (hour - mean)).sum::<f64>() / hours.len() as f64;
        indices.push(variance / mean.max(1e-9));
    }
    let indices = sorted(indices);
    println!("hourly dispersion of an organization's calls: median {:.0}", indices[15]);
    assert!(indices[3] > 5.0, "{indices:?}");
    // Sessions split at half an hour: 4.5 calls on average in the trace, 32 % of one call.
    let chat = Draws::of(&scenario, "chat", "teams");
    let (mut sessions, mut single, mut calls, mut failed, mut pairs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for number in 0..60 {
        // Quiet teams, so that sessions rarely overlap.
        let found = chat.all(number, Some(0.1));
        let mut open: Option<(i64, u32)> = None;
        for (operation, _) in &found {
            let now = at(operation);
            open = match open {
                Some((last, count)) if now - last < HOUR / 2 => Some((now, count + 1)),
                other => {
                    sessions += 1.0;
                    single += f64::from(u8::from(other.is_some_and(|(_, count)| count == 1)));
                    Some((now, 1))
                }
            };
        }
        calls += found.len() as f64;
        let fates: Vec<bool> = found.iter().map(|(operation, _)| operation.fate == Fate::Fails).collect();
        failed += fates.iter().filter(|failed| **failed).count() as f64;
        pairs += fates.windows(2).filter(|pair| pair[0] && pair[1]).count() as f64;
    }
    println!("{:.1} calls a session, {:.2} of one call", calls / sessions, single / sessions);
    assert!((calls / sessions - 4.5).abs() < 0.7, "{} calls a session", calls / sessions);
    assert!((single / sessions - 0.32).abs() < 0.1, "{} of one call", single / sessions);
    assert!((pairs / failed - 0.53).abs() < 0.1, "{} fail after a failure", pairs / failed);
}

#[test]
fn a_scenario_says_when_demand_differs_by_policy() {
    let reactive = BASE.replace(
        "{ sessions = \"1/day\", calls = { poisson = 3 }, think = { exponential = \"2 min\" } }",
        "{ clients = 3, think = { exponential = \"30 min\" }, reactive = true }",
    );
    let tight = "[policies.tight]\nallowance = 20\nadmission = \"positive\"\nshort = \"queue\"\n";
    let place = Place::with(&(reactive + tight));
    let (_, text, _) = place.creditsim(&["run", "small.toml", "--output", "out"]);
    assert!(
        text.contains("clients of `agent` wait for their operations, so that demand differs by policy"),
        "{text}"
    );
    let summary = find(&place.path("out"), "summary.csv");
    let manifest = manifest(summary.parent().expect("a folder of results"));
    assert_eq!(manifest["reactive_features"], serde_json::json!(["agent"]));
    // A queue slows the clients down; the other feature meets the same demand.
    let demanded: BTreeMap<(String, String), String> = rows(&summary)
        .into_iter()
        .filter(|row| &row[3] == "operations_demanded")
        .map(|row| ((row[1].to_owned(), row[2].to_owned()), row[5].to_owned()))
        .collect();
    let of = |policy: &str, feature: &str| {
        demanded[&(policy.to_owned(), format!("feature:{feature}"))].parse::<f64>().expect("a number")
    };
    assert_eq!(of("open", "chat"), of("tight", "chat"));
    assert!(of("tight", "agent") < 0.8 * of("open", "agent"), "{demanded:?}");
}

/// The means of `summary.csv` by policy, scope and metric.
struct Summary(BTreeMap<[String; 3], f64>);

impl Summary {
    fn of(scenario: &str) -> Summary {
        let place = Place::with(scenario);
        place.run(&[]);
        let rows = rows(&find(&place.path("out"), "summary.csv")).into_iter();
        let mean = |row: csv::StringRecord| {
            let key = [row[1].to_owned(), row[2].to_owned(), row[3].to_owned()];
            row[5].parse().ok().map(|mean| (key, mean))
        };
        Summary(rows.filter_map(mean).collect())
    }

    fn value(&self, policy: &str, scope: &str, metric: &str) -> f64 {
        self.0[&[policy.to_owned(), scope.to_owned(), metric.to_owned()]]
    }
}

#[test]
fn clients_of_a_closed_loop_make_as_many_operations_as_their_time_allows() {
    // Five clients think ten minutes and work five: 5 / 15 min = 480 a day, natural or reactive, for nothing slows them
    // down. With one credit an operation and 100 a day, reactive clients that queue make 100 and wait.
    let scenario = r#"
name = "loops"
start = 2025-01-01T00:00:00Z
horizon = "40 days"
replications = 8
[[cohorts]]
name = "teams"
[features.natural]
arrivals = { clients = 5, think = { exponential = "10 min" } }
duration = { exponential = "5 min" }
cost = 0
[features.reactive]
arrivals = { clients = 5, think = { exponential = "10 min" }, reactive = true }
duration = { exponential = "5 min" }
cost = 1
[policies.open]
admission = "none"
[policies.queue]
allowance = { credits = 100, every = "1 day" }
admission = { hold = { estimate = "exact" } }
short = "queue"
patience = "100 days"
"#;
    let summary = Summary::of(scenario);
    let of = |policy: &str, feature: &str, metric: &str| {
        summary.value(policy, &format!("feature:{feature}"), metric)
    };
    // A cycle of two exponentials (10 and 5 minutes) has cv² = 5/9, and so has the count, over five clients.
    let sd = (5.0 / 9.0 * 480.0 * 40.0 / 8.0_f64).sqrt();
    for feature in ["natural", "reactive"] {
        let found = of("open", feature, "operations_demanded");
        assert!((found - 19_200.0).abs() < 4.3 * sd, "{feature}: {found}, wanted 19,200");
    }
    assert_eq!(of("queue", "natural", "operations_demanded"), of("open", "natural", "operations_demanded"));
    assert_eq!(of("queue", "reactive", "charged_credits"), 4_000.0);
    let demanded = of("queue", "reactive", "operations_demanded");
    assert!((4_000.0..=4_005.0).contains(&demanded), "{demanded}: one more a client may wait");
}

#[test]
fn outages_refuse_the_share_of_attempts_that_they_last() {
    // Random windows: starts at 6 a day, lengths of half an hour on average: as in M/G/∞, a share 1 − e^(−6/48) of the
    // time lies in one. An explicit window of 2 days in 20 refuses what it covers, and nothing of another feature.
    let scenario = |outage: &str| {
        format!(
            "name = \"out\"\nstart = 2025-01-01T00:00:00Z\nhorizon = \"20 days\"\nreplications = 40\n\
             [[cohorts]]\nname = \"teams\"\norganizations = 2\n\
             [features.chat]\narrivals = {{ poisson = \"200/day\" }}\ncost = 1\n\
             [features.image]\narrivals = {{ poisson = \"200/day\" }}\ncost = 1\n\
             [[outages]]\nname = \"provider\"\nfeatures = [\"chat\"]\n{outage}\n\
             [policies.open]\nadmission = \"none\"\n[policies.hold]\nallowance = 100000\nadmission = \"positive\"\n"
        )
    };
    let shares = |outage: &str| {
        let summary = Summary::of(&scenario(outage));
        let value = |policy: &str, feature: &str, metric: &str| {
            summary.value(policy, &format!("feature:{feature}"), metric)
        };
        let share = |policy: &str, feature: &str| {
            value(policy, feature, "attempts_refused_outage") / value(policy, feature, "attempts")
        };
        [share("open", "chat"), share("hold", "chat"), share("open", "image")]
    };
    let [open, hold, image] = shares("rate = \"6/day\"\nlength = { exponential = \"30 min\" }");
    let wanted = 1.0 - (-6.0_f64 / 48.0).exp();
    // Forty times twenty days: the covered time of 96,000 half hours' worth of windows has an error of about 2.5 %.
    assert!((open / wanted - 1.0).abs() < 0.1, "{open}, wanted {wanted}");
    assert_eq!((open, image), (hold, 0.0), "alike under every policy, and for no other feature");
    let [open, ..] = shares("windows = [{ from = 2025-01-03T00:00:00Z, to = 2025-01-05T00:00:00Z }]");
    let sd = (0.1 * 0.9 / (200.0_f64 * 20.0 * 2.0 * 40.0)).sqrt();
    assert!((open - 0.1).abs() < 4.3 * sd, "{open}, wanted a tenth");
}
