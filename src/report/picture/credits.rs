//! The life of credits: what became of what was granted, a bar a policy.

use crate::experiment::{Estimate, Findings};
use crate::outcome::{Scope, metric_index};

use super::super::number;
use super::bars::means;
use super::{LeftOut, PanelContent, Picture, PictureAxis, PicturePanel, PictureValue, StackRow, policies};

const PARTS: [&str; 5] = ["used", "used after rolling over", "expired", "taken back", "left at the end"];

/// What became of the credits under one policy (credits, means of replications).
struct CreditLife {
    granted: f64,
    parts: [Estimate; 5],
}

/// The picture, or why there is none.
pub(super) fn picture(findings: &Findings) -> Result<Picture, LeftOut> {
    let left_out = |why: &str| LeftOut { what: "credits".to_owned(), why: why.to_owned() };
    let lives: Option<Vec<CreditLife>> =
        (0..findings.shape().policies.len()).map(|policy| life(findings, policy)).collect();
    let lives = lives.ok_or_else(|| left_out("no credits"))?;
    let sums: Vec<f64> = lives.iter().map(|life| life.parts.iter().map(|part| part.mean).sum()).collect();
    let most = sums.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return Err(left_out("no credits were granted under any policy"));
    }
    // A part that is nothing under every policy needs no sign.
    let shown: Vec<usize> = (0..PARTS.len())
        .filter(|&part| part == 0 || lives.iter().any(|life| life.parts[part].mean > 0.0))
        .collect();
    let row = |(policy, life): (usize, &CreditLife)| StackRow {
        series: policy,
        parts: shown.iter().map(|&part| PictureValue::of(&life.parts[part], 1.0, "")).collect(),
        total: format!("{} granted", number::brief(life.granted)),
    };
    let rows: Vec<StackRow> = lives.iter().enumerate().map(row).collect();
    let unused: Vec<String> =
        (0..PARTS.len()).filter(|part| !shown.contains(part)).map(|part| PARTS[part].to_owned()).collect();
    Ok(Picture {
        name: "credits".to_owned(),
        title: title(findings, &lives, &sums),
        subtitle: format!(
            "what became of credits granted, and of those left from before; {}",
            means(findings, "±")
        ),
        series: policies(findings),
        panels: vec![PicturePanel {
            title: String::new(),
            x: PictureAxis::from_zero("", "credits", [most]),
            y: PictureAxis::names("", &findings.shape().policies),
            content: PanelContent::Stacks {
                parts: shown.iter().map(|&part| PARTS[part].to_owned()).collect(),
                rows,
            },
        }],
        notes: Vec::new(),
        left_out: unused
            .into_iter()
            .map(|what| LeftOut { what, why: "0 under every policy".to_owned() })
            .collect(),
    })
}

fn life(findings: &Findings, policy: usize) -> Option<CreditLife> {
    let mean = |name| findings.estimate(policy, Scope::All, name);
    let used = mean("burned_credits")?;
    let rolled = rolled_and_used(findings, policy);
    // Of what was rolled over more than once each use counts once.
    let rolled_mean = rolled.as_ref().map_or(0.0, |rolled| rolled.mean).min(used.mean);
    let first = Estimate::alike(used.mean - rolled_mean, used.replications);
    let first = if rolled_mean == 0.0 { used } else { first };
    let rolled = rolled.unwrap_or_else(|| Estimate::alike(0.0, used.replications));
    Some(CreditLife {
        granted: mean("issued_credits")?.mean,
        parts: [
            first,
            rolled,
            mean("expired_credits")?,
            mean("voided_credits")?,
            mean("remaining_credits_end")?,
        ],
    })
}

/// Credits that were rolled over and then used, by replication: the share of the rolled ones times these.
fn rolled_and_used(findings: &Findings, policy: usize) -> Option<Estimate> {
    let values = |name| {
        let metric = metric_index(name)?;
        Some(findings.measurements.values(policy, Scope::All, metric))
    };
    let pairs = values("rollover_used_share")?.zip(values("rolled_over_credits")?);
    let products: Vec<f64> =
        pairs.map(|(share, rolled)| share.unwrap_or(0.0) * rolled.unwrap_or(0.0)).collect();
    Estimate::of(&products)
}

/// Where most and where least of the credits expire.
fn title(findings: &Findings, lives: &[CreditLife], sums: &[f64]) -> String {
    let share =
        |policy: usize| if sums[policy] > 0.0 { lives[policy].parts[2].mean / sums[policy] } else { 0.0 };
    let by_share = |a: &usize, b: &usize| share(*a).total_cmp(&share(*b));
    let most = (0..lives.len()).rev().max_by(by_share).unwrap_or(0);
    let least = (0..lives.len()).min_by(by_share).unwrap_or(0);
    let percent = |policy: usize| number::rough(share(policy) * 100.0);
    let name = |policy: usize| &findings.shape().policies[policy];
    match () {
        () if share(most) == 0.0 => "No credits expire under any policy".to_owned(),
        () if percent(most) == percent(least) => {
            format!("{} % of the credits expire unused, under every policy", percent(most))
        }
        () => format!(
            "{} % of the credits expire unused under `{}`, {} % under `{}`",
            percent(most),
            name(most),
            percent(least),
            name(least)
        ),
    }
}
