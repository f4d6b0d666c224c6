//! The plots of a run as SVG, drawn without any system font.

mod axes;
mod balance;
mod bars;
mod canvas;
mod overdraft;
pub(super) mod scale;
mod sweeps;
mod tornado;

use std::io;

use crate::experiment::Findings;

use bars::BarPlot;

pub use sweeps::{front_plot, sweep_plot};
pub use tornado::tornado_plot;

/// A plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plot {
    /// Its name, without ending.
    pub name: &'static str,
    /// The picture.
    pub svg: String,
}

const BARS: [(&str, BarPlot); 3] = [
    (
        "service",
        BarPlot {
            title: "Refusals and lost credits by policy",
            metrics: &["refusal_rate", "loss_rate", "lost_credits"],
            same_scale: false,
        },
    ),
    (
        "load",
        BarPlot {
            title: "Overspend under load by policy",
            metrics: &["overspend_credits", "in_flight_mean", "in_flight_max"],
            same_scale: false,
        },
    ),
    (
        "money",
        BarPlot {
            title: "Money by policy",
            metrics: &["cash_money", "recognized_money", "deferred_end_money"],
            same_scale: true,
        },
    ),
];

/// Draws a picture of findings; nothing if there is nothing to show.
pub type Draw = Box<dyn Fn(&Findings) -> io::Result<Option<String>>>;

/// A picture that can be drawn of findings.
pub struct Drawing {
    /// Its name, without ending.
    pub name: &'static str,
    /// Draws it; nothing if there is nothing to show.
    pub draw: Draw,
}

/// Every picture of a run, in the order of the page.
#[must_use]
pub fn drawings() -> Vec<Drawing> {
    let bars = BARS.iter().map(|(name, plot)| Drawing {
        name,
        draw: Box::new(move |findings: &Findings| bars::draw(findings, plot)),
    });
    let balance = Drawing { name: "balance", draw: Box::new(balance::draw) };
    let overdraft =
        Drawing { name: "overdraft", draw: Box::new(|findings| overdraft::draw(findings).map(Some)) };
    bars.chain([balance, overdraft]).collect()
}

/// Every plot that has something to show.
#[cfg(test)]
pub(in crate::report) fn plots(findings: &Findings) -> io::Result<Vec<Plot>> {
    let drawn = drawings()
        .into_iter()
        .map(|drawing| Ok((drawing.draw)(findings)?.map(|svg| Plot { name: drawing.name, svg })));
    drawn.filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::{Measurements, Objective, PolicyAt, Sweep, SweepPoint, Swing};
    use crate::outcome::{Scope, metric_index, synthetic};

    const POLICIES: [&str; 8] = [
        "block",
        "overdraft-200",
        "hold-p95",
        "auto-recharge-below-50",
        "rollover-three-months-capped-at-500-credits",
        "queue",
        "degrade",
        "trust",
    ];

    fn drawn(policies: &[&str], replications: u64) -> Vec<Plot> {
        let shape = synthetic::shape(policies);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..replications).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 60)));
        plots(&Findings::new(measurements, 0)).unwrap()
    }

    #[test]
    fn every_run_has_five_plots_that_are_the_same_every_time() {
        let first = drawn(&POLICIES, 6);
        let names: Vec<&str> = first.iter().map(|plot| plot.name).collect();
        assert_eq!(names, ["service", "load", "money", "balance", "overdraft"]);
        assert_eq!(first, drawn(&POLICIES, 6));
    }

    #[test]
    fn plots_name_their_units_and_policies() {
        for plot in drawn(&POLICIES, 6) {
            let units = if plot.name == "money" { "[USD]" } else { "[credits]" };
            assert!(plot.svg.contains(units), "{}", plot.name);
            assert!(plot.svg.contains("overdraft-200"), "{}", plot.name);
        }
    }

    #[test]
    fn one_policy_and_one_replication_can_be_drawn() {
        assert_eq!(drawn(&["only"], 1).len(), 5);
    }

    /// Five limits of two policies, measured as ten accounts of the same organizations.
    fn sweep() -> Sweep {
        let names: Vec<String> = (0..10).map(|number| format!("p{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let shape = synthetic::shape(&names);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..5).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 30)));
        let point = |number: usize| SweepPoint {
            number,
            settings: vec![(number * 50).to_string()],
            measurements: 0,
            policies: vec![
                PolicyAt { name: "overdraft".to_owned(), index: number },
                PolicyAt { name: "hold-p95".to_owned(), index: 5 + number },
            ],
        };
        Sweep {
            keys: vec!["policy.overdraft.limit".to_owned()],
            points: (0..5).map(point).collect(),
            measurements: vec![measurements],
            complete: true,
        }
    }

    fn sweep_pictures() -> Vec<(&'static str, String)> {
        let sweep = sweep();
        let index = |name: &str| metric_index(name).unwrap();
        let objective = |name: &str| Objective::by_direction(index(name), Scope::All).unwrap();
        let objectives = [objective("refusal_rate"), objective("overspend_credits")];
        let swing = |key: &str, low: f64, high: f64, ranking_changes: bool| Swing {
            key: key.to_owned(),
            low_setting: "0.5".to_owned(),
            high_setting: "2".to_owned(),
            base: 0.08,
            low,
            high,
            half_width: None,
            ranking_changes,
        };
        let swings = [
            swing("features.campaign.arrivals.gamma", 0.02, 0.19, true),
            swing("cohorts.small-teams.activity.lognormal.cv", 0.06, 0.12, false),
            swing("policy.buyer.on_refusal", 0.1, 0.07, false),
            swing("policy.buyer.human_delay", 0.081, 0.084, false),
        ];
        let candidates = sweep.candidates(&objectives);
        vec![
            ("sweep", sweep_plot(&sweep, 0, index("refusal_rate")).unwrap().unwrap()),
            ("front", front_plot(&sweep, &objectives, &candidates).unwrap().unwrap()),
            ("tornado", tornado_plot(index("refusal_rate"), "share", 0.08, &swings).unwrap().unwrap()),
        ]
    }

    #[test]
    fn sweeps_fronts_and_tornados_name_what_they_show() {
        for (name, svg) in sweep_pictures() {
            let wanted = if name == "tornado" { "ranking of policies changes" } else { "hold-p95" };
            assert!(svg.contains(wanted) && svg.contains("refusal_rate"), "{name}");
        }
    }

    /// Writes the pictures where `CREDITSIM_PLOTS` says, to be looked at.
    #[test]
    #[ignore = "writes files to look at"]
    fn write_specimens() {
        let Ok(folder) = std::env::var("CREDITSIM_PLOTS") else { return };
        for (name, svg) in sweep_pictures() {
            std::fs::write(format!("{folder}/{name}.svg"), svg).unwrap();
        }
        for (label, policies, replications) in
            [("many", &POLICIES[..], 12), ("three", &POLICIES[..3], 12), ("single", &POLICIES[..5], 1)]
        {
            for plot in drawn(policies, replications) {
                std::fs::write(format!("{folder}/{label}-{}.svg", plot.name), plot.svg).unwrap();
            }
        }
    }
}
