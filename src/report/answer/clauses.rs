//! What is said of one policy: work lost or saved, money, risk; each clause on one paired difference and its verdict.

use crate::experiment::{Difference, Findings, Verdict};
use crate::outcome::{LargestList, Scope};
use crate::scenario::Scenario;

use super::super::customers::LARGEST_FILE;
use super::super::number;
use super::sentence::{Citation, CitedEstimate, Sentence};

/// A side effect is told if it changes by at least this share of what the baseline has.
const WORTH_A_WORD: f64 = 0.1;

/// … and is at least this share of the baseline's cash, or of the demand.
const WORTH_ITS_SIZE: f64 = 0.01;

/// How a difference in one outcome is put into words.
struct Wording {
    outcome: &'static str,
    /// `{}` stands for the size of the difference.
    less: &'static str,
    more: &'static str,
    /// What is the same, after `practically the same` or `the same`.
    noun: &'static str,
    /// How the sameness is put: `loses`, `brings`.
    verb: &'static str,
}

const WORK: Wording = Wording {
    outcome: "lost_credits",
    less: "saves {} of the lost work",
    more: "loses {} more work",
    noun: "work",
    verb: "loses",
};

/// Lost work where policies price operations differently: the same work would be more credits under one than under the other.
const LISTED_WORK: Wording = Wording {
    outcome: "lost_list_credits",
    less: "saves {} of the lost work at list rates",
    more: "loses {} more work at list rates",
    noun: "work at list rates",
    verb: "loses",
};

const CASH: Wording = Wording {
    outcome: "cash_money",
    less: "brings {} less cash",
    more: "brings {} more cash",
    noun: "cash",
    verb: "brings",
};

const REFUSALS: Wording = Wording {
    outcome: "refusal_rate",
    less: "refuses {} fewer operations",
    more: "refuses {} more operations",
    noun: "operations",
    verb: "refuses",
};

/// Outcomes that are told only if they move, with the words for their rise and fall.
const SIDE_EFFECTS: [(&str, &str, &str); 6] = [
    ("operations_degraded", "degraded operations rise by {}", "degraded operations fall by {}"),
    ("operations_killed", "killed operations rise by {}", "killed operations fall by {}"),
    ("margin_money", "margin rises by {}", "margin falls by {}"),
    ("overspend_credits", "overspend rises by {}", "overspend falls by {}"),
    ("deferred_end_money", "defers {} more revenue", "defers {} less revenue"),
    ("breakage_money", "breakage rises by {}", "breakage falls by {}"),
];

/// What a policy does, against the baseline.
pub(super) fn of_policy(findings: &Findings, policy: usize, scenario: &Scenario) -> Sentence {
    let wording = lost_work(scenario);
    let work = work(findings, policy, wording);
    let mut parts = vec![work.join(", but ", refusals_against(findings, policy, wording))];
    parts.extend(
        told(findings, policy, &CASH).map(|cash| cash.join(", besides ", not_yet_paid(findings, policy))),
    );
    parts.extend(side_effects(findings, policy));
    parts.push(who(findings, policy));
    together(parts)
}

/// How lost work is compared.
fn lost_work(scenario: &Scenario) -> &'static Wording {
    if scenario.lost_work() == LISTED_WORK.outcome { &LISTED_WORK } else { &WORK }
}

/// What the baseline does.
pub(super) fn of_baseline(findings: &Findings, policy: usize, scenario: &Scenario) -> Sentence {
    let work = lost_work(scenario);
    let numbers = |outcome| CitedEstimate::of(findings, policy, outcome);
    let mut parts = Vec::new();
    if let Some(refused) = numbers("refusal_rate") {
        let mut said = Sentence::default().amount(&refused, false).say(" % of operations refused");
        if let Some(hit) = numbers("organizations_refused_share").filter(|hit| hit.estimate.mean > 0.0) {
            said = said.say(", to ").amount(&hit, false).say(" % of organizations");
        }
        parts.push(said);
    }
    if let Some(lost) = numbers("loss_rate") {
        let said = Sentence::default().amount(&lost, false).say(" % lost");
        let credits = numbers(work.outcome).filter(|credits| credits.estimate.mean > 0.0);
        parts.push(match credits {
            Some(credits) => {
                said.say(" (").amount(&credits, false).say(&format!(" credits of {})", work.noun))
            }
            None => said,
        });
    }
    if let Some(cash) = numbers("cash_money") {
        let said = Sentence::words("brings ").amount(&cash, false);
        parts.push(
            said.say(&format!(" {} of cash", findings.unit("cash_money")))
                .join(", besides ", not_yet_paid(findings, policy)),
        );
    }
    together(parts)
}

