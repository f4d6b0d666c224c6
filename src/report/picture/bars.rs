//! Outcomes by policy as bars, with the paired differences to the baseline beside them.

use crate::experiment::{Estimate, Findings};
use crate::outcome::{Scope, metric};

use super::super::figures::OutcomeScale;
use super::finding::FindingWords;
use super::{
    BarRow, JudgedValue, LeftOut, PanelContent, Picture, PictureAxis, PicturePanel, PictureValue, policies,
};

/// Outcomes that are drawn together.
pub(super) struct BarPicture {
    pub(super) name: &'static str,
    /// The first that applies makes the title.
    titles: &'static [FindingWords],
    outcomes: &'static [&'static str],
}

pub(super) const BAR_PICTURES: [BarPicture; 5] = [
    BarPicture {
        name: "service",
        titles: &[FindingWords {
            outcome: "refusal_rate",
            falls: "cuts refusals",
            rises: "raises refusals",
            noun: "refusals",
            unit: "% of operations",
        }],
        outcomes: &["refusal_rate", "loss_rate", "lost_credits"],
    },
    BarPicture {
        name: "load",
        titles: &[FindingWords {
            outcome: "overspend_credits",
            falls: "cuts overspend",
            rises: "raises overspend",
            noun: "overspend",
            unit: "¤",
        }],
        outcomes: &["overspend_credits", "in_flight_mean", "in_flight_max"],
    },
    BarPicture {
        name: "money",
        titles: &[FindingWords {
            outcome: "cash_money",
            falls: "brings less cash, down",
            rises: "lifts cash",
            noun: "cash",
            unit: "¤",
        }],
        outcomes: &["cash_money", "recognized_money", "margin_money", "deferred_end_money"],
    },
    BarPicture {
        name: "breakage",
        titles: &[
            FindingWords {
                outcome: "breakage_money",
                falls: "cuts breakage",
                rises: "raises breakage",
                noun: "breakage",
                unit: "¤",
            },
            FindingWords {
                outcome: "expired_credits",
                falls: "cuts unused credits that expire",
                rises: "raises unused credits that expire",
                noun: "what expires unused",
                unit: "¤",
            },
        ],
        outcomes: &["breakage_money", "expired_credits", "expiry_rate"],
    },
    BarPicture {
        name: "top-ups",
        titles: &[FindingWords {
            outcome: "top_ups_per_organization_month",
            falls: "lowers top-ups of an organization and month",
            rises: "raises top-ups of an organization and month",
            noun: "top-ups",
            unit: "",
        }],
        outcomes: &["auto_top_ups", "purchases", "package_cash_money"],
    },
];

impl BarPicture {
    /// The picture, or why there is none.
    pub(super) fn picture(&self, findings: &Findings) -> Result<Picture, LeftOut> {
        let (mut panels, mut left_out) = (Vec::new(), Vec::new());
        for outcome in self.outcomes {
            match panel(findings, outcome) {
                Ok(panel) => panels.push(panel),
                Err(why) => left_out.push(LeftOut { what: (*outcome).to_owned(), why: why.to_owned() }),
            }
        }
        let title = self.titles.iter().find_map(|words| words.title(findings)).filter(|_| !panels.is_empty());
        let title = title.ok_or_else(|| {
            let mut whys: Vec<&str> = left_out.iter().map(|left| left.why.as_str()).collect();
            whys.dedup();
            LeftOut { what: self.name.to_owned(), why: whys.join("; ") }
        })?;
        Ok(Picture {
            name: self.name.to_owned(),
            title,
            subtitle: format!("{}{}", means(findings, "whiskers"), paired_by(findings)),
            series: policies(findings),
            panels,
            notes: Vec::new(),
            left_out,
        })
    }
}

/// How differences are paired; nothing where none are.
fn paired_by(findings: &Findings) -> &'static str {
    match findings.measurements.is_resampled() {
        _ if findings.shape().policies.len() < 2 => "",
        true => "; differences are paired by resample",
        false if findings.measurements.replications() > 1 => "; differences are paired by replication",
        false => "",
    }
}

/// How means and intervals came about.
pub(super) fn means(findings: &Findings, sign: &str) -> String {
    let measurements = &findings.measurements;
    match measurements.replications() {
        _ if measurements.is_exact() => "one exact run: nothing is drawn".to_owned(),
        resamples if measurements.is_resampled() => {
            format!("one run; {sign}: 95 % interval by {resamples} resamples of the organizations")
        }
        1 => "one replication".to_owned(),
        replications => format!("means of {replications} replications; {sign}: 95 % interval"),
    }
}

/// An outcome of every policy, or why it is not drawn.
fn panel(findings: &Findings, outcome: &str) -> Result<PicturePanel, &'static str> {
    let own = metric(outcome).ok_or("there is no such outcome")?;
    let count = findings.shape().policies.len();
    let estimates: Vec<Option<Estimate>> =
        (0..count).map(|policy| findings.estimate(policy, Scope::All, outcome)).collect();
    let known = || estimates.iter().flatten();
    if known().next().is_none() {
        return Err("it applies to no policy");
    }
    if known().all(|estimate| estimate.mean == 0.0 && estimate.half_width.unwrap_or(0.0) == 0.0) {
        return Err("0 under every policy");
    }
    let scale = OutcomeScale::of_estimates(own, findings.shape().currency.as_deref(), known());
    let unit = if scale.unit.is_empty() { String::new() } else { scale.unit.clone() };
    let apart = if own.is_share() { "points" } else { unit.as_str() };
    let row = |policy: usize| BarRow {
        series: policy,
        value: estimates[policy].as_ref().map(|estimate| PictureValue::of(estimate, scale.factor, &unit)),
        difference: findings
            .difference(policy, Scope::All, outcome)
            .map(|difference| JudgedValue::of(difference, scale.factor, apart)),
    };
    let rows: Vec<BarRow> = (0..count).map(row).collect();
    let values = rows.iter().filter_map(|row| row.value.as_ref());
    let x = PictureAxis::from_zero(outcome, &unit, values.flat_map(ends));
    let differences: Vec<f64> =
        rows.iter().filter_map(|row| row.difference.as_ref()).flat_map(|found| ends(&found.value)).collect();
    let baseline = &findings.shape().policies[findings.baseline];
    let axis =
        || PictureAxis::over_zero(&format!("difference to {baseline}"), apart, differences.iter().copied());
    let difference = (!differences.is_empty()).then(axis);
    let names: Vec<String> = findings.shape().policies.clone();
    let title = if unit.is_empty() { scale.name.clone() } else { format!("{} [{unit}]", scale.name) };
    Ok(PicturePanel {
        title,
        x,
        y: PictureAxis::names("", &names),
        content: PanelContent::Bars { rows, difference },
    })
}

/// Where a value's interval ends.
pub(super) fn ends(value: &PictureValue) -> [f64; 2] {
    [value.lowest(), value.highest()]
}
