//! A back-test for people and files: what comes out, what differs and why.
//!
//! Owns its sentences and tables. Leaves the comparison to `experiment`. Invariant: amounts are written from integers.

mod amounts;
mod tables;

use serde_json::{Map, Value, json};

use crate::experiment::backtest::{
    BackTest, BackTestJudgement, BackTestLine, BilledInvoices, LineStanding, MEASURES, QuantityScore,
    amount_text,
};
use crate::units::visible;

use super::look::{Look, hung};
use super::number::{exact, rough};
use super::table::{Format, Table, pretty};
use super::{render_tables, wrapped};

use amounts::{Amounts, counted};

/// Name of the file with every line.
pub const BACKTEST_FILE: &str = "backtest.csv";

/// A back-test and what is told of it.
#[derive(Debug, Clone)]
pub struct BackTestReport<'a> {
    /// The comparison.
    pub test: &'a BackTest,
    /// What was read.
    pub invoices: &'a BilledInvoices,
    /// The scenario's name.
    pub scenario: String,
    /// The policy in force.
    pub policy: String,
    /// Name of the file of bills.
    pub file: String,
    /// First day and the day after the last.
    pub span: (String, String),
    /// Organizations that are replayed.
    pub organizations: u64,
    /// ISO code of the scenario's money.
    pub currency: Option<String>,
    /// Conditions, judged.
    pub judgements: Vec<BackTestJudgement>,
    /// What to know before relying on it.
    pub cautions: Vec<String>,
    /// How many of the largest differences are shown.
    pub shown: usize,
}

/// Names that are listed in one sentence.
const LISTED: usize = 8;

