//! The ledger of one account as a statement that people read: one line an event, the balances after each.
//!
//! Owns the grouping of journal entries into lines, their order and their sums. Leaves the sentences to `words`, and
//! where the journal comes from to its caller. Invariants: every entry is told or part of a line; the sums are those of
//! the entries, so that they can be compared with the outcomes of the same account.

mod sums;
mod track;
mod usage;
mod words;

pub use usage::{UsageKey, usage_table};

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::outcome::{Entry, EntryKind, Reason};
use crate::units::{Category, Credits, FeatureIndex, Money, SimTime, visible};

use super::rows::{kind_name, member_name, quantities};
use super::table::{Cell, Column, Table};
use sums::JournalSums;
use track::BalanceTrack;

/// What the sentences need besides the journal.
#[derive(Debug, Clone, Default)]
pub struct StatementFacts {
    /// Organization and policy.
    pub title: String,
    /// Features in file order.
    pub features: Vec<String>,
    /// Plans of the policy in file order.
    pub plans: Vec<PlanWords>,
    /// ISO code of all money.
    pub currency: String,
    /// Per feature: names of the quantities of its operations.
    pub quantities: Vec<Vec<String>>,
    /// Names of the policy's limits.
    pub limits: Vec<String>,
    /// Per feature: what prices its operations besides its own cost, by the number of the rate; nothing of features that no card
    /// prices.
    pub rates: Vec<Vec<String>>,
    /// Their values, by feature and number of the operation.
    pub measured: BTreeMap<(FeatureIndex, u32), Box<[f64]>>,
    /// Whom credits are for, by the number of their scope from 1.
    pub scopes: Vec<ScopeWords>,
    /// Names of the scenario's groups, by their numbers.
    pub group_names: Vec<String>,
    /// Groups of the organization's members by their numbers.
    pub groups: BTreeMap<u16, String>,
}

/// Whom credits are for in the words of the scenario.
#[derive(Debug, Clone, Default)]
pub struct ScopeWords {
    /// ` for \`chat\` of group \`law\``; nothing if all features and groups are inside.
    pub whom: String,
    /// `member`, `project` or `group` if each has a lot; nothing if the organization has one.
    pub owner: &'static str,
    /// Names of owners by their numbers, if they have names.
    pub names: Vec<String>,
}

/// The rules of a plan in the words of the scenario.
#[derive(Debug, Clone, Default)]
pub struct PlanWords {
    /// Its name.
    pub name: String,
    /// Features in file order.
    pub features: Vec<FeatureWords>,
}

/// The rules of a feature in the words of the scenario.
#[derive(Debug, Clone, Copy, Default)]
pub struct FeatureWords {
    /// `start`, `step`, `segment`, `completion`.
    pub charge: &'static str,
    /// `charge-recorded`, `charge-all`, `free`.
    pub on_cancel: &'static str,
    /// `charge-finished`, `charge-all`, `free`.
    pub on_failure: &'static str,
    /// `finish`, `stop-at-step`, `kill`.
    pub in_flight: &'static str,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// When.
    pub at: SimTime,
    /// Credits that came (positive) or went (negative); none if nothing moved.
    pub credits: Option<Credits>,
    /// Usable credits less debt, after the line.
    pub settled: Credits,
    /// Settled less open holds.
    pub available: Credits,
    /// Settled less usage incurred but not yet recorded.
    pub ongoing: Credits,
    /// Debt.
    pub debt: Credits,
    /// Debt is taken off, usable lots are counted; what is left of all lots by category, in the order of `Category::ALL`.
    pub by_category: [Credits; 3],
    /// What was moved, and for whom.
    pub about: LineFacts,
    /// What happened.
    pub what: String,
}

/// What a line is about, in columns; empty where it does not apply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// The word of the entry in `journal.csv`.
    pub kind: String,
    /// The feature.
    pub feature: String,
    /// Number of the operation within its feature.
    pub operation: String,
    /// Number of the member, `none` if no person asked.
    pub member: String,
    /// The member's group.
    pub group: String,
    /// The project.
    pub project: String,
    /// Category of the lots that credits came from or went to; several are joined by `+`.
    pub category: String,
    /// Ids of their grants, likewise.
    pub grant: String,
    /// Quantities of the operation: `tokens_in=1200;tokens_out=300`.
    pub quantities: String,
    /// Money that moved, without its currency; empty where it is not known.
    pub money: String,
}

