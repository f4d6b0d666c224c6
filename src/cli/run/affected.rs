//! The organization that a policy changes most, and what its ledger says: for the page of a run.
//!
//! Owns which organization that is. Leaves following it to `followed`. Nothing is drawn that the run has not drawn: the
//! organization's streams are keyed, so that it lives the same life once more.

use std::sync::Arc;

use crate::experiment::Findings;
use crate::outcome::{LargeChange, LargestList, OrganizationChange, OrganizationOutcome};
use crate::report::number::short;
use crate::report::{
    PageBlock, PageCell, PageHead, PageSection, PageTable, Statement, StatementLine, Table, quoted,
};
use crate::workload::PreparedHistory;

use super::super::exit::CommandProblem;
use super::super::followed::{Followed, Following, divergence};
use super::super::progress::count;
use super::Matter;
use super::summary::Summary;

/// Lines of a statement in the page.
const MOST_LINES: usize = 60;

/// Operations that are followed for a page: some seconds and some hundred megabytes.
const MOST_OPERATIONS: u64 = 2_000_000;

/// The section on the organization most affected; none if nobody is affected or nothing is compared.
pub(super) fn affected(
    matter: &Matter,
    named: &str,
    summary: &Summary,
    histories: &[Arc<PreparedHistory>],
) -> Result<Option<PageSection>, CommandProblem> {
    let findings = &summary.findings;
    let Some(found) = most_affected(findings) else { return Ok(None) };
    let shape = findings.shape();
    let outcome =
        OrganizationOutcome { id: found.large.id(), label: found.large.label.clone(), tallies: Vec::new() };
    let name = shape.organization_name(&outcome);
    let policies = [found.policy, findings.baseline].map(|policy| shape.policies[policy].as_str());
    let mut blocks = vec![PageBlock::Words(found.sentence(&name, policies, shape.currency.as_deref()))];
    let replications = u64::from(summary.finished.max(1));
    let expected = summary.ran.progress.operations / replications;
    if expected > MOST_OPERATIONS {
        let what = count(expected as f64);
        blocks.push(PageBlock::Words(format!(
            "Its statement is not here, because a replication has {what} operations, which may be its own."
        )));
    } else {
        let find = |_: &_| Ok(found.large.id());
        let following = Following { find: &find, replication: 0, audit: false };
        let under = |policy: usize| {
            Followed::under(&matter.scenario, policy, (histories, &matter.pseudonyms), following)
        };
        blocks.extend(told(matter, &under(found.policy)?, &under(findings.baseline)?));
    }
    blocks.push(PageBlock::Words("The whole statement, and where the two policies part:".to_owned()));
    blocks.push(PageBlock::Command(explaining(matter, named, &name, policies)));
    Ok(Some(PageSection::new("affected", "The organization most affected", blocks)))
}

/// The commands that tell all of it.
fn explaining(matter: &Matter, named: &str, name: &str, [policy, baseline]: [&str; 2]) -> String {
    let set = matter
        .source
        .overrides()
        .iter()
        .map(|(key, value)| format!(" --set {}", quoted(&format!("{key}={value}"))));
    let lead = format!(
        "creditsim explain {}{} --seed {} --organization {} --policy {}",
        quoted(named),
        set.collect::<String>(),
        matter.scenario.seed,
        quoted(name),
        quoted(policy)
    );
    format!("{lead}\n{lead} --against {}", quoted(baseline))
}

/// A change and the policy that makes it.
struct MostAffected<'f> {
    policy: usize,
    large: &'f LargeChange,
    list: LargestList,
}

/// The largest change for the worse under any policy: of a bill, where there are prices, else of lost work; where nobody is
/// worse off, the largest one for the better.
fn most_affected(findings: &Findings) -> Option<MostAffected<'_>> {
    let customers = findings.measurements.customers();
    let others = || (0..findings.shape().policies.len()).filter(|&policy| policy != findings.baseline);
    let order =
        [LargestList::BillRises, LargestList::LostRises, LargestList::LostFalls, LargestList::BillFalls];
    order.into_iter().find_map(|list| {
        let first = |policy: usize| {
            let large = customers.largest(policy, list).first()?;
            Some(MostAffected { policy, large, list })
        };
        // Of equal ones the first policy's.
        others().filter_map(first).reduce(|best, next| if next.size() > best.size() { next } else { best })
    })
}

