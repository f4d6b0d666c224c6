//! The page of a run: what of its findings stands where.

use crate::experiment::{FEWEST, Findings};
use crate::outcome::Scope;
use crate::scenario::{NumberOrigin, PolicySetting, Provenance, Scenario};

use super::super::answer::Answer;
use super::super::customers::customer_tables;
use super::super::grounds::Grounds;
use super::super::overview::overview;
use super::super::scopes::scope_tables;
use super::super::table::Table;
use super::outcomes::outcomes_section;
use super::settings::settings_section;
use super::{Page, PageBlock, PageCell, PageHead, PageSection, PageTable, PageVerdict};

/// What the page of a run is made of.
#[derive(Debug, Clone, Copy)]
pub struct RunMatter<'m> {
    /// What was simulated.
    pub scenario: &'m Scenario,
    /// What was found.
    pub findings: &'m Findings,
    /// The verdict.
    pub answer: &'m Answer,
    /// The settings of the policies.
    pub settings: &'m [PolicySetting],
    /// Where the numbers of the world come from.
    pub provenance: &'m Provenance,
    /// What the leading comparison rests on, if there is one.
    pub grounds: Option<&'m Grounds>,
    /// Thresholds with their rulings.
    pub thresholds: Option<&'m Table>,
    /// Why fewer replications were run than asked for.
    pub stopped: Option<&'m str>,
    /// The run was interrupted.
    pub partial: bool,
    /// The organization most affected, told.
    pub affected: Option<&'m PageSection>,
    /// The command line that gives the same.
    pub command: &'m str,
}

/// The page of a run, but for pictures and files.
#[must_use]
pub fn run_page(matter: &RunMatter<'_>) -> Page {
    let RunMatter { scenario, findings, answer, .. } = *matter;
    let partial = matter
        .partial
        .then(|| "The run was interrupted: only the replications that were complete are in.".to_owned());
    let lines = answer.lines.iter().map(|line| (Some(line.policy.clone()), line.sentence.text().to_owned()));
    let verdict =
        PageVerdict { heading: answer.heading.clone(), lines: lines.collect(), cautions: answer.notes() };
    let mut sections = Vec::new();
    if let Some(thresholds) = matter.thresholds {
        sections.push(PageSection::new("thresholds", "Thresholds", vec![table(thresholds)]));
    }
    let compared: Vec<PageBlock> =
        overview(findings).iter().chain(&scope_tables(findings, scenario)).map(table).collect();
    sections.push(PageSection::new("comparison", "Comparison", compared));
    // Behind it stand the pictures, which are drawn later.
    sections.push(PageSection::new("pictures", "Pictures", Vec::new()));
    let customers = customer_tables(findings).iter().map(table).collect();
    sections.push(PageSection::new("customers", "Who wins and who loses", customers));
    sections.extend(matter.affected.cloned());
    sections.push(settings_section(matter.settings, &findings.shape().policies, findings.baseline));
    sections.push(outcomes_section(findings));
    sections.push(assumptions_section(matter.provenance, matter.grounds));
    sections.push(method_section(scenario, findings, matter.stopped));
    sections.push(PageSection::new(
        "repeat",
        "Repeat it",
        vec![PageBlock::Command(matter.command.to_owned())],
    ));
    Page {
        made_by: "run".to_owned(),
        scenario: scenario.name.clone(),
        question: scenario.question.clone(),
        facts: facts(scenario, findings),
        partial,
        verdict,
        sections,
    }
}

/// A table of the terminal as one of the page.
pub(super) fn table(table: &Table) -> PageBlock {
    PageBlock::Table(PageTable::from(table))
}

fn facts(scenario: &Scenario, findings: &Findings) -> Vec<String> {
    let replications = findings.measurements.replications();
    let plural = if replications == 1 { "" } else { "s" };
    let what = match findings.measurements.is_resampled() {
        _ if findings.measurements.is_exact() => "exact run",
        true => "resample",
        false => "replication",
    };
    vec![format!("seed {}", scenario.seed), format!("{replications} {what}{plural}")]
}