/// A whole statement.
#[derive(Debug, Clone)]
pub struct Statement {
    title: String,
    lines: Vec<StatementLine>,
    totals: Vec<(&'static str, String)>,
}

impl Statement {
    /// Tells a journal. The totals count from the entry at which outcomes begin to count.
    #[must_use]
    pub fn new(facts: &StatementFacts, journal: &[Entry]) -> Statement {
        let mut teller = words::Teller::new(facts);
        let (mut lines, mut unrecorded) = (Vec::new(), Unrecorded::default());
        let (mut track, mut before) = (BalanceTrack::default(), Credits::ZERO);
        let mut rest = journal;
        while let [first, behind @ ..] = rest {
            let (group, behind) = behind.split_at(followers(first, behind));
            let last = group.last().unwrap_or(first);
            unrecorded.take(first);
            std::iter::once(first).chain(group).for_each(|entry| track.take(entry));
            if behind.first().is_none_or(|next| next.at != first.at) {
                track.settle(last);
            }
            if let Some(what) = teller.tell(first, group) {
                let settled = track.settled();
                lines.push(StatementLine {
                    at: first.at,
                    credits: Some(settled - before).filter(|moved| !moved.is_zero()),
                    settled,
                    available: settled - (last.settled_after - last.available_after),
                    ongoing: settled - unrecorded.sum,
                    debt: track.debt(),
                    by_category: track.by_category(),
                    about: facts.about(first, group),
                    what,
                });
                before = settled;
            }
            rest = behind;
        }
        Statement {
            title: facts.title.clone(),
            lines,
            totals: JournalSums::of(journal).named(&facts.currency),
        }
    }

    /// Leaves the lines of `[from, to)`, with the balances brought forward on a line of their own.
    pub fn keep(&mut self, from: SimTime, to: SimTime) {
        let before = self.lines.partition_point(|line| line.at < from);
        let brought = self.lines[..before].last().map(|last| StatementLine {
            at: from,
            credits: None,
            about: LineFacts::default(),
            what: String::from("brought forward"),
            ..last.clone()
        });
        self.lines.retain(|line| line.at >= from && line.at < to);
        if let Some(brought) = brought {
            self.lines.insert(0, brought);
        }
    }

    /// Its lines in order.
    #[must_use]
    pub fn lines(&self) -> &[StatementLine] {
        &self.lines
    }

