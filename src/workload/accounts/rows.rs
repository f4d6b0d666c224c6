//! From rows to accounts: a row says as much of its organization as its cells do.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sampling::hash_name;
use crate::units::{Category, Credits, Money, SimTime};
use crate::workload::history::{
    ChosenColumns, Columns, GatheredProblems, HistoryError, HistoryProblems, HistorySpec, HistoryTable,
    Number, OtherGroups, its_columns, number, time,
};

use super::columns::AccountPlaces;
use super::{
    AccountBook, AccountsSpec, WrittenAccount, WrittenBalance, WrittenLimit, WrittenMember, WrittenOwner,
};

/// Largest number of a cell (credits, money, room of a limit).
const MOST: f64 = 1e12;
/// The categories, in the order of the columns that name them.
const CATEGORIES: [Category; 3] = [Category::Included, Category::Purchased, Category::Promotional];

/// Reads a file of accounts.
///
/// # Errors
/// Everything in it that is not what it should be (of many alike the first, and how many more), with file, line and column; or the
/// disk's.
pub fn read_accounts(spec: &AccountsSpec) -> Result<AccountBook, HistoryProblems> {
    let mut chosen = ChosenColumns::default();
    let places = AccountPlaces::choose(&spec.columns, &mut chosen);
    let names = chosen.0;
    let file = HistorySpec {
        path: spec.path.clone(),
        bundled: spec.bundled,
        most_text: spec.most_text,
        format: spec.format,
        columns: Columns { lenient: true, ..Columns::default() },
        ..HistorySpec::default()
    };
    let mut table = HistoryTable::open(&file, &names)?;
    if let Some(header) = table.header()
        && places.organization.iter().all(|column| table.lacks(*column))
    {
        let columns = spec.columns.organization.join("` or `");
        let what = format!("has no column `{columns}`{}", its_columns(header));
        let hint = "`organization` names the column that says whose account it is";
        return Err(HistoryError::row(&spec.path, 1, what).with_hint(hint).into());
    }
    let mut reading =
        Reading { spec, names, places, said: BTreeMap::new(), problems: GatheredProblems::default() };
    loop {
        match table.advance() {
            Ok(true) => reading.row(&table),
            Ok(false) => break,
            Err(error) if error.is_world() => return Err(error.into()),
            Err(error) => reading.problems.add(error),
        }
    }
    reading.finish(&table)
}

/// What one organization's rows have said so far.
#[derive(Debug, Default)]
struct AccountSaid {
    account: WrittenAccount,
    /// Lines in which plan, sign-up and debt were first said.
    first: [Option<u64>; 3],
}

/// The rows of a file as they are read.
struct Reading<'a> {
    spec: &'a AccountsSpec,
    names: Vec<String>,
    places: AccountPlaces,
    said: BTreeMap<String, AccountSaid>,
    problems: GatheredProblems,
}