/// Numbers of the world by where they come from; typed ones first, because they are the weakest.
pub fn assumptions_section(provenance: &Provenance, grounds: Option<&Grounds>) -> PageSection {
    let mut blocks = Vec::new();
    if let Some(grounds) = grounds {
        blocks.push(PageBlock::Words(format!("The leading comparison {}.", grounds.sentence())));
    }
    if !provenance.numbers.is_empty() {
        let mut numbers: Vec<&NumberOrigin> = provenance.numbers.iter().collect();
        numbers.sort_by_key(|number| std::cmp::Reverse(number.origin));
        let head = |label: &str| PageHead { label: label.to_owned(), right: false };
        let row = |number: &&NumberOrigin| {
            [number.key.as_str(), &number.text, number.origin.name()].map(PageCell::text).to_vec()
        };
        let table = PageTable {
            caption: "Numbers of the world".to_owned(),
            heads: ["key", "value", "where from"].map(head).to_vec(),
            rows: numbers.iter().map(row).collect(),
            notes: vec![
                "`assumed`: somebody typed it; `estimated`: by `creditsim fit` from a history; `measured`: a history says it".to_owned(),
            ],
        };
        let summary = match table.rows.len() {
            1 => "1 number of the world".to_owned(),
            count => format!("{count} numbers of the world"),
        };
        blocks.push(PageBlock::Folded { summary, open: false, blocks: vec![PageBlock::Table(table)] });
    }
    PageSection::new("assumptions", "What it rests on", blocks)
}

/// How the numbers came about, and what they do not say.
fn method_section(scenario: &Scenario, findings: &Findings, stopped: Option<&str>) -> PageSection {
    let date = |at| scenario.zone.show(at);
    let organizations = findings.measurements.organizations(Scope::All);
    let mut method = vec![
        format!(
            "{organizations} organizations from {} to {} ({}), outcomes counted from {}.",
            date(scenario.start),
            date(scenario.end),
            scenario.zone.name(),
            date(scenario.measure_from)
        ),
        "Every policy meets the same demand, operation by operation: differences are the policies', not luck's.".to_owned(),
    ];
    method.push(intervals(findings));
    method.extend(stopped.map(|stopped| format!("{stopped}.")));
    let reactive = scenario.reactive_features();
    if !reactive.is_empty() {
        method.push(format!(
            "Clients of {} wait for what their operations really meet, so that their demand differs by policy.",
            reactive.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ));
    }
    let limits = [
        "Nobody's demand reacts to prices or balances, beyond what `reactions`, `budget` and `churn` say; policies that sell more look better than they are.",
        "No policy wins or loses sales: customers are those of the scenario.",
        "Work takes as long as its duration says, however much runs at once.",
        "Prices are net of no taxes and fees; recognized revenue follows use and expiry and is no accounting advice.",
        "An interval holds what chance does within this model. Whether the model is right, it does not know.",
    ];
    method_and_limits(method, &limits, scenario)
}

/// How numbers came about, what the model leaves out, and what made them.
pub(super) fn method_and_limits(method: Vec<String>, limits: &[&str], scenario: &Scenario) -> PageSection {
    let blocks = vec![
        PageBlock::List(method),
        PageBlock::Words("What the model leaves out (more in docs/limits.md):".to_owned()),
        PageBlock::List(limits.iter().map(|&limit| limit.to_owned()).collect()),
        PageBlock::Words(format!(
            "creditsim {}, scenario {}",
            env!("CARGO_PKG_VERSION"),
            &scenario.content_hash[..scenario.content_hash.len().min(12)]
        )),
    ];
    PageSection::new("method", "Method and limits", blocks)
}

fn intervals(findings: &Findings) -> String {
    let replications = findings.measurements.replications();
    match replications {
        _ if findings.measurements.is_exact() => {
            "Nothing in this replay is drawn: it is one exact run, and its differences are exact.".to_owned()
        }
        _ if findings.measurements.is_resampled() => format!(
            "± is the wider side of a 95 % interval by {replications} resamples of the organizations: it speaks for customers like these."
        ),
        1 => "One replication: no intervals and no verdicts.".to_owned(),
        few if few < FEWEST => format!(
            "± is the wider side of a 95 % interval over {few} replications; {FEWEST} are the fewest for a verdict."
        ),
        _ => format!(
            "± is the wider side of a 95 % interval over {replications} replications. Verdicts come from paired differences and hold together with 95 %."
        ),
    }
}