    /// Sums by the names that outcomes have.
    #[must_use]
    pub fn totals(&self) -> &[(&'static str, String)] {
        &self.totals
    }

    /// For a terminal: a heading a day, then its lines. `show` writes an instant as `DATE TIME`.
    #[must_use]
    pub fn to_text(&self, show: &dyn Fn(SimTime) -> String) -> String {
        let mut out = format!("{}\n\n", visible(&self.title));
        let heads = ["credits", "settled", "available", "ongoing"];
        let numbers: Vec<[String; 4]> = self.lines.iter().map(numbers).collect();
        let width = |column: usize| {
            let widest = numbers.iter().map(|row| row[column].len()).max().unwrap_or(0);
            widest.max(heads[column].len())
        };
        let widths: [usize; 4] = std::array::from_fn(width);
        let row = |time: &str, cells: [&str; 4], what: &str| {
            let mut line = format!("{time:<8}");
            for (cell, width) in cells.iter().zip(widths) {
                write!(line, "  {cell:>width$}").expect("writing to a string does not fail");
            }
            line += "  ";
            line += what;
            format!("{}\n", line.trim_end())
        };
        let mut day = String::new();
        out += &row("", heads, "");
        for (line, numbers) in self.lines.iter().zip(&numbers) {
            let shown = show(line.at);
            let (date, time) = shown.split_once(' ').unwrap_or((&shown, ""));
            if day != date {
                day = date.to_owned();
                out += &format!("{day}\n");
            }
            let [credits, settled, available, ongoing] = numbers;
            let debt = if line.debt.is_zero() { String::new() } else { format!(" [debt {}]", line.debt) };
            out +=
                &row(time, [credits, settled, available, ongoing], &format!("{}{debt}", visible(&line.what)));
        }
        out.push('\n');
        out + &self.totals_table().to_text()
    }

    /// One row a line.
    #[must_use]
    pub fn to_table(&self) -> Table {
        let columns = ["credits", "settled", "available", "ongoing", "debt"].map(Column::numbers);
        let mut all = vec![Column::words("at")];
        all.extend(columns);
        all.extend(Category::ALL.map(|category| Column::numbers(category.name())));
        all.extend(LINE_COLUMNS.map(Column::words));
        all.push(Column::words("what"));
        let mut table = Table::new(self.title.clone(), all);
        let row = |line: &StatementLine| {
            let [credits, settled, available, ongoing] = numbers(line);
            let debt = line.debt.to_string();
            let mut cells = vec![line.at.to_string(), credits, settled, available, ongoing, debt];
            cells.extend(line.by_category.map(|credits| credits.to_string()));
            cells.extend(line.about.cells());
            cells.push(line.what.clone());
            cells.into_iter().map(Cell::Text).collect()
        };
        table.rows = self.lines.iter().map(row).collect();
        table
    }

    /// Sums by the names of outcomes.
    #[must_use]
    pub fn totals_table(&self) -> Table {
        let columns = vec![Column::words("outcome"), Column::numbers("value")];
        let mut table = Table::new("Since outcomes count", columns);
        let row = |(name, value): &(&'static str, String)| vec![Cell::text(*name), Cell::text(value.clone())];
        table.rows = self.totals.iter().map(row).collect();
        table
    }
}

/// Columns of what a line is about.
const LINE_COLUMNS: [&str; 10] = [
    "kind",
    "feature",
    "operation",
    "member",
    "group",
    "project",
    "category",
    "grant",
    "quantities",
    "money",
];

impl LineFacts {
    fn cells(&self) -> [String; 10] {
        let LineFacts {
            kind,
            feature,
            operation,
            member,
            group,
            project,
            category,
            grant,
            quantities,
            money,
        } = self.clone();
        [kind, feature, operation, member, group, project, category, grant, quantities, money]
    }
}

impl StatementFacts {
    fn feature_name(&self, entry: &Entry) -> Option<String> {
        self.features.get(entry.feature?.index()).cloned()
    }

    /// What the line of an entry and those that are part of it is about.
    fn about(&self, first: &Entry, group: &[Entry]) -> LineFacts {
        let mut about = LineFacts { kind: kind_name(first), ..LineFacts::default() };
        if let Some(feature) = first.feature {
            about.feature = self.feature_name(first).unwrap_or_default();
            about.operation = first.operation.to_string();
            about.member = member_name(first.member);
            about.group = self.groups.get(&first.member).cloned().unwrap_or_default();
            about.project = first.project.to_string();
            about.quantities = self.quantities_of(feature, first.operation);
        }
        let (mut categories, mut grants): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
        for entry in std::iter::once(first).chain(group).filter(|entry| entry.grant != 0 && entry.lot != 0) {
            let (category, grant) = (entry.category.name(), entry.grant.to_string());
            categories.extend((!categories.contains(&category)).then_some(category));
            grants.extend((!grants.contains(&grant)).then_some(grant));
        }
        (about.category, about.grant) = (categories.join("+"), grants.join("+"));
        let known = first.reason != Reason::Unpriced && first.money != Money::ZERO;
        about.money = if known { first.money.to_string() } else { String::new() };
        about
    }

    fn quantities_of(&self, feature: FeatureIndex, operation: u32) -> String {
        let measured = self.measured.get(&(feature, operation)).map(|values| &values[..]);
        quantities(self.quantities.get(feature.index()).zip(measured))
    }
}

fn numbers(line: &StatementLine) -> [String; 4] {
    let credits = line.credits.map_or_else(String::new, |credits| match credits.is_positive() {
        true => format!("+{credits}"),
        false => credits.to_string(),
    });
    [credits, line.settled.to_string(), line.available.to_string(), line.ongoing.to_string()]
}

/// How many of the entries behind `first` are part of its line.
fn followers(first: &Entry, behind: &[Entry]) -> usize {
    let same = |entry: &Entry| {
        (entry.feature, entry.operation, entry.segment) == (first.feature, first.operation, first.segment)
    };
    let part = |entry: &&Entry| match first.kind {
        EntryKind::Charge => matches!(entry.kind, EntryKind::Burn | EntryKind::DebtIncurred) && same(entry),
        EntryKind::Refund => {
            let refunds = [
                EntryKind::RefundBurn,
                EntryKind::RefundDebt,
                EntryKind::RefundRepaid,
                EntryKind::RefundInvoiced,
                EntryKind::RefundForgiven,
                EntryKind::RefundIssued,
            ];
            refunds.contains(&entry.kind) && same(entry)
        }
        EntryKind::Repay => entry.kind == EntryKind::Repay,
        EntryKind::OpeningUsed => entry.kind == EntryKind::OpeningGrant && entry.lot == first.lot,
        EntryKind::Demanded => entry.kind == EntryKind::Start && same(entry),
        _ => false,
    };
    let most =
        if matches!(first.kind, EntryKind::OpeningUsed | EntryKind::Demanded) { 1 } else { usize::MAX };
    behind.iter().take(most).take_while(part).count()
}

/// Usage incurred and not yet recorded.
#[derive(Debug, Default)]
struct Unrecorded {
    open: Vec<(Option<u16>, u32, u16)>,
    sum: Credits,
}

impl Unrecorded {
    fn take(&mut self, entry: &Entry) {
        let key = (entry.feature.map(|feature| feature.0), entry.operation, entry.segment);
        match entry.kind {
            EntryKind::Incurred => {
                self.open.push(key);
                self.sum += entry.credits;
            }
            EntryKind::Charge => {
                if let Some(index) = self.open.iter().position(|open| *open == key) {
                    self.open.swap_remove(index);
                    self.sum -= entry.credits;
                }
            }
            _ => {}
        }
    }
}
