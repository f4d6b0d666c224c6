//! A scenario file as lines that can be left out.

use std::fmt::Write as _;

/// Where a line stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Head,
    Cohort,
    CohortGrant,
    Operation,
    Feature(usize),
    Policy,
    PolicyGrant,
    Plan,
    PlanChange,
    RuleChange,
    Outage,
    TopUp,
    Alert,
    Limit,
    LimitReset,
}

/// A scenario as lines that can be left out.
#[derive(Debug, Clone)]
pub struct File {
    pub head: String,
    pub lines: Vec<(Place, String)>,
}

impl File {
    /// The file's text.
    pub fn text(&self) -> String {
        let of = |place: Place| {
            self.lines.iter().filter(move |(at, _)| *at == place).map(|(_, line)| line.as_str())
        };
        let mut text = self.head.clone();
        let lines =
            |text: &mut String, place: Place| of(place).for_each(|line| writeln!(text, "{line}").unwrap());
        lines(&mut text, Place::Head);
        text.push_str("\n[[cohorts]]\nname = \"one\"\n");
        lines(&mut text, Place::Cohort);
        let list = |text: &mut String, key: &str, place: Place| {
            let all: Vec<&str> = of(place).collect();
            if !all.is_empty() {
                writeln!(text, "{key} = [\n  {},\n]", all.join(",\n  ")).unwrap();
            }
        };
        list(&mut text, "grants", Place::CohortGrant);
        list(&mut text, "operations", Place::Operation);
        for (feature, name) in FEATURES.iter().enumerate() {
            writeln!(text, "\n[features.{name}]").unwrap();
            lines(&mut text, Place::Feature(feature));
        }
        text.push_str("\n[policies.judged]\n");
        lines(&mut text, Place::Policy);
        list(&mut text, "grants", Place::PolicyGrant);
        list(&mut text, "plan_changes", Place::PlanChange);
        list(&mut text, "changes", Place::RuleChange);
        list(&mut text, "top_ups", Place::TopUp);
        list(&mut text, "alerts", Place::Alert);
        list(&mut text, "limits", Place::Limit);
        list(&mut text, "resets", Place::LimitReset);
        if self.lines.iter().any(|(at, _)| *at == Place::PlanChange || *at == Place::Plan) {
            text.push_str(
                "plan = \"first\"\n\n[policies.judged.plans.first]\n\n[policies.judged.plans.second]\n",
            );
            lines(&mut text, Place::Plan);
        }
        for line in of(Place::Outage) {
            writeln!(text, "\n[[outages]]\n{line}").unwrap();
        }
        text
    }
}

pub const FEATURES: [&str; 3] = ["chat", "agent", "image"];