fn together(parts: Vec<Sentence>) -> Sentence {
    parts.into_iter().fold(Sentence::default(), |all, part| all.join("; ", part))
}

/// Lost work is said first, whatever is known of it.
fn work(findings: &Findings, policy: usize, wording: &Wording) -> Sentence {
    let lost = |policy| findings.estimate(policy, Scope::All, wording.outcome).map_or(0.0, |lost| lost.mean);
    if lost(policy) == 0.0 {
        let none = Sentence::words("loses no work");
        let base = CitedEstimate::of(findings, findings.baseline, wording.outcome);
        return match base.filter(|base| base.estimate.mean > 0.0) {
            Some(base) => none.say(&format!(" (`{}`: ", base.policy)).amount(&base, false).say(" credits)"),
            None => none,
        };
    }
    let said = told(findings, policy, wording);
    said.unwrap_or_else(|| Sentence::words("has no demand to lose"))
}

/// A difference in words; `None` if the outcome does not apply to both policies.
fn told(findings: &Findings, policy: usize, wording: &Wording) -> Option<Sentence> {
    let difference = findings.difference(policy, Scope::All, wording.outcome)?;
    let Wording { less, more, noun, verb, .. } = wording;
    Some(match difference.verdict {
        Verdict::Equal => Sentence::words(format!("{verb} the same {noun}")),
        Verdict::Undecided if difference.estimate.constant && difference.estimate.mean == 0.0 => {
            Sentence::words(format!("{verb} the same {noun} in all that was seen"))
        }
        Verdict::PracticallyEqual => Sentence::words(format!("{verb} practically the same {noun} ("))
            .join("", change(findings, difference))
            .say(")"),
        Verdict::Undecided => Sentence::words(format!("undecided whether it {verb} more or less {noun} ("))
            .join("", change(findings, difference))
            .say(")"),
        _ if difference.estimate.mean < 0.0 => sized(findings, difference, less),
        _ => sized(findings, difference, more),
    })
}

/// `saves 23 % of the lost work (45,766 ±9,000 credits)`, or the amount in the place of `{}` where there is no share.
fn sized(findings: &Findings, difference: &Difference, form: &str) -> Sentence {
    let Some(numbers) = numbers_of(findings, difference) else { return Sentence::default() };
    let (before, after) = form.split_once("{}").unwrap_or((form, ""));
    let unit = unit_of(findings, difference);
    let begun = Sentence::words(before);
    match difference.relative {
        Some(share) => begun
            .cite(numbers.citation(per_cent(share.abs()), share, "relative"))
            .say(&format!(" %{after} ("))
            .amount(&numbers, true)
            .say(&format!(" {unit})")),
        None => begun.amount(&numbers, true).say(&format!(" {unit}{after}")),
    }
}

/// `-45,766 ±9,000 credits, -23 %`.
fn change(findings: &Findings, difference: &Difference) -> Sentence {
    let Some(numbers) = numbers_of(findings, difference) else { return Sentence::default() };
    let said =
        Sentence::default().amount(&numbers, false).say(&format!(" {}", unit_of(findings, difference)));
    match difference.relative {
        Some(share) => {
            said.say(", ").cite(numbers.citation(signed_per_cent(share), share, "relative")).say(" %")
        }
        None => said,
    }
}

/// Refusals, if they move the other way than lost work, or if they are all that is decided.
fn refusals_against(findings: &Findings, policy: usize, work: &Wording) -> Sentence {
    let verdict = |outcome| findings.difference(policy, Scope::All, outcome).map(|found| found.verdict);
    let decided = |verdict| matches!(verdict, Some(Verdict::Better | Verdict::Worse));
    let (work, refusals) = (verdict(work.outcome), verdict(REFUSALS.outcome));
    if !decided(refusals) || work == refusals {
        return Sentence::default();
    }
    told(findings, policy, &REFUSALS).unwrap_or_default()
}

