//! A fitted model as demand and populations, and as the text of a scenario.

use std::fmt::Write as _;

use crate::sampling::Dist;
use crate::units::{CohortIndex, Probability, SimSpan};
use crate::workload::demand::{Amount, Arrivals, Demand, Modulation, Quantity, Scope, Shape, Work};
use crate::workload::formula::Formula;
use crate::workload::profile::Profile;
use crate::workload::traits::{FeatureUse, Population, SignUp};

use super::model::{CohortModel, FeatureModel, GapFamily, Model};

/// One call a day: cohorts multiply it.
const BASE: f64 = 1.0 / 86_400.0;

impl FeatureModel {
    /// A cost that people can replace: the sum of the sizes, in thousands for tokens.
    fn cost(&self) -> String {
        let names: Vec<&str> = self.sizes.iter().map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            [] => "1".to_owned(),
            names if names.iter().any(|name| name.contains("token")) => {
                format!(
                    "({}) / 1000",
                    names.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(" + ")
                )
            }
            names => names.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(" + "),
        }
    }

    /// The feature's demand.
    #[must_use]
    pub fn demand(&self) -> Demand {
        let quantities: Vec<Quantity> = self
            .sizes
            .iter()
            .map(|(name, fitted)| Quantity {
                name: identifier(name),
                dist: fitted.dist.clone(),
                scope: Scope::Step,
                correlation: None,
            })
            .collect();
        let names = Work::formula_names(quantities.iter().map(|quantity| quantity.name.as_str()));
        let cost = Formula::compile(&self.cost(), &names).map_or_else(|_| Amount::default(), Amount::Formula);
        let duration =
            self.duration.as_ref().map_or_else(Amount::default, |fitted| Amount::Drawn(fitted.dist.clone()));
        Demand {
            arrivals: match self.gaps {
                GapFamily::Poisson => Arrivals::Poisson { rate: BASE },
                GapFamily::Gamma(cv) => Arrivals::Gamma { rate: BASE, cv },
                GapFamily::Weibull(cv) => Arrivals::Weibull { rate: BASE, cv },
            },
            modulation: Modulation { drift: self.drift, ..Modulation::default() },
            work: Work { quantities, shape: Shape::Simple { cost, duration }, cache: None },
            failures: self.failures.clone(),
            ..Demand::default()
        }
    }
}

impl CohortModel {
    /// The cohort's population.
    #[must_use]
    pub fn population(&self, model: &Model, index: usize) -> Population {
        let feature = |(name, (share, factor)): (&FeatureModel, &(f64, Dist))| FeatureUse {
            name: name.name.clone(),
            share: Probability::new(*share).unwrap_or_default(),
            factor: factor.clone(),
        };
        Population {
            name: self.name.clone(),
            cohort: CohortIndex(index as u16),
            start: model.start,
            signed_up: self.visit.as_ref().map_or(SignUp::AtStart, |(first, _)| SignUp::After(first.clone())),
            lifetime: self.visit.as_ref().map(|(_, stay)| Dist::Fixed(*stay)),
            profile: self.profile.as_ref().and_then(|(day, week)| Profile::of_day_and_week(day, week)),
            features: model.features.iter().zip(&self.uses).map(feature).collect(),
            ..Population::default()
        }
    }
}

impl Model {
    /// The end of the horizon.
    #[must_use]
    pub fn end(&self) -> crate::units::SimTime {
        self.start + SimSpan::from_micros(self.hours as i64 * SimSpan::HOUR.micros())
    }

    /// The text of a runnable scenario; `name` is its name, `source` the history's.
    #[must_use]
    pub fn to_toml(&self, name: &str, source: &str) -> String {
        let mut text = String::new();
        let _ = write!(
            text,
            "# Question: what would these policies have done to the usage in {source}?\n\
             # Covers:   arrivals, sizes, durations, failures and skew, fitted to that history\n\
             # Expect:   demand that looks like the history; costs and policies are placeholders to replace\n"
        );
        for warning in &self.warnings {
            let _ = writeln!(text, "# Warning:  {warning}");
        }
        let _ = write!(
            text,
            "version      = 1\nname         = {name:?}\nstart        = {}\nend          = {}\nseed         = 1\nreplications = 5\n",
            self.start,
            self.end()
        );
        for cohort in &self.cohorts {
            self.write_cohort(&mut text, cohort);
        }
        for feature in &self.features {
            write_feature(&mut text, feature);
        }
        text.push_str(POLICIES);
        text
    }

