//! Two runs side by side: which outcomes changed, and whether that is more than noise.
//!
//! Owns the choice between paired and unpaired differences and their verdicts. Leaves where the values come from to the
//! caller. Differences of the same demand are paired by replication; others are held to both runs' own spread (Welch).
//! Verdicts hold together: the chance that any of them is false is at most 5 % (Holm over what is printed).

use crate::outcome::{METRICS, metric_index};

use super::comparison::Verdict;
use super::family::{Hypothesis, holm};
use super::{Estimate, FEWEST, fewest_alike, is_printed, paired, student};

/// Chance that any difference that is shown is none.
const ERROR: f64 = 0.05;

/// The outcomes of a run, a value a replication.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunValues {
    /// Seed of every stream.
    pub seed: u64,
    /// Policies in file order.
    pub policies: Vec<PolicyValues>,
}

/// A policy's name, and for each of `METRICS` a value a replication.
pub type PolicyValues = (String, Vec<Vec<Option<f64>>>);

/// One outcome of one policy in two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// The policy's name in the first run.
    pub policy: String,
    /// Index into `METRICS`.
    pub metric: usize,
    /// The first run.
    pub before: Estimate,
    /// The second.
    pub after: Estimate,
    /// Second less first.
    pub difference: f64,
    /// Half-width of its 95 % interval, not corrected; absent where it is not known.
    pub half_width: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// How two runs differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrasts {
    /// Both met the same demand, so that differences are paired by replication.
    pub paired: bool,
    /// Printed outcomes of policies that both have.
    pub contrasts: Vec<Contrast>,
    /// Policies that only one has.
    pub alone: Vec<String>,
}

/// Compares two runs. Policies are matched by name; the only ones of two runs are matched whatever their names.
#[must_use]
pub fn contrast(before: &RunValues, after: &RunValues) -> Contrasts {
    let pairs = matched(before, after);
    let paired = before.seed == after.seed && pairs.iter().all(|(a, b)| same_demand(a, b));
    let fewest_alike = fewest_alike(draws_nothing(before) && draws_nothing(after));
    let mut contrasts = Vec::new();
    let mut hypotheses = Vec::new();
    for (index, (first, second)) in pairs.iter().enumerate() {
        for metric in (0..METRICS.len()).filter(|&metric| is_printed(METRICS[metric].name)) {
            let (a, b) = (&first.1[metric], &second.1[metric]);
            let Some((contrast, p)) = one(&first.0, metric, (a, b), (paired, fewest_alike)) else { continue };
            if let Some(p) = p {
                let negative = b.iter().map(|value| value.map(|value| -value));
                let values = a.iter().copied().chain(negative).collect();
                hypotheses.push((contrasts.len(), Hypothesis { p, policy: index, values }));
            }
            contrasts.push(contrast);
        }
    }
    let (places, tested): (Vec<usize>, Vec<Hypothesis>) = hypotheses.into_iter().unzip();
    let (adjusted, _) = holm(&tested);
    for (place, p) in places.into_iter().zip(adjusted) {
        let contrast: &mut Contrast = &mut contrasts[place];
        if p <= ERROR {
            contrast.verdict = Verdict::on(contrast.difference, METRICS[contrast.metric].direction);
        }
    }
    let has = |pairs: &[(&PolicyValues, &PolicyValues)], own: &PolicyValues| {
        pairs.iter().any(|(a, b)| std::ptr::eq(*a, own) || std::ptr::eq(*b, own))
    };
    let all = before.policies.iter().chain(&after.policies);
    let alone = all.filter(|own| !has(&pairs, own)).map(|own| own.0.clone()).collect();
    Contrasts { paired, contrasts, alone }
}

fn matched<'r>(before: &'r RunValues, after: &'r RunValues) -> Vec<(&'r PolicyValues, &'r PolicyValues)> {
    if let ([one], [other]) = (before.policies.as_slice(), after.policies.as_slice()) {
        return vec![(one, other)];
    }
    let of_name = |own: &'r PolicyValues| Some((own, after.policies.iter().find(|other| other.0 == own.0)?));
    before.policies.iter().filter_map(of_name).collect()
}

/// True if both asked for as much work in every replication that both have.
fn same_demand(a: &PolicyValues, b: &PolicyValues) -> bool {
    let same = |name: &str| {
        let Some(metric) = metric_index(name) else { return false };
        !a.1[metric].is_empty() && a.1[metric].iter().zip(&b.1[metric]).all(|(a, b)| a == b)
    };
    same("operations_demanded") && same("demand_credits")
}

/// True if no replication differs from the first in anything.
fn draws_nothing(run: &RunValues) -> bool {
    let alike = |values: &Vec<Option<f64>>| values.iter().all(|value| *value == values[0]);
    run.policies.iter().all(|(_, metrics)| metrics.iter().all(alike))
}

/// One outcome before corrections, and its p-value if it can be tested.
fn one(
    policy: &str,
    metric: usize,
    (a, b): (&[Option<f64>], &[Option<f64>]),
    (is_paired, fewest_alike): (bool, u32),
) -> Option<(Contrast, Option<f64>)> {
    let range = METRICS[metric].range();
    let estimate = |values: &[Option<f64>]| {
        Estimate::within(&values.iter().copied().flatten().collect::<Vec<_>>(), range)
    };
    let (before, after) = (estimate(a)?, estimate(b)?);
    let few = before.replications.min(after.replications) < FEWEST;
    let contrast = |difference, half_width, verdict| Contrast {
        policy: policy.to_owned(),
        metric,
        before,
        after,
        difference,
        half_width,
        verdict,
    };
    if !is_paired {
        let (difference, half_width, p) = welch(&before, &after)?;
        return Some((contrast(difference, half_width, Verdict::Undecided), p.filter(|_| !few)));
    }
    let difference = paired(b, a)?;
    if difference.constant {
        let shown = difference.replications >= fewest_alike;
        let verdict = match difference.mean {
            0.0 => Verdict::Equal,
            mean if shown => Verdict::on(mean, METRICS[metric].direction),
            _ => Verdict::Undecided,
        };
        return Some((contrast(difference.mean, None, verdict), None));
    }
    let p = difference.p_value().filter(|_| !few);
    Some((contrast(difference.mean, difference.half_width, Verdict::Undecided), p))
}

