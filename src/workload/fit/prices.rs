//! Costs and policies to begin with: a history says what was used, not what it costs.
//!
//! Owns the rate formula, the allowance that makes a comparison informative, and the policies that are compared.

use super::guess::SizeColumns;
use super::model::{FeatureModel, Model};
use super::observe::{Observed, ObservedRow};
use super::text::plain;

/// Share of the demand that lies beyond the allowances.
pub(super) const BEYOND: f64 = 0.25;
/// Mean cost of a call that needs no other unit (credits).
const MEAN_COST: (f64, f64) = (0.01, 1e5);
/// Overdraft by allowance.
const OVERDRAFT: f64 = 0.25;
/// What is left by allowance when credits run low.
const LOW: f64 = 0.05;
/// Hours of a month.
const MONTH: f64 = 720.0;

/// Credits of one unit of a size, by its name, before the division by a thousand that tokens take.
fn weight(name: &str) -> f64 {
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if holds(&["out", "completion", "response", "generated"]) {
        4.0
    } else if holds(&["cached"]) {
        0.1
    } else if holds(&["cache_writes"]) {
        1.25
    } else {
        1.0
    }
}

fn is_tokens(feature: &FeatureModel) -> bool {
    feature.sizes.iter().any(|size| size.name.contains("token"))
}

impl FeatureModel {
    /// The cost formula: the history's own spend, or a rate for each size, in credits of a unit.
    pub(super) fn cost(&self, unit: f64) -> String {
        let formula = self.formula();
        match unit {
            1.0 => formula,
            large if large > 1.0 => format!("({formula}) / {}", plain(large)),
            small => format!("({formula}) * {}", plain((1.0 / small).round())),
        }
    }

    fn formula(&self) -> String {
        if let Some((index, worth)) = self.spend {
            let name = &self.sizes[index].name;
            return if worth == 1.0 { name.clone() } else { format!("{} * {name}", plain(worth)) };
        }
        let term = |name: &str| match weight(name) {
            1.0 => name.to_owned(),
            weight => format!("{} * {name}", plain(weight)),
        };
        let terms: Vec<String> = self.sizes.iter().map(|size| term(&size.name)).collect();
        match terms.len() {
            0 => "1".to_owned(),
            _ if is_tokens(self) => format!("({}) / 1000", terms.join(" + ")),
            _ => terms.join(" + "),
        }
    }

    /// What a row costs before the unit; what was not recorded costs nothing.
    pub(super) fn credits(&self, row: &ObservedRow) -> f64 {
        let size = |column: usize| Some(row.sizes[column]).filter(|size| size.is_finite()).unwrap_or(0.0);
        if let Some((index, worth)) = self.spend {
            return row.calls * worth * size(self.sizes[index].column);
        }
        if self.sizes.is_empty() {
            return row.calls;
        }
        let sum: f64 = self.sizes.iter().map(|of| weight(&of.name) * size(of.column)).sum();
        row.calls * if is_tokens(self) { sum / 1000.0 } else { sum }
    }
}

/// One rate formula for every call of a history, in the names of its sizes.
#[derive(Debug, Clone)]
pub(super) struct RateFormula {
    /// The formula.
    pub text: String,
    /// Where it comes from.
    pub about: &'static str,
    /// Credits of one of each size.
    weights: Vec<f64>,
    /// Credits of a call without any size.
    flat: f64,
}

impl RateFormula {
    /// The history's own spend if it has one, else a plain rate for each of its sizes.
    pub(super) fn of(observed: &Observed) -> Self {
        let sizes = &observed.guess.sizes;
        let zero = || vec![0.0; sizes.len()];
        if let Some((index, worth)) = observed.guess.spend {
            let name = &sizes[index].name;
            let (text, about) = match worth {
                1.0 => (name.clone(), "the history's own credits"),
                worth => (
                    format!("{} * {name}", plain(worth)),
                    "the history's own spend, 100 credits for a unit of money",
                ),
            };
            let mut weights = zero();
            weights[index] = worth;
            return RateFormula { text, about, weights, flat: 0.0 };
        }
        let about =
            "a plain rate to begin with; a history has no prices, so change the `cost` lines to yours";
        if sizes.is_empty() {
            return RateFormula { text: "1".to_owned(), about, weights: zero(), flat: 1.0 };
        }
        let weights: Vec<f64> = sizes.iter().map(|size| weight(&size.name)).collect();
        let term = |(size, weight): (&SizeColumns, &f64)| match *weight {
            1.0 => size.name.clone(),
            weight => format!("{} * {}", plain(weight), size.name),
        };
        let sum = sizes.iter().zip(&weights).map(term).collect::<Vec<_>>().join(" + ");
        if sizes.iter().any(|size| size.name.contains("token")) {
            let weights = weights.iter().map(|weight| weight / 1000.0).collect();
            return RateFormula { text: format!("({sum}) / 1000"), about, weights, flat: 0.0 };
        }
        RateFormula { text: sum, about, weights, flat: 0.0 }
    }

    /// Credits of a row; what was not recorded costs nothing.
    pub(super) fn credits(&self, row: &ObservedRow) -> f64 {
        let sizes = row.sizes.iter().zip(&self.weights).filter(|(size, _)| size.is_finite());
        row.calls * (self.flat + sizes.map(|(size, weight)| size * weight).sum::<f64>())
    }
}