impl BackTestReport<'_> {
    /// In the form asked for.
    #[must_use]
    pub fn render(&self, format: Format, look: Look) -> String {
        match format {
            Format::Csv => self.lines().to_csv(),
            Format::Json => pretty(&self.to_json()),
            Format::Text => format!("{}\n{}", self.head(look), render_tables(&self.tables(), format, look)),
            Format::Markdown => {
                let inline = |text: &str| visible(text).replace('<', "&lt;");
                let said = self
                    .sentences()
                    .into_iter()
                    .map(|(name, said)| format!("- **{name}** {}\n", inline(&said)));
                let cautions = self.cautions.iter().map(|caution| format!("- {}\n", inline(caution)));
                let head: String = said.chain(cautions).collect();
                format!(
                    "### Back-test\n\n{}\n\n{head}\n{}",
                    inline(&self.heading()),
                    render_tables(&self.tables(), format, look)
                )
            }
        }
    }

    fn tables(&self) -> Vec<Table> {
        let tables = [self.months(), self.causes(), self.largest(), self.conditions()];
        tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn heading(&self) -> String {
        format!(
            "`{}`, {}, {} to {}, against {}",
            self.policy,
            counted(self.organizations, "organization"),
            self.span.0,
            self.span.1,
            self.file
        )
    }

    /// Sentences for a terminal.
    fn head(&self, look: Look) -> String {
        use anstyle::{AnsiColor, Effects, Style};
        let bold = Style::new().effects(Effects::BOLD);
        let doubtful = bold.fg_color(Some(AnsiColor::Yellow.into()));
        let heading = wrapped(&visible(&format!("Back-test ({})", self.heading())), look.width);
        let mut out = heading.replacen("Back-test", &look.paint("Back-test", bold), 1) + "\n";
        let sentences = self.sentences();
        let width = sentences.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, said) in &sentences {
            let gap = " ".repeat(width - name.len());
            let said = hung(&visible(said), look.width, width + 4);
            out += &format!("  {}{gap}  {said}\n", look.paint(name, bold));
        }
        for (index, caution) in self.cautions.iter().chain(&self.strangers()).enumerate() {
            let lead = if index == 0 { "Cautions:" } else { "         " };
            out += &format!(
                "{} {}\n",
                look.paint(lead, doubtful),
                hung(&visible(caution), look.width, lead.len() + 1)
            );
        }
        out
    }

    /// What comes out of each quantity.
    fn sentences(&self) -> Vec<(&'static str, String)> {
        self.test.scores.iter().map(|score| (score.quantity.name(), self.sentence(score))).collect()
    }

    fn sentence(&self, score: &QuantityScore) -> String {
        if score.compared_rows == 0 {
            return match score.quantity {
                crate::experiment::backtest::BilledQuantity::Invoiced if self.currency.is_none() => {
                    "not compared: the scenario has no price".to_owned()
                }
                _ => "not compared: the replay and the file have no month of an organization in common"
                    .to_owned(),
            };
        }
        let amounts = self.amounts();
        let share = |name: &str| {
            score.measure(name).map_or("n/a".to_owned(), |share| format!("{} %", rough(share * 100.0)))
        };
        let sum = |amount: i128| amounts.with_unit(score.quantity, amount);
        let within = match self.test.setting.within {
            0.0 => String::new(),
            within => format!(", {} within {} %", share("within_share"), rough(within * 100.0)),
        };
        let change = match score.billed {
            0 => String::new(),
            billed => {
                let change = (score.replayed - billed) as f64 / billed.abs() as f64 * 100.0;
                if score.replayed == billed {
                    String::new()
                } else {
                    format!(" ({}{} %)", if change > 0.0 { "+" } else { "" }, rough(change))
                }
            }
        };
        let rows = format!("{} of {}", score.exact_rows, counted(score.rows, "organization-month"));
        let sums = match score.billed == score.replayed {
            true => format!("in sum {}", sum(score.billed)),
            false => format!("in sum {} billed, {} replayed{change}", sum(score.billed), sum(score.replayed)),
        };
        match score.billed_size {
            0 => format!("nothing is billed; {rows} come out exactly; {sums}"),
            _ => format!("{} of the bill comes out exactly ({rows}){within}; {sums}", share("exact_share")),
        }
    }

    /// What one side has alone.
    fn strangers(&self) -> Vec<String> {
        let mut said = Vec::new();
        let test = self.test;
        let list = |names: Vec<String>| {
            let more = names.len().saturating_sub(LISTED);
            let shown = names.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
            if more > 0 { format!("{shown} and {more} more (all in {BACKTEST_FILE})") } else { shown }
        };
        if !test.unknown.is_empty() {
            let named = |(name, close): &(String, Option<String>)| match close {
                Some(close) => format!("`{name}` (`{close}`?)"),
                None => format!("`{name}`"),
            };
            let names = list(test.unknown.iter().map(named).collect());
            let count = counted(test.unknown.len() as u64, "organization");
            said.push(format!("{count} of the file not in the replay: {names}"));
        }
        if !test.unbilled.is_empty() {
            let names = list(test.unbilled.iter().map(|name| format!("`{name}`")).collect());
            let count = counted(test.unbilled.len() as u64, "organization");
            said.push(format!("{count} of the replay not in the file: {names}"));
        }
        let of = |standing: LineStanding| {
            let months: std::collections::BTreeSet<_> = test
                .lines
                .iter()
                .filter(|line| line.standing == standing)
                .map(|line| (&line.organization, line.month))
                .collect();
            months.len() as u64
        };
        let months: std::collections::BTreeSet<String> = test
            .lines
            .iter()
            .filter(|line| line.standing == LineStanding::OutsideReplay)
            .map(|line| line.month.to_string())
            .collect();
        if !months.is_empty() {
            let count = counted(of(LineStanding::OutsideReplay), "organization-month");
            said.push(format!(
                "{count} of the file outside the replay: {}",
                list(months.into_iter().collect())
            ));
        }
        let alone = of(LineStanding::NotBilled);
        if alone > 0 {
            let sums = test.scores.iter().filter(|score| score.unbilled_size > 0);
            let amounts = self.amounts();
            let sums: Vec<String> = sums
                .map(|score| {
                    format!(
                        "{} {}",
                        amounts.with_unit(score.quantity, score.unbilled_size),
                        score.quantity.name()
                    )
                })
                .collect();
            let count = counted(alone, "organization-month");
            said.push(format!("the replay has {count} that the file does not state: {}", sums.join(", ")));
        }
        said
    }

    fn amounts(&self) -> Amounts<'_> {
        Amounts { columns: &self.test.columns, currency: self.currency.as_deref() }
    }

    fn to_json(&self) -> Value {
        let score = |score: &QuantityScore| {
            let text = |amount: i128| amount_text(score.quantity, amount);
            let measures: Map<String, Value> =
                MEASURES.iter().map(|(name, _)| ((*name).to_owned(), json!(score.measure(name)))).collect();
            json!({
                "quantity": score.quantity.name(),
                "unit": self.amounts().unit(score.quantity),
                "column": self.test.columns.get(&score.quantity).map(|column| column.name.clone()),
                "rows": score.rows,
                "compared_rows": score.compared_rows,
                "exact_rows": score.exact_rows,
                "within_rows": score.within_rows,
                "billed": text(score.billed),
                "replayed": text(score.replayed),
                "measures": measures,
            })
        };
        let differs = |line: &&BackTestLine| line.standing != LineStanding::Exact;
        let lines = Table {
            rows: self.test.lines.iter().filter(differs).map(|line| self.row(line)).collect(),
            ..self.lines()
        };
        json!({
            "scenario": self.scenario,
            "policy": self.policy,
            "from": self.span.0,
            "to": self.span.1,
            "actual": {
                "file": self.file,
                "sha256": self.invoices.content.sha256,
                "rows": self.invoices.rows,
                "added_rows": self.invoices.added,
                "unread_columns": self.invoices.unread,
            },
            "within": self.test.setting.within,
            "closed_month": self.test.setting.closed_month,
            "bill": self.test.bill().map(|quantity| quantity.name()),
            "scores": self.test.scores.iter().map(score).collect::<Vec<_>>(),
            "months": counted_rows(&self.months()),
            "causes": counted_rows(&self.causes()),
            "differences": lines.to_json()["rows"],
            "unknown_organizations": self.test.unknown.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "unbilled_organizations": self.test.unbilled,
            "cautions": self.cautions,
            "conditions": self.judgements.iter().map(|own| json!({
                "condition": own.text,
                "found": own.found.map(|found| exact(found).parse::<f64>().unwrap_or(found)),
                "ruling": own.ruling.name(),
            })).collect::<Vec<_>>(),
        })
    }
}

/// Rows of a table, whose counts are whole numbers.
fn counted_rows(table: &Table) -> Value {
    let mut rows = table.to_json()["rows"].take();
    for row in rows.as_array_mut().into_iter().flatten() {
        for name in ["rows", "exact"] {
            if let Some(count) = row[name].as_f64() {
                row[name] = json!(count as u64);
            }
        }
    }
    rows
}
