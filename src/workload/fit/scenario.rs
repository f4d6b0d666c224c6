//! A fitted model as the text of a scenario.

use std::fmt::Write as _;

use crate::sampling::Dist;
use crate::workload::demand::{CalendarFactor, Drift};

use super::cohorts::{CohortModel, Rates, UseModel, Visit};
use super::model::{FeatureModel, Model};
use super::observe::Observed;
use super::prices::{allowance, policies};
use super::shape::WeekShape;
use super::text::{ValueForm, key, list, plain, quoted, written};

/// Operations of all replications together that a scenario makes by default.
const MOST_OPERATIONS: f64 = 1e6;
/// Operations that an organization is worth in time.
const ORGANIZATION: f64 = 40.0;

impl Model {
    /// A runnable scenario. `name` is its name, `source` the history's; `notes` go to its head as comments.
    #[must_use]
    pub fn to_toml(&self, observed: &Observed, name: &str, source: &str, notes: &[String]) -> String {
        self.demand_toml(name, source, notes) + &policies(allowance(observed, self))
    }

    /// As [`Model::to_toml`], without policies.
    #[must_use]
    pub fn demand_toml(&self, name: &str, source: &str, notes: &[String]) -> String {
        let source: String = source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut text = format!(
            "# Question: what would these policies have done to the usage in {source}?\n\
             # Covers:   arrivals, sizes, durations, failures and skew between organizations, fitted to that history\n\
             # Expect:   demand like the history's; about a quarter of it lies beyond the allowance\n\
             #\n\
             # {}\n",
            self.about_costs()
        );
        for note in notes {
            let _ = writeln!(text, "{}", format!("# {note}").trim_end());
        }
        let _ = write!(
            text,
            "\nversion      = 1\nname         = {}\nstart        = {}\nend          = {}\nseed         = 1\nreplications = {}\n",
            quoted(name),
            self.start(),
            self.end(),
            self.replications()
        );
        for cohort in &self.cohorts {
            self.write_cohort(&mut text, cohort);
        }
        for feature in &self.features {
            write_feature(&mut text, feature, self.unit);
        }
        text
    }

    fn about_costs(&self) -> &'static str {
        if self.features.iter().any(|feature| feature.spend.is_some_and(|(_, worth)| worth != 1.0)) {
            "Costs: the history's own spend, at 100 credits for a unit of money; change the `cost` lines to your rates."
        } else if self.features.iter().any(|feature| feature.spend.is_some()) {
            "Costs: the history's own credits; change the `cost` lines to other rates."
        } else {
            "Costs: a history has no prices; the `cost` lines are a plain rate to begin with, change them to yours."
        }
    }

    fn replications(&self) -> u32 {
        let calls = self.scale * self.features.iter().map(|feature| feature.calls).sum::<f64>();
        // An organization takes about as long as some operations.
        let organizations: u32 = self.cohorts.iter().map(|cohort| cohort.organizations).sum();
        let work = calls + ORGANIZATION * f64::from(organizations);
        (MOST_OPERATIONS / work.max(1.0)).clamp(3.0, 10.0) as u32
    }

    fn write_cohort(&self, text: &mut String, cohort: &CohortModel) {
        let _ = write!(
            text,
            "\n# {}\n[[cohorts]]\nname = {}\norganizations = {}\n",
            cohort.about,
            quoted(&cohort.name),
            cohort.organizations
        );
        match &cohort.visit {
            None => {}
            Some(Visit::Drawn(first, stay)) => {
                let _ = writeln!(text, "active_from = {}", written(first, ValueForm::Spans));
                let _ = writeln!(text, "active = \"{stay}s\"");
            }
            Some(Visit::Dealt(first, stay)) => {
                let _ = writeln!(text, "active_from = {}\nactive = {}", spans(first), spans(stay));
            }
        }
        if let Some(shape) = &cohort.profile {
            let _ = writeln!(text, "profile = {}", profile(shape));
        }
        if let Some((members, skew)) = &cohort.members {
            let _ = writeln!(
                text,
                "members = {}\nmember_skew = {}",
                written(members, ValueForm::Numbers),
                plain(*skew)
            );
        }
        let uses = || self.features.iter().zip(&cohort.uses);
        if uses().any(|(_, used)| used.is_never()) {
            text.push_str("[cohorts.features]\n");
        }
        for (feature, _) in uses().filter(|(_, used)| used.is_never()) {
            let _ = writeln!(text, "{} = 0", key(&feature.name));
        }
        for (feature, used) in uses().filter(|(_, used)| !used.is_never()) {
            write_use(text, feature, used);
        }
    }
}

fn profile(shape: &WeekShape) -> String {
    match shape {
        WeekShape::Day(hours, week) if week.iter().all(|weight| *weight == 1.0) => {
            format!("{{ hours = {} }}", list(&hours[..]))
        }
        WeekShape::Day(hours, week) => format!("{{ hours = {}, week = {} }}", list(&hours[..]), list(week)),
        WeekShape::Week(hours) => format!("{{ hours = {} }}", list(&hours[..])),
    }
}