/// A power of ten that makes a mean call cost neither next to nothing nor fortunes; 1 where it does already.
pub(super) fn unit(observed: &Observed, features: &[FeatureModel]) -> f64 {
    let credits: f64 = observed.rows.iter().map(|row| features[usize::from(row.feature)].credits(row)).sum();
    let mean = credits / observed.calls();
    if mean <= 0.0 || (MEAN_COST.0..=MEAN_COST.1).contains(&mean) {
        return 1.0;
    }
    libm::pow(10.0, libm::floor(libm::log10(mean)))
}

/// Credits of each row under the scenario's cost lines.
pub(super) fn demand_of_rows<'a>(observed: &'a Observed, model: &'a Model) -> impl Iterator<Item = f64> + 'a {
    observed.rows.iter().map(|row| model.features[usize::from(row.feature)].credits(row) / model.unit)
}

/// Credits that each organization asked for, as the model makes them.
fn demand(observed: &Observed, model: &Model) -> Vec<f64> {
    let mut demand = vec![0.0; observed.organizations as usize];
    for (row, credits) in observed.rows.iter().zip(demand_of_rows(observed, model)) {
        demand[row.organization as usize] += model.scale * credits;
    }
    demand
}

/// As [`demand`], a month. A shorter history lies within its first month.
pub(super) fn monthly(observed: &Observed, model: &Model) -> Vec<f64> {
    let months = (model.frame.hours() / MONTH).max(1.0);
    demand(observed, model).into_iter().map(|credits| credits / months).collect()
}

/// Included credits a month, beyond which a quarter of the demand lies.
pub(super) fn allowance(observed: &Observed, model: &Model) -> f64 {
    two_digits(enough(&monthly(observed, model), BEYOND).clamp(0.01, 1e9))
}

/// The allowance beyond which a share of the demand lies, by bisection.
pub(super) fn enough(demand: &[f64], share: f64) -> f64 {
    let all: f64 = demand.iter().sum();
    let (mut low, mut high) = (0.0, demand.iter().copied().fold(0.0, f64::max));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let beyond: f64 = demand.iter().map(|credits| (credits - middle).max(0.0)).sum();
        if beyond > share * all { low = middle } else { high = middle }
    }
    high
}

/// Rounded to what people would write.
pub(super) fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

/// Policies around an allowance.
pub(super) fn policies(allowance: f64) -> String {
    let mut text = format!(
        "\n# About a quarter of the demand lies beyond this allowance, so that policies differ; change it to yours.\n\
         # Work starts while anything is left.\n[policy]\nadmission = \"positive\"\nshort = \"reject\"\n\
         allowance = {{ credits = {}, every = \"month\" }}\n",
        plain(allowance)
    );
    for policy in POLICIES {
        let about = if policy.about.is_empty() { String::new() } else { format!("# {}\n", policy.about) };
        text += &format!("\n{about}[policies.{}]\n{}", policy.name, (policy.terms)(allowance));
    }
    text + "\n# [thresholds]\n# hold = [\"refusal_rate < 30%\"]\n"
}

/// The same policies at some allowances, each with the allowance's number behind its name.
#[must_use]
pub fn policies_at(allowances: &[f64]) -> String {
    let mut text = String::from("\n[policy]\nadmission = \"positive\"\nshort = \"reject\"\n");
    for (number, allowance) in allowances.iter().enumerate() {
        for policy in POLICIES {
            text += &format!(
                "\n[policies.{}-{number}]\nallowance = {{ credits = {}, every = \"month\" }}\n{}",
                policy.name,
                plain(*allowance),
                (policy.terms)(*allowance)
            );
        }
    }
    text
}

/// A policy of a fitted scenario.
#[derive(Debug)]
pub struct StarterPolicy {
    /// Its name.
    pub name: &'static str,
    about: &'static str,
    /// What it says besides the allowance and that work starts while anything is left.
    terms: fn(f64) -> String,
}

/// The policies that a fitted scenario compares.
pub static POLICIES: &[StarterPolicy] = &[
    StarterPolicy { name: "block", about: "", terms: |_| String::new() },
    StarterPolicy {
        name: "overdraft",
        about: "As `block`, but a quarter of the allowance may be owed.",
        terms: |allowance| format!("short = \"allow\"\noverdraft = {}\n", part(OVERDRAFT * allowance)),
    },
    StarterPolicy {
        name: "hold",
        about: "The expected cost is reserved before work starts.",
        terms: |_| {
            "admission = { hold = { estimate = \"expected\", buffer = 0.2, timeout = \"1 day\" } }\n"
                .to_owned()
        },
    },
    StarterPolicy {
        name: "top-up",
        about: "A quarter of the allowance is bought whenever credits run low, ten times a month at most.",
        terms: |allowance| {
            format!(
                "packages = [{{ name = \"extra\", credits = {}, price = \"1 USD\" }}]  # <- your price\n\
                 top_up = {{ threshold = {}, cooldown = \"1 min\", cap = {{ count = 10, per = \"month\" }} }}\n",
                part(OVERDRAFT * allowance),
                part(LOW * allowance)
            )
        },
    },
];

/// A part of an allowance as it is written.
fn part(credits: f64) -> String {
    plain(two_digits(credits.max(0.001)))
}