impl Reading<'_> {
    fn row(&mut self, table: &HistoryTable) {
        let Some((_, label)) = cell(table, &self.places.organization) else {
            let error = self.error(table, "names no organization");
            self.problems.add(error);
            return;
        };
        let label = label.to_owned();
        let mut said = self.said.remove(&label).unwrap_or_default();
        said.account.label.clone_from(&label);
        self.whole(table, &mut said);
        let balances = self.balances(table);
        said.account.balances.extend(balances);
        self.member_and_limit(table, &mut said.account);
        self.said.insert(label, said);
    }

    /// What is said of the organization as a whole; rows may repeat it, but say nothing else.
    fn whole(&mut self, table: &HistoryTable, said: &mut AccountSaid) {
        let AccountSaid { account, first } = said;
        if let Some((column, text)) = cell(table, &self.places.plan) {
            let mapped = self.spec.plans.iter().find(|(value, _)| value == text);
            let plan: Arc<str> = mapped.map_or(text, |(_, plan)| plan.as_str()).into();
            if self.agrees(
                table,
                column,
                account.plan.as_ref().is_none_or(|(known, _)| *known == plan),
                &mut first[0],
            ) {
                account.plan.get_or_insert((plan, table.line));
            }
        }
        if let Some((column, at)) = self.instant(table, &self.places.signed_up.clone())
            && self.agrees(table, column, account.signed_up.is_none_or(|known| known == at), &mut first[1])
        {
            account.signed_up = Some(at);
        }
        if let Some((column, debt)) =
            self.number(table, &self.places.debt.clone(), "credits owed, at least 0")
        {
            let debt = Credits::from_f64(debt);
            if self.agrees(table, column, account.debt.is_none_or(|known| known == debt), &mut first[2]) {
                account.debt = Some(debt);
            }
        }
    }

    /// Tells a value that parts from what an earlier row has said.
    fn agrees(&mut self, table: &HistoryTable, column: usize, agrees: bool, first: &mut Option<u64>) -> bool {
        if agrees {
            first.get_or_insert(table.line);
        } else {
            let earlier = first.unwrap_or(1);
            let what = format!("is `{}`, and something else in line {earlier}", table.cell(column));
            let error = self.error(table, what).in_column(&self.names[column]);
            self.problems.add(error.wanting("one value for each organization"));
        }
        agrees
    }

    /// The balances of a row.
    fn balances(&mut self, table: &HistoryTable) -> Vec<WrittenBalance> {
        const WANTED: &str = "credits, at least 0";
        let mut balances = Vec::new();
        let plain = |category, credits| WrittenBalance {
            category,
            credits: Credits::from_f64(credits),
            granted: None,
            expires: None,
            price: Money::ZERO,
        };
        for (category, columns) in CATEGORIES.into_iter().zip(self.places.balances.clone()) {
            if let Some((_, credits)) = self.number(table, &columns, WANTED) {
                balances.push(plain(category, credits));
            }
        }
        let category = self.category(table);
        let credits = self.number(table, &self.places.credits.clone(), WANTED);
        let granted = self.instant(table, &self.places.granted.clone());
        let expires = self.instant(table, &self.places.expires.clone());
        let price = self.number(table, &self.places.price.clone(), "what was paid, at least 0");
        match (category, credits) {
            (Some(category), Some((_, credits))) => balances.push(WrittenBalance {
                granted: granted.map(|(_, at)| at),
                expires: expires.map(|(_, at)| at),
                price: price.map_or(Money::ZERO, |(_, price)| Money::from_f64(price)),
                ..plain(category, credits)
            }),
            (None, Some((column, _))) if cell(table, &self.places.category).is_none() => {
                let error = self.error(table, "has a balance of no category").in_column(&self.names[column]);
                self.problems.add(error.wanting(CATEGORY));
            }
            (category, None) => {
                let alone = granted.or(expires).map(|(column, _)| column).or(price.map(|(column, _)| column));
                let alone =
                    alone.or(category.and(cell(table, &self.places.category).map(|(column, _)| column)));
                if let Some(column) = alone.filter(|_| cell(table, &self.places.credits).is_none()) {
                    let what = format!("is `{}`, of no credits", table.cell(column));
                    let error = self.error(table, what).in_column(&self.names[column]);
                    self.problems.add(error.with_hint("`credits` says how many are left"));
                }
            }
            _ => {}
        }
        balances
    }

    fn category(&mut self, table: &HistoryTable) -> Option<Category> {
        let (column, text) = cell(table, &self.places.category)?;
        let known = match text.to_ascii_lowercase().as_str() {
            "included" => Some(Category::Included),
            "purchased" | "paid" => Some(Category::Purchased),
            "promotional" | "promo" => Some(Category::Promotional),
            _ => None,
        };
        if known.is_none() {
            let error = self.bad(table, column).wanting(CATEGORY);
            self.problems.add(error);
        }
        known
    }

    /// A person, a limit, or the limit of a person or of a group.
    fn member_and_limit(&mut self, table: &HistoryTable, account: &mut WrittenAccount) {
        let member = cell(table, &self.places.member).map(|(_, name)| hash_name(name));
        let group = self.group(table);
        if let Some(label) = member {
            self.add_member(table, account, WrittenMember { label, group });
        }
        let limit = cell(table, &self.places.limit).map(|(column, name)| (column, Arc::<str>::from(name)));
        let Some((column, name)) = limit else {
            if let Some((column, text)) = cell(table, &self.places.amount) {
                let error =
                    self.error(table, format!("is `{text}`, of no limit")).in_column(&self.names[column]);
                self.problems.add(error.with_hint("`limit` names the limit that stands otherwise"));
            }
            if let (Some((column, text)), None) = (cell(table, &self.places.group), member) {
                let what = format!("is `{text}`, of nobody");
                let error = self.error(table, what).in_column(&self.names[column]);
                self.problems
                    .add(error.with_hint("`member` names a person of the group, `limit` a limit for it"));
            }
            return;
        };
        let owner = match (member, group) {
            (Some(label), _) => WrittenOwner::Member(label),
            (None, Some(group)) => WrittenOwner::Group(group),
            // A group that is none was told.
            (None, None) if cell(table, &self.places.group).is_some() => return,
            (None, None) => WrittenOwner::Organization,
        };
        let Some(amount) = self.amount(table, column) else { return };
        if account.limits.iter().any(|known| known.name == name && known.owner == owner) {
            let error =
                self.error(table, format!("is `{name}`, which an earlier line says for the same owner"));
            self.problems.add(error.in_column(&self.names[column]).wanting("one amount for each owner"));
            return;
        }
        account.limits.push(WrittenLimit { name, line: table.line, owner, amount });
    }

    fn add_member(&mut self, table: &HistoryTable, account: &mut WrittenAccount, member: WrittenMember) {
        let Some(known) = account.members.iter_mut().find(|known| known.label == member.label) else {
            account.members.push(member);
            return;
        };
        match (known.group, member.group) {
            (Some(known), Some(group)) if known != group => {
                let Some((column, _)) = cell(table, &self.places.group) else { return };
                let error =
                    self.bad(table, column).wanting("the group that earlier lines name for this member");
                self.problems.add(error);
            }
            _ => known.group = known.group.or(member.group),
        }
    }

    fn group(&mut self, table: &HistoryTable) -> Option<u16> {
        let (column, value) = cell(table, &self.places.group)?;
        let known = self.spec.groups.map.iter().find(|(known, _)| known == value);
        match (known, self.spec.groups.other) {
            (Some(&(_, group)), _) | (None, OtherGroups::Are(group)) => Some(group),
            (None, OtherGroups::None) => None,
            (None, OtherGroups::Refuse) => {
                let names: Vec<&str> = self.spec.groups.map.iter().map(|(name, _)| name.as_str()).collect();
                let wanted = if names.is_empty() {
                    "a group, of which there are none".to_owned()
                } else {
                    format!("a group, one of: {}", names.join(", "))
                };
                let hint =
                    "`groups` of `accounts`, of the cohort or of its history name the groups there are";
                let error = self.bad(table, column).wanting(&wanted).with_hint(hint);
                self.problems.add(error);
                None
            }
        }
    }

    /// How much a limit has room for; outside none if it is no amount.
    fn amount(&mut self, table: &HistoryTable, limit: usize) -> Option<Option<f64>> {
        const WANTED: &str = "an amount in the limit's unit, or none";
        match cell(table, &self.places.amount) {
            Some((_, text)) if text.eq_ignore_ascii_case("none") => Some(None),
            Some(_) => {
                self.number(table, &self.places.amount.clone(), WANTED).map(|(_, amount)| Some(amount))
            }
            None => {
                let what = format!("is `{}`, without an amount", table.cell(limit));
                let error = self.error(table, what).in_column(&self.names[limit]).wanting(WANTED);
                self.problems.add(error);
                None
            }
        }
    }

    /// The number in one of the columns, and which that is; none if it is empty or was told.
    fn number(&mut self, table: &HistoryTable, columns: &[usize], wanted: &str) -> Option<(usize, f64)> {
        let (column, text) = cell(table, columns)?;
        match number(text) {
            Number::Is(value) if (0.0..=MOST).contains(&value) => return Some((column, value)),
            Number::Is(value) if value < 0.0 => {
                let error = self.bad(table, column).wanting(wanted);
                self.problems.add(error.with_hint("what an organization owes is `debt`"));
            }
            Number::Empty => {}
            Number::Is(_) | Number::Not => {
                let error = self.bad(table, column).wanting(wanted);
                self.problems.add(error);
            }
        }
        None
    }

    fn instant(&mut self, table: &HistoryTable, columns: &[usize]) -> Option<(usize, SimTime)> {
        const WANTED: &str =
            "a time: ISO 8601 such as 2025-01-31 or 2025-01-31T10:00:00Z, or a number since 1970";
        let (column, text) = cell(table, columns)?;
        let found = time(text, &self.spec.zone).map(|(at, _)| (column, at));
        if found.is_none() {
            let error = self.bad(table, column).wanting(WANTED);
            self.problems.add(error);
        }
        found
    }

    fn error(&self, table: &HistoryTable, what: impl Into<String>) -> HistoryError {
        HistoryError::row(&self.spec.path, table.line, what)
    }

    fn bad(&self, table: &HistoryTable, column: usize) -> HistoryError {
        self.error(table, format!("is `{}`", table.cell(column))).in_column(&self.names[column])
    }

    fn finish(mut self, table: &HistoryTable) -> Result<AccountBook, HistoryProblems> {
        if self.said.is_empty() && self.problems.is_empty() {
            self.problems.add(HistoryError::row(&self.spec.path, 1, "holds no account"));
        }
        self.problems.finish()?;
        Ok(AccountBook {
            accounts: self.said.into_values().map(|said| said.account).collect(),
            unread: table.unread(),
            sha256: table.content().sha256,
        })
    }
}

/// What a row's balance may be.
const CATEGORY: &str = "a category: included, purchased or promotional";

/// The first of several columns that is not empty, and what it holds.
fn cell<'t>(table: &'t HistoryTable, columns: &[usize]) -> Option<(usize, &'t str)> {
    columns.iter().map(|column| (*column, table.cell(*column))).find(|(_, text)| !text.is_empty())
}
