//! Known models are simulated, written as histories, and found again.

use std::fmt::Write as _;

use super::goodness::{Call, simulate};
use super::*;
use crate::sampling::Dist;
use crate::scenario::{self, ScenarioSource};
use crate::workload::operation::Fate;

/// Reads a scenario as the command does.
fn read(text: &str) -> Result<WrittenScenario, String> {
    let scenario = scenario::read(&ScenarioSource::from_text("fitted.toml", text))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    Ok(WrittenScenario {
        start: scenario.start,
        end: scenario.end,
        zone: scenario.zone,
        features: scenario.features.into_iter().map(|feature| (feature.name, feature.demand)).collect(),
        cohorts: scenario
            .cohorts
            .into_iter()
            .map(|cohort| (cohort.population, cohort.organizations))
            .collect(),
    })
}

/// A scenario of one cohort and one feature whose cost is its size.
fn world(days: u32, organizations: u32, arrivals: &str, size: &str, more: &str) -> WrittenScenario {
    let text = format!(
        "start = 2025-01-06T00:00:00Z\nhorizon = \"{days} days\"\n[[cohorts]]\nname = \"all\"\n\
         organizations = {organizations}\n[features.chat]\narrivals = {{ {arrivals} }}\ncost = \"size\"\n{more}\n\
         [features.chat.quantities]\nsize = {size}\n[policies.open]\nadmission = \"none\"\n"
    );
    read(&text).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

/// One replication as a history.
fn history(written: &WrittenScenario) -> Observed {
    let mut calls: Vec<Call> = simulate(written, 0, 7, None);
    calls.sort_by_key(|call| call.at);
    let mut text = String::from("timestamp,org,feature,units,duration_s,status\n");
    for call in &calls {
        let at = crate::units::SimTime::from_micros(call.at);
        let status = if call.fate == Fate::Fails { "failed" } else { "ok" };
        let _ = writeln!(text, "{at},o{},chat,{},{},{status}", call.organization, call.cost, call.duration);
    }
    observed(&text)
}

/// A history as its text says.
fn observed(text: &str) -> Observed {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("history.csv");
    std::fs::write(&path, text).expect("a disk");
    Observed::read(&path).unwrap_or_else(|error| panic!("{error}"))
}

fn close(what: &str, found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{what} is {found}, not {wanted} ± {tolerance}");
}

/// The standard error of a coefficient of variation over some 20,000 gaps is about 2 %; blocks and families add theirs.
#[test]
fn the_family_of_gaps_is_found_with_its_coefficient() {
    let cases = [
        ("poisson = \"200/h\"", GapFamily::Poisson, 0.0),
        ("gamma = \"200/h\", cv = 2.5", GapFamily::Gamma(2.5), 0.35),
        ("gamma = \"200/h\", cv = 0.5", GapFamily::Gamma(0.5), 0.05),
        ("weibull = \"200/h\", cv = 2.0", GapFamily::Weibull(2.0), 0.3),
    ];
    for (arrivals, wanted, tolerance) in cases {
        let found = model(&history(&world(5, 1, arrivals, "1", "")), 1.0).features[0].gaps;
        let same = std::mem::discriminant(&found) == std::mem::discriminant(&wanted);
        assert!(same, "{arrivals} was taken for {found:?}");
        close(arrivals, found.cv(), wanted.cv(), tolerance);
    }
}

/// 24,000 values: standard errors of mu and sigma are below 0.01.
#[test]
fn sizes_of_organizations_that_are_alike_are_one_lognormal() {
    let size = "{ lognormal = { mu = 6.0, sigma = 1.1 } }";
    let model = model(&history(&world(4, 25, "poisson = \"10/h\"", size, "")), 1.0);
    let Dist::LogNormal { mu, sigma } = model.features[0].sizes[0].fitted.dist else {
        panic!("{:?}", model.features[0].sizes[0])
    };
    close("mu", mu, 6.0, 0.03);
    close("sigma", sigma, 1.1, 0.03);
}

/// 60 organizations: the standard error of the spread between them is 1/√120 = 9 %, of their mean 0.13.
#[test]
fn sizes_of_organizations_that_differ_are_dealt() {
    let size = "{ lognormal = { mu = { normal = { mean = 6.0, sd = 1.0 } }, sigma = 0.4 } }";
    let model = model(&history(&world(4, 60, "poisson = \"4/h\"", size, "")), 1.0);
    let dealt: Vec<(f64, f64)> = model
        .cohorts
        .iter()
        .flat_map(|cohort| cohort.uses[0].quantities.iter().flat_map(|(_, dealt)| dealt))
        .map(|dist| match dist {
            Dist::LogNormal { mu, sigma } => (*mu, *sigma),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(dealt.len(), 60, "{:?}", model.cohorts);
    let mean = |of: fn(&(f64, f64)) -> f64| dealt.iter().map(of).sum::<f64>() / dealt.len() as f64;
    let middle = mean(|(mu, _)| *mu);
    let spread = dealt.iter().map(|(mu, _)| (mu - middle) * (mu - middle)).sum::<f64>() / dealt.len() as f64;
    close("mean of mu", middle, 6.0, 0.4);
    close("sd of mu", libm::sqrt(spread), 1.0, 0.27);
    close("sigma", mean(|(_, sigma)| *sigma), 0.4, 0.03);
}

/// Who always asks for one size always does in the fit: 40 % ask for eights, and the dearest tenth is theirs.
#[test]
fn organizations_keep_their_sizes_and_the_dearest_tenth_its_share() {
    let size = "{ per_organization = { discrete = [[1, 0.6], [8, 0.4]] } }";
    let observed = history(&world(9, 120, "poisson = \"6/day\"", size, ""));
    let mut model = model(&observed, 1.0);
    let found = calibrated(&observed, &mut model, 3, &read).unwrap_or_else(|error| panic!("{error}"));
    let row = |measure: Measure| {
        let row = found.iter().find(|good| good.feature == "all" && good.measure == measure);
        row.unwrap_or_else(|| panic!("{found:?}"))
    };
    let top = row(Measure::CreditsOfTopTenth);
    assert!(top.simulated.iter().all(|share| (share - top.history.unwrap_or(0.0)).abs() < 0.02), "{top:?}");
    assert_eq!(row(Measure::Organizations).is_fine(), Some(true));
    let text = model.to_toml(&observed, "fit", "history", &[]);
    let entries: Vec<&str> = text.lines().filter(|line| line.starts_with("quantities.units = [")).collect();
    assert!(!entries.is_empty() && entries.iter().all(|line| !line.contains("discrete")), "{entries:?}");
}

/// 300 customers whose rates fall off, dealt by 64 entries and less: as many calls as were seen, spread as they were.
#[test]
fn calls_are_as_many_as_in_the_history() {
    let mut rows = Vec::new();
    let mut rng = crate::sampling::StreamKey::root(3).name("decay").stream(crate::sampling::Purpose::Gap);
    for customer in 0..300 {
        let a_day = 20.0 * libm::exp(-f64::from(customer) / 60.0);
        let mut day = crate::sampling::standard_exponential(&mut rng) / a_day;
        while day < 28.0 {
            rows.push(((1_735_689_600.0 + 86_400.0 * day) as i64, customer));
            day += crate::sampling::standard_exponential(&mut rng) / a_day;
        }
    }
    rows.sort_unstable();
    let lines: Vec<String> = rows.iter().map(|(at, customer)| format!("{at},o{customer},call,1\n")).collect();
    let observed = observed(&format!("timestamp,org,feature,units\n{}", lines.concat()));
    let model = model(&observed, 1.0);
    let written = read(&model.to_toml(&observed, "fit", "history", &[])).expect("a scenario");
    for seed in 0..3 {
        let calls = simulate(&written, 0, seed, None).len() as f64;
        close("calls by those of the history", calls / observed.calls(), 1.0, 0.002);
    }
}

/// 25 organizations over 14 days: about 25 × 336 / 9 independent hours of a drift with φ = 0.8.
#[test]
fn the_drift_of_rates_is_found() {
    let arrivals = "poisson = \"10/h\", drift = { persistence = 0.8, sd = 0.7 }";
    let model = model(&history(&world(14, 25, arrivals, "1", "")), 1.0);
    // What the own week of a large organization holds already is not drift again: look at those drawn as many.
    let many = model.cohorts.iter().filter(|cohort| cohort.organizations > 1);
    let drifts: Vec<_> = many.filter_map(|cohort| cohort.uses[0].drift).collect();
    assert!(!drifts.is_empty(), "{:?}", model.cohorts);
    let mean =
        |of: fn(&crate::workload::Drift) -> f64| drifts.iter().map(of).sum::<f64>() / drifts.len() as f64;
    close("sd", mean(|drift| drift.sd), 0.7, 0.12);
    close("persistence", mean(|drift| drift.persistence), 0.8, 0.12);
    let steady = super::model(&history(&world(14, 25, "poisson = \"10/h\"", "1", "")), 1.0);
    assert!(steady.cohorts.iter().all(|cohort| cohort.uses[0].drift.is_none()), "chance is no drift");
}

/// 80 organizations of some 480 calls: about 40 are affected, and some 1,200 runs of failures say how they go on.
#[test]
fn failures_are_found_with_their_persistence() {
    let more =
        "duration = \"10s\"\nfailures = { rate = 0.06, persistence = 0.6, affected = 0.5, after = \"2s\" }";
    let model = model(&history(&world(5, 80, "poisson = \"4/h\"", "1", more)), 1.0);
    let failures = &model.features[0].failures;
    close("rate", failures.rate.get(), 0.06, 0.015);
    close("persistence", failures.persistence.map_or(0.0, |p| p.get()), 0.6, 0.06);
    close("affected", failures.affected.get(), 0.5, 0.15);
}

/// Growth of 20 % a month over half a year; weekends at a fifth.
#[test]
fn growth_and_weekends_are_found() {
    let more = "calendar = [{ growth = 0.2 }]\nprofile = { hours = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], \
                week = [1, 1, 1, 1, 1, 0.2, 0.2] }";
    let model = model(&history(&world(182, 5, "poisson = \"1/h\"", "1", more)), 1.0);
    let Some(crate::workload::CalendarFactor::Growth { per_month }) = model.features[0].calendar.first()
    else {
        panic!("{:?}", model.features[0].calendar)
    };
    close("growth", *per_month, 0.2, 0.04);
    let weights = model.cohorts[0].profile.as_ref().expect("a shape").weights();
    let day = |day: usize| weights[24 * day..24 * day + 24].iter().sum::<f64>() / 24.0;
    close("Saturday by Tuesday", day(5) / day(1), 0.2, 0.05);
}

/// What is written is read again and simulates back, through every form that a fit writes.
#[test]
fn a_fitted_scenario_simulates_back() {
    let size = "{ lognormal = { mu = { normal = { mean = 5.0, sd = 0.8 } }, sigma = 0.5 } }";
    let more = "duration = { lognormal = { median = \"20s\", sigma = 0.6 } }\nfailures = { rate = 0.03, persistence = 0.5 }";
    let observed = history(&world(9, 40, "gamma = \"3/h\", cv = 1.6", size, more));
    let mut model = model(&observed, 1.0);
    let found = calibrated(&observed, &mut model, 3, &read).unwrap_or_else(|error| panic!("{error}"));
    assert!(found.len() >= 6, "{found:?}");
    for good in &found {
        assert_ne!(good.is_fine(), Some(false), "{good:?}");
    }
    let text = model.to_toml(&observed, "fit", "a \"history\"\u{7}.csv", &["note".to_owned()]);
    let scenario = scenario::read(&ScenarioSource::from_text("fit.toml", text.clone()))
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let organizations: u32 = scenario.cohorts.iter().map(|cohort| cohort.organizations).sum();
    assert_eq!((organizations, scenario.policies.len()), (40, 4));
    assert!(scenario.question.is_some(), "the head is conventional");
}

#[test]
fn a_thinned_fit_keeps_a_share_of_the_calls() {
    let observed = history(&world(3, 20, "poisson = \"20/h\"", "5", ""));
    let model = model(&observed, 0.1);
    let written = read(&model.to_toml(&observed, "fit", "history", &[])).expect("a scenario");
    let calls = simulate(&written, 0, 3, None).len() as f64;
    // Poisson of 2,880: four standard errors.
    close("calls", calls, 0.1 * observed.calls(), 4.0 * libm::sqrt(0.1 * observed.calls()));
}

/// A bootstrap finds the spread that theory gives: the mean of n sizes of one lognormal has the relative error
/// √(e^σ² − 1) / √n, and a refit estimates what the first fit did.
#[test]
fn intervals_are_as_wide_as_chance() {
    let size = "{ lognormal = { mu = 3.0, sigma = 0.8 } }";
    let observed = history(&world(5, 20, "poisson = \"1/h\"", size, ""));
    let model = model(&observed, 1.0);
    let written = read(&model.demand_toml("fit", "history", &[])).expect("a scenario");
    let found = super::intervals::intervals(&observed, &model, &written);
    assert_eq!(found.refits, 40);
    let mean = found.found.iter().find(|of| of.parameter == "mean units").expect("a mean");
    let error = libm::sqrt(libm::expm1(0.64)) / libm::sqrt(observed.calls());
    // Forty refits tell a standard deviation within 22 %, at 95 %.
    close("half-width by its theory", mean.half_width / (1.96 * error * mean.estimate), 1.0, 0.3);
    close("refitted", mean.refitted, mean.estimate, 0.02 * mean.estimate);
}