impl MostAffected<'_> {
    fn size(&self) -> i128 {
        match self.list {
            LargestList::BillRises | LargestList::BillFalls => self.large.change.bill().unwrap_or(0).abs(),
            LargestList::LostRises | LargestList::LostFalls => self.large.change.lost().abs(),
        }
    }

    fn sentence(&self, name: &str, [policy, baseline]: [&str; 2], currency: Option<&str>) -> String {
        let OrganizationChange { before, after } = self.large.change;
        let credits = |micros: i128| format!("{} credits", short(micros as f64 / 1e6));
        let bill = |nanos: i128| format!("{} {}", short(nanos as f64 / 1e9), currency.unwrap_or_default());
        let lost = match (before.lost, after.lost) {
            (before, after) if before == after => format!("loses as much work ({})", credits(after)),
            (before, after) => format!("loses {} of work instead of {}", credits(after), credits(before)),
        };
        let paid = match (before.bill, after.bill) {
            (Some(before), Some(after)) if before == after => format!("pays the same ({})", bill(after)),
            (Some(before), Some(after)) => format!("pays {} instead of {}", bill(after), bill(before)),
            _ => String::new(),
        };
        let told = [paid, lost].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" and ");
        let which = match self.list {
            LargestList::BillRises => "the largest rise of a bill",
            LargestList::LostRises => "the largest rise of lost work",
            LargestList::LostFalls => "nobody is worse off, and this is the largest gain of work",
            LargestList::BillFalls => "nobody is worse off, and this is the largest fall of a bill",
        };
        format!(
            "`{name}` under `{policy}` {told}, against `{baseline}` in the first replication: {which} under any policy."
        )
    }
}

/// Where the two policies part, what both come to, and the statement from there on.
fn told(matter: &Matter, own: &Followed, base: &Followed) -> Vec<PageBlock> {
    let scenario = &matter.scenario;
    // Fractions of a second are in the whole statement.
    let show = |at| scenario.zone.show(at).split('.').next().unwrap_or_default().to_owned();
    let [told, before] = [own, base].map(Followed::statement);
    let parting: Table = divergence((&own.policy, &told), (&base.policy, &before), &show);
    let mut parted = PageTable::from(&parting);
    parted.notes = parting.notes;
    let folded = PageBlock::Folded {
        summary: format!("Statement under `{}`", own.policy),
        open: false,
        blocks: vec![PageBlock::Table(statement(&told, &before, &own.policy, &show))],
    };
    vec![
        PageBlock::Table(sums(&told, &before, [&own.policy, &base.policy])),
        PageBlock::Table(parted),
        folded,
    ]
}

/// Sums of both statements that differ, by the names of outcomes.
fn sums(told: &Statement, before: &Statement, [policy, baseline]: [&str; 2]) -> PageTable {
    let of = |statement: &Statement, name: &str| {
        let found = statement.totals().iter().find(|(known, _)| *known == name);
        found.map_or(String::new(), |(_, value)| value.clone())
    };
    let mut names: Vec<&str> = told.totals().iter().map(|(name, _)| *name).collect();
    names.extend(before.totals().iter().map(|(name, _)| *name));
    let mut seen = Vec::new();
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(name);
            true
        }
    });
    let cell = |text: String| {
        let number = text.split(' ').next().and_then(|number| number.parse().ok());
        PageCell { value: number, ..PageCell::text(text) }
    };
    let row = |name: &&str| {
        let [base, own] = [before, told].map(|statement| of(statement, name));
        (base != own).then(|| vec![PageCell::text(*name), cell(base), cell(own)])
    };
    let rows: Vec<Vec<PageCell>> = names.iter().filter_map(row).collect();
    let head = |(label, right): (&str, bool)| PageHead { label: label.to_owned(), right };
    PageTable {
        caption: "What both come to, where they differ".to_owned(),
        heads: [("outcome", false), (baseline, true), (policy, true)].map(head).to_vec(),
        rows,
        notes: Vec::new(),
    }
}

/// The lines of a statement from where it parts from another one.
fn statement(
    told: &Statement,
    before: &Statement,
    policy: &str,
    show: &dyn Fn(crate::units::SimTime) -> String,
) -> PageTable {
    let same = |(a, b): &(&StatementLine, &StatementLine)| (a.at, &a.what) == (b.at, &b.what);
    let alike = told.lines().iter().zip(before.lines()).take_while(same).count();
    // The line before shows the balances that both begin with.
    let first = alike.saturating_sub(1);
    let shown = &told.lines()[first..told.lines().len().min(first + MOST_LINES)];
    let heads = [
        ("at", false),
        ("credits", true),
        ("settled", true),
        ("available", true),
        ("debt", true),
        ("what", false),
    ];
    let row = |line: &StatementLine| {
        let number = |credits: crate::units::Credits| PageCell {
            value: Some(credits.micros() as f64),
            ..PageCell::text(credits.to_string())
        };
        let moved = line.credits.map_or(PageCell::default(), number);
        vec![
            PageCell::text(show(line.at)),
            moved,
            number(line.settled),
            number(line.available),
            number(line.debt),
            PageCell::text(&line.what),
        ]
    };
    let more = told.lines().len() - first - shown.len();
    let before = match first {
        0 => String::new(),
        first => format!("{first} lines before it are the same under both policies. "),
    };
    let behind = if more > 0 { format!("{more} lines follow.") } else { String::new() };
    PageTable {
        caption: format!("Statement under {policy}"),
        heads: heads.map(|(label, right)| PageHead { label: label.to_owned(), right }).to_vec(),
        rows: shown.iter().map(row).collect(),
        notes: Some(format!("{before}{behind}")).filter(|note| !note.is_empty()).into_iter().collect(),
    }
}