/// A list of spans (seconds), in minutes where they are whole ones.
fn spans(seconds: &[f64]) -> String {
    let span = |seconds: &f64| match *seconds {
        whole if whole % 60.0 == 0.0 => format!("\"{} min\"", whole / 60.0),
        other => format!("\"{other}s\""),
    };
    format!("[{}]", seconds.iter().map(span).collect::<Vec<_>>().join(", "))
}

fn drift(drift: Drift) -> String {
    format!("{{ persistence = {}, sd = {} }}", plain(drift.persistence), plain(drift.sd))
}

fn write_use(text: &mut String, feature: &FeatureModel, used: &UseModel) {
    let _ = writeln!(text, "[cohorts.features.{}]", key(&feature.name));
    match &used.rates {
        Rates::Dealt(rates) if rates.len() == 1 && rates[0] > 0.0 => {
            let _ = writeln!(text, "rate = {}", plain(rates[0]));
        }
        Rates::Dealt(rates) => {
            let _ = writeln!(text, "rate = {}", list(rates));
        }
        Rates::Drawn(share, dist) => {
            let _ = writeln!(text, "share = {}\nrate = {}", plain(*share), written(dist, ValueForm::Numbers));
        }
    }
    if let Some(shape) = &used.profile {
        let _ = writeln!(text, "profile = {}", profile(shape));
    }
    if let Some(found) = used.drift {
        let _ = writeln!(text, "drift = {}", drift(found));
    }
    if let Some(cv) = used.cv {
        let _ = writeln!(text, "cv = {}", plain(cv));
    }
    if let Some(calls) = &used.calls {
        let _ = writeln!(text, "calls = {}", written(calls, ValueForm::Numbers));
    }
    for (name, dealt) in &used.quantities {
        let dealt: Vec<String> = dealt.iter().map(|dist| written(dist, ValueForm::Numbers)).collect();
        let _ = match dealt.as_slice() {
            [one] => writeln!(text, "quantities.{} = {one}", key(name)),
            many => writeln!(text, "quantities.{} = [{}]", key(name), many.join(", ")),
        };
    }
}

fn write_feature(text: &mut String, feature: &FeatureModel, unit: f64) {
    let path = key(&feature.name);
    let _ = writeln!(text, "\n# {:.0} calls in the history\n[features.{path}]", feature.calls);
    let cv = match feature.gaps.cv() {
        1.0 => String::new(),
        cv => format!(", cv = {}", plain(cv)),
    };
    let gap = feature.gap.as_ref().map(|gap| format!(", gap = {}", written(gap, ValueForm::Spans)));
    let gap = gap.unwrap_or_default();
    let _ = writeln!(text, "arrivals = {{ exact = \"1/day\"{cv}{gap} }}  # cohorts multiply the rate");
    if !feature.calendar.is_empty() {
        let factors: Vec<String> = feature.calendar.iter().filter_map(calendar).collect();
        let _ = writeln!(text, "calendar = [{}]", factors.join(", "));
    }
    let _ = writeln!(text, "cost = {}  # <- credits of a call", quoted(&feature.cost(unit)));
    if let Some(duration) = &feature.duration {
        let _ =
            writeln!(text, "duration = {}  # {}", written(&duration.dist, ValueForm::Spans), duration.family);
    }
    write_failures(text, feature);
    if feature.sizes.is_empty() {
        return;
    }
    let _ = writeln!(text, "[features.{path}.quantities]");
    for size in &feature.sizes {
        let draw = written(&size.fitted.dist, ValueForm::Numbers);
        let draw = match size.correlation {
            None => draw,
            Some(rho) => {
                format!(
                    "{{ draw = {draw}, with = {}, correlation = {} }}",
                    quoted(&feature.sizes[0].name),
                    plain(rho)
                )
            }
        };
        let _ = writeln!(
            text,
            "{} = {draw}  # {}, KS {:.3}",
            key(&size.name),
            size.fitted.family,
            size.fitted.distance
        );
    }
}

fn write_failures(text: &mut String, feature: &FeatureModel) {
    let failures = &feature.failures;
    if !failures.rate.is_never() {
        let optional = |name: &str, value: Option<String>| {
            value.map(|value| format!(", {name} = {value}")).unwrap_or_default()
        };
        let after = |dist: &Dist| written(dist, ValueForm::Spans);
        let _ = writeln!(
            text,
            "failures = {{ rate = {}, affected = {}{}{} }}",
            plain(failures.rate.get()),
            plain(failures.affected.get().max(failures.rate.get())),
            optional("persistence", failures.persistence.map(|persistence| plain(persistence.get()))),
            optional("after", failures.after.as_ref().map(after))
        );
    }
    if !failures.cancels.is_never() {
        let _ = writeln!(text, "cancels = {}", plain(failures.cancels.get()));
    }
}

/// Growth and windows are the only factors that a fit finds.
fn calendar(factor: &CalendarFactor) -> Option<String> {
    match factor {
        CalendarFactor::Growth { per_month } => Some(format!("{{ growth = {} }}", plain(*per_month))),
        CalendarFactor::Window { from, to, factor } => {
            Some(format!("{{ window = [{from}, {to}], factor = {} }}", plain(*factor)))
        }
        _ => None,
    }
}