/// The difference of two independent means with its half-width and p-value; those are absent without any spread.
fn welch(before: &Estimate, after: &Estimate) -> Option<(f64, Option<f64>, Option<f64>)> {
    let difference = after.mean - before.mean;
    let part = |own: &Estimate| own.sd.map(|sd| sd * sd / f64::from(own.replications));
    let (Some(a), Some(b)) = (part(before), part(after)) else { return Some((difference, None, None)) };
    if a + b <= 0.0 {
        return Some((difference, None, None));
    }
    let own = |part: f64, estimate: &Estimate| part * part / f64::from(estimate.replications - 1).max(1.0);
    let df = libm::floor((a + b) * (a + b) / (own(a, before) + own(b, after))).max(1.0) as u32;
    let error = libm::sqrt(a + b);
    let half = student::quantile_95(df) * error;
    Some((difference, Some(half), Some(student::two_sided_tail(difference / error, df))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy that loses `lost` credits in each replication, on demand that depends on the replication.
    fn run(seed: u64, demand: f64, lost: &[f64]) -> RunValues {
        let mut values = vec![vec![None; lost.len()]; METRICS.len()];
        let mut put = |name: &str, of: &dyn Fn(usize) -> f64| {
            let index = metric_index(name).expect("an outcome");
            values[index] = (0..lost.len()).map(|replication| Some(of(replication))).collect();
        };
        put("operations_demanded", &|replication| demand + replication as f64);
        put("demand_credits", &|replication| 2.0 * demand + replication as f64);
        put("lost_credits", &|replication| lost[replication]);
        put("loss_rate", &|replication| lost[replication] / 1e4);
        RunValues { seed, policies: vec![("block".to_owned(), values)] }
    }

    fn verdict_on(found: &Contrasts, name: &str) -> Verdict {
        let metric = metric_index(name);
        let of_name = |contrast: &&Contrast| Some(contrast.metric) == metric;
        found.contrasts.iter().find(of_name).expect("it is printed").verdict
    }

    #[test]
    fn the_same_demand_is_paired_and_a_small_difference_shows() {
        let first = [100.0, 300.0, 200.0, 400.0, 250.0, 350.0];
        let second = first.map(|lost| lost - 20.0 - lost / 100.0);
        let found = contrast(&run(1, 900.0, &first), &run(1, 900.0, &second));
        assert!(found.paired && found.alone.is_empty());
        assert_eq!(verdict_on(&found, "lost_credits"), Verdict::Better);
        // Unpaired, the same means drown in the spread between replications.
        let apart = contrast(&run(1, 900.0, &first), &run(2, 901.0, &second));
        assert!(!apart.paired);
        assert_eq!(verdict_on(&apart, "lost_credits"), Verdict::Undecided);
    }

    #[test]
    fn welch_agrees_with_a_worked_example() {
        // Two samples of 10 and 20 (R: t.test(1:10, 7:26)).
        let of = |from: i32, to: i32| Estimate::of(&(from..=to).map(f64::from).collect::<Vec<_>>()).unwrap();
        let (difference, half, p) = welch(&of(1, 10), &of(7, 26)).unwrap();
        assert!((difference - 11.0).abs() < 1e-12, "{difference}");
        let (half, p) = (half.unwrap(), p.unwrap());
        // Standard error 1.6330, 27.98 degrees of freedom, taken as 27.
        assert!((half - 3.350).abs() < 5e-3, "{half}");
        assert!(p > 1e-8 && p < 1e-6, "{p}");
    }

    #[test]
    fn equal_runs_are_equal_and_few_replications_decide_nothing() {
        let values = [100.0, 300.0, 200.0];
        let found = contrast(&run(1, 9.0, &values), &run(1, 9.0, &values));
        assert_eq!(verdict_on(&found, "lost_credits"), Verdict::Equal);
        let found = contrast(&run(1, 9.0, &values), &run(1, 9.0, &[1.0, 2.0, 3.0]));
        assert_eq!(verdict_on(&found, "lost_credits"), Verdict::Undecided);
    }

    #[test]
    fn replays_without_draws_differ_as_soon_as_they_are_known_to_draw_nothing() {
        let replay = |lost: f64, replications: usize| {
            let mut run = run(1, 9.0, &vec![lost; replications]);
            // The same demand in each.
            for values in &mut run.policies[0].1 {
                let first = values[0];
                values.fill(first);
            }
            run
        };
        let verdict = |replications: usize| {
            let found = contrast(&replay(300.0, replications), &replay(200.0, replications));
            verdict_on(&found, "lost_credits")
        };
        assert_eq!((verdict(5), verdict(4)), (Verdict::Better, Verdict::Undecided));
        let drawn = contrast(&run(1, 9.0, &[300.0; 5]), &run(1, 9.0, &[200.0; 5]));
        assert_eq!(verdict_on(&drawn, "lost_credits"), Verdict::Undecided, "demand is drawn");
    }
}