    fn write_cohort(&self, text: &mut String, cohort: &CohortModel) {
        let _ = write!(
            text,
            "\n[[cohorts]]\nname = {:?}\norganizations = {}\n",
            cohort.name, cohort.organizations
        );
        if let Some((first, stay)) = &cohort.visit {
            let _ = writeln!(text, "signed_up = {{ after = {} }}", written(first, true));
            let _ = writeln!(text, "lifetime = \"{stay}s\"");
        }
        if let Some((day, week)) = &cohort.profile {
            let _ = writeln!(text, "profile = {{ hours = {day:?}, week = {week:?} }}");
        }
        text.push_str("[cohorts.features]\n");
        for (feature, (share, rate)) in self.features.iter().zip(&cohort.uses) {
            let _ = writeln!(
                text,
                "{:?} = {{ share = {share:?}, rate = {} }}",
                feature.name,
                written(rate, false)
            );
        }
    }
}

/// Two policies to begin with.
const POLICIES: &str = "\n[policy]\nallowance = { credits = 100, every = \"month\" }\n\n[policies.open]\nadmission = \"none\"\n\n\
    [policies.block]\nadmission = \"positive\"\nshort = \"reject\"\n";

fn write_feature(text: &mut String, feature: &FeatureModel) {
    let _ = writeln!(text, "\n[features.{:?}]", feature.name);
    let process = match feature.gaps {
        GapFamily::Poisson => "poisson = \"1/day\"".to_owned(),
        GapFamily::Gamma(cv) => format!("gamma = \"1/day\", cv = {cv:?}"),
        GapFamily::Weibull(cv) => format!("weibull = \"1/day\", cv = {cv:?}"),
    };
    let drift = feature
        .drift
        .map(|drift| format!(", drift = {{ persistence = {:?}, sd = {:?} }}", drift.persistence, drift.sd));
    let _ = writeln!(text, "arrivals = {{ {process}{} }}", drift.unwrap_or_default());
    let _ = writeln!(text, "cost = {:?}", feature.cost());
    if let Some(duration) = &feature.duration {
        let _ = writeln!(text, "duration = {}", written(&duration.dist, true));
    }
    let failures = &feature.failures;
    if !failures.rate.is_never() {
        let persistence =
            failures.persistence.map(|p| format!(", persistence = {:?}", p.get())).unwrap_or_default();
        let (rate, affected) = (failures.rate.get(), failures.affected.get());
        let _ = writeln!(text, "failures = {{ rate = {rate:?}, affected = {affected:?}{persistence} }}");
    }
    if !feature.sizes.is_empty() {
        let _ = writeln!(text, "[features.{:?}.quantities]", feature.name);
        for (name, fitted) in &feature.sizes {
            let _ = writeln!(
                text,
                "{} = {}  # {}, KS {:.3}",
                identifier(name),
                written(&fitted.dist, false),
                fitted.family,
                fitted.distance
            );
        }
    }
}

/// A column's name as a formula can use it.
fn identifier(name: &str) -> String {
    let mut identifier: String =
        name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if identifier.starts_with(|c: char| c.is_ascii_digit()) || identifier.is_empty() {
        identifier.insert(0, '_');
    }
    identifier
}

/// A distribution as a scenario writes it; only the forms that a fit makes.
fn written(dist: &Dist, spans: bool) -> String {
    let value = |value: f64| if spans { format!("\"{}s\"", value.max(0.0)) } else { format!("{value:?}") };
    let list = |values: Vec<String>| format!("[{}]", values.join(", "));
    match dist {
        Dist::Fixed(fixed) => value(*fixed),
        Dist::Exponential { mean } => format!("{{ exponential = {} }}", value(*mean)),
        Dist::LogNormal { mu, sigma } => {
            format!(
                "{{ lognormal = {{ mu = {:?}, sigma = {:?} }} }}",
                super::families::four_digits(*mu),
                super::families::four_digits(*sigma)
            )
        }
        Dist::Gamma { shape, scale } => {
            format!("{{ gamma = {{ shape = {shape:?}, scale = {} }} }}", value(*scale))
        }
        Dist::Weibull { shape, scale } => {
            format!("{{ weibull = {{ shape = {shape:?}, scale = {} }} }}", value(*scale))
        }
        Dist::Discrete(discrete) => {
            let pairs = discrete.pairs().map(|(of, share)| format!("[{}, {share:?}]", value(of))).collect();
            format!("{{ discrete = {} }}", list(pairs))
        }
        Dist::Empirical(values) => {
            format!("{{ empirical = {} }}", list(values.iter().map(|of| value(*of)).collect()))
        }
        Dist::Quantiles(table) => {
            let knots = table.knots().iter().map(|(p, of)| format!("[{p:?}, {}]", value(*of))).collect();
            format!("{{ quantiles = {} }}", list(knots))
        }
        other => value(other.mean()),
    }
}
