//! What was asked, in one canonical form: the same question gives the same words, however it was typed.
//!
//! Threads, layout, the output folder, forms of printing and quiet are no part of it, because results do not depend on
//! them.

use crate::report::Question;
use crate::scenario::{Scenario, ScenarioSource};

use super::arguments::{
    BackTestArguments, OptimizeArguments, RowsOption, RunArguments, SensitivityArguments, SweepArguments,
};
use super::rows::RowsForm;

/// A command in canonical form.
pub(super) struct Asked {
    command: &'static str,
    options: Vec<String>,
}

impl Asked {
    /// `run`, with the scenario as it is going to be run. `of_file` is how many policies its file has.
    pub fn run(arguments: &RunArguments, scenario: &Scenario, of_file: usize) -> Self {
        let mut asked = Asked::new("run", scenario);
        asked.policies(scenario, of_file);
        asked.flag("--quick", arguments.quick);
        if let Some(time) = arguments.time {
            asked.value("--time", format!("{} ms", time.as_millis()));
        }
        asked.optional("--bootstrap", arguments.bootstrap);
        let repeats = arguments.bootstrap.is_none() && scenario.precision.is_none();
        if repeats && (arguments.time.is_none() || arguments.replications.is_some()) {
            asked.value("--replications", scenario.replications);
        }
        asked.each("--until", &arguments.until);
        if !arguments.until.is_empty() {
            asked.value("--most-replications", arguments.most_replications);
        }
        asked.flag("--free", arguments.free && arguments.wants(RowsOption::Operations));
        asked.optional("--organization", arguments.organization.as_ref());
        match arguments.rows_format {
            RowsForm::Csv => {}
            RowsForm::CsvGz => asked.value("--rows-format", "csv.gz"),
            RowsForm::Parquet => asked.value("--rows-format", "parquet"),
        }
        asked.each("--threshold", &arguments.thresholds);
        for (rows, name) in [
            (RowsOption::Cycles, "cycles"),
            (RowsOption::LimitAccounts, "limit-accounts"),
            (RowsOption::Operations, "operations"),
            (RowsOption::Journal, "journal"),
        ] {
            if arguments.wants(rows) {
                asked.value("--rows", name);
            }
        }
        asked.flag("--no-organizations", arguments.no_organizations);
        asked.flag("--audit", arguments.audit);
        asked.flag("--png", arguments.png);
        asked
    }

    pub fn sweep(arguments: &SweepArguments, scenario: &Scenario, of_file: usize) -> Self {
        let mut asked = Asked::new("sweep", scenario);
        asked.each("--vary", &arguments.vary);
        asked.flag("--match", arguments.matched);
        asked.optional("--lhs", arguments.lhs);
        asked.each("--objectives", &arguments.objectives);
        asked.each("--outcomes", &arguments.outcomes);
        asked.policies(scenario, of_file);
        asked.flag("--quick", arguments.trial.quick);
        asked.value("--replications", scenario.replications);
        asked.flag("--scopes", arguments.scopes);
        asked.flag("--png", arguments.trial.png);
        asked
    }

    pub fn optimize(arguments: &OptimizeArguments, scenario: &Scenario, of_file: usize) -> Self {
        let mut asked = Asked::new("optimize", scenario);
        asked.optional("--minimize", arguments.minimize.as_ref());
        asked.optional("--maximize", arguments.maximize.as_ref());
        asked.each("--subject-to", &arguments.conditions);
        asked.each("--over", &arguments.over);
        asked.optional("--points", arguments.points);
        asked.optional("--budget", arguments.budget);
        if arguments.within != 0.0 {
            asked.value("--within", arguments.within);
        }
        asked.policies(scenario, of_file);
        asked.flag("--quick", arguments.trial.quick);
        asked.flag("--png", arguments.trial.png);
        asked
    }

    pub fn sensitivity(arguments: &SensitivityArguments, scenario: &Scenario) -> Self {
        let mut asked = Asked::new("sensitivity", scenario);
        asked.value("--metric", &arguments.metric);
        asked.value("--factor", arguments.factor);
        asked.each("--only", &arguments.only);
        asked.optional("--morris", arguments.morris);
        asked.each("--policy", &arguments.policies);
        asked.flag("--quick", arguments.trial.quick);
        asked.value("--replications", scenario.replications);
        asked.flag("--png", arguments.trial.png);
        asked
    }

    /// `backtest` of one policy.
    pub fn backtest(arguments: &BackTestArguments, scenario: &Scenario, policy: &str) -> Self {
        let mut asked = Asked::new("backtest", scenario);
        asked.value("--actual", arguments.actual.display());
        asked.optional("--scenario", arguments.scenario.as_ref());
        asked.value("--policy", policy);
        for (own, column) in &arguments.columns {
            asked.value("--column", format!("{own}={column}"));
        }
        asked.value("--within", arguments.within);
        asked.flag("--closed-month", arguments.closed_month);
        asked.each("--require", &arguments.require);
        asked.value("--differences", arguments.differences);
        asked
    }

    fn new(command: &'static str, scenario: &Scenario) -> Self {
        let mut asked = Asked { command, options: Vec::new() };
        asked.value("--seed", scenario.seed);
        asked
    }

    fn flag(&mut self, name: &str, given: bool) {
        self.options.extend(given.then(|| name.to_owned()));
    }

    fn value(&mut self, name: &str, value: impl ToString) {
        self.options.extend([name.to_owned(), value.to_string()]);
    }

    fn optional(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    fn each(&mut self, name: &str, values: &[String]) {
        values.iter().for_each(|value| self.value(name, value));
    }

    fn policies(&mut self, scenario: &Scenario, of_file: usize) {
        if scenario.policies.len() < of_file {
            scenario.policies.iter().for_each(|policy| self.value("--policy", &policy.name));
        }
    }

    /// The question as far as it is known before usage histories are read; those are named by the reading of them.
    pub fn question(&self, source: &ScenarioSource, scenario: &Scenario) -> Question {
        Question::new(self.command, scenario.seed)
            .with("scenario", source.text_hash())
            .with("overrides", overrides(source))
            .with("options", self.options.clone())
    }

    /// The command's name.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// The command line, word by word, without the program's name.
    pub fn words(&self, named: &str, source: &ScenarioSource) -> Vec<String> {
        let set = overrides(source).into_iter().flat_map(|set| [String::from("--set"), set]);
        [self.command, named].into_iter().map(str::to_owned).chain(set).chain(self.options.clone()).collect()
    }
}

/// `KEY=VALUE`, as they are typed.
fn overrides(source: &ScenarioSource) -> Vec<String> {
    source.overrides().iter().map(|(key, value)| format!("{key}={value}")).collect()
}