/// Who is hit: organizations that lose or pay more or less, and the bill that rises most.
fn who(findings: &Findings, policy: usize) -> Sentence {
    let counted = |measure, one: &str, many: &str| {
        let numbers = CitedEstimate::customers(findings, policy, measure);
        let numbers = numbers.filter(|found| found.estimate.mean > 0.0)?;
        let single = numbers.estimate.mean == 1.0 && numbers.estimate.half_width.unwrap_or(0.0) == 0.0;
        Some(Sentence::default().amount(&numbers, false).say(if single { one } else { many }))
    };
    let more = counted("bill_higher_organizations", " pays more", " pay more");
    let parts = [
        counted("lost_less_organizations", " organization loses less work", " organizations lose less work"),
        counted("lost_more_organizations", " loses more work", " lose more work"),
        more.map(|more| more.join("", steepest(findings, policy))),
        counted("bill_lower_organizations", " pays less", " pay less"),
    ];
    let said = parts.into_iter().flatten().fold(Sentence::default(), |all, part| all.join(", ", part));
    let named = said.text().contains("organization");
    if said.is_empty() || named { said } else { Sentence::words("organizations: ").join("", said) }
}

/// The bill that rises most in the first replication.
fn steepest(findings: &Findings, policy: usize) -> Sentence {
    let list = LargestList::BillRises;
    let Some(first) = findings.measurements.customers().largest(policy, list).first() else {
        return Sentence::default();
    };
    let cited = |nanos: Option<i128>, column| {
        let value = nanos.unwrap_or(0) as f64 / 1e9;
        Citation {
            written: number::short(value),
            value,
            file: LARGEST_FILE,
            policy: findings.shape().policies[policy].clone(),
            outcome: list.name().to_owned(),
            column,
        }
    };
    Sentence::words(" (the worst ")
        .cite(cited(first.change.after.bill, "bill_money"))
        .say(" instead of ")
        .cite(cited(first.change.before.bill, "bill_before_money"))
        .say(&format!(" {})", findings.unit("cash_money")))
}

/// What is owed at the end and comes in after it.
fn not_yet_paid(findings: &Findings, policy: usize) -> Sentence {
    let part = |outcome, what: &str| {
        let numbers = CitedEstimate::of(findings, policy, outcome).filter(|owed| owed.estimate.mean > 0.0)?;
        Some(Sentence::default().amount(&numbers, false).say(&format!(" {} {what}", findings.unit(outcome))))
    };
    let parts = [
        part("uninvoiced_end_money", "not yet invoiced"),
        part("payable_beyond_horizon_money", "invoiced and not yet paid"),
    ];
    parts.into_iter().flatten().fold(Sentence::default(), |all, part| all.join(", ", part))
}

/// Side effects that are decided and large enough to be worth a word.
fn side_effects(findings: &Findings, policy: usize) -> Vec<Sentence> {
    let effect = |(outcome, rises, falls): &(&'static str, &str, &str)| {
        let difference = findings.difference(policy, Scope::All, outcome)?;
        let decided =
            !matches!(difference.verdict, Verdict::Undecided | Verdict::Equal | Verdict::PracticallyEqual);
        if !decided || !is_large(findings, difference) {
            return None;
        }
        let form = if difference.estimate.mean > 0.0 { rises } else { falls };
        Some(sized(findings, difference, form))
    };
    SIDE_EFFECTS.iter().filter_map(effect).collect()
}

fn is_large(findings: &Findings, difference: &Difference) -> bool {
    let mean =
        |outcome| findings.estimate(findings.baseline, Scope::All, outcome).map_or(0.0, |base| base.mean);
    let metric = &crate::outcome::METRICS[difference.metric];
    let whole = match metric.name {
        _ if metric.is_money() => mean(CASH.outcome).abs(),
        name if name.ends_with("_credits") => mean("demand_credits"),
        _ => mean("operations_demanded"),
    };
    difference.relative.is_none_or(|share| share.abs() >= WORTH_A_WORD)
        && difference.estimate.mean.abs() >= WORTH_ITS_SIZE * whole
}

fn numbers_of<'f>(findings: &'f Findings, difference: &Difference) -> Option<CitedEstimate<'f>> {
    CitedEstimate::difference(findings, difference.policy, crate::outcome::METRICS[difference.metric].name)
}

fn unit_of(findings: &Findings, difference: &Difference) -> String {
    let metric = &crate::outcome::METRICS[difference.metric];
    if metric.is_share() { "percentage points".to_owned() } else { findings.unit(metric.name) }
}

/// Two digits of a share in per cent.
fn per_cent(share: f64) -> String {
    number::rough(share * 100.0)
}

fn signed_per_cent(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{}", per_cent(share))
}
