//! Reads `accounts` of a cohort: a file of accounts as they are, joined to a history by label.
//!
//! Owns the key, and what the file's words mean for policies. Leaves cells to `workload`, and who opens with what to `organization`.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::policy::{
    CreditScope, Expiry, GrantSpec, LimitOwner, OwnAccount, OwnLimit, OwnLimitOwner, Policy,
};
use crate::units::Category;
use crate::workload::{
    AccountBook, AccountColumns, AccountsSpec, HistoryAccounts, HistoryFormat, HistorySpec, OtherAccounts,
    WrittenAccount, WrittenBalance, WrittenLimit, WrittenOwner, read_accounts,
};

use super::base::NoFile;
use super::facts::Facts;
use super::history;
use super::model::Cohort;
use super::reading::{
    Item, Kind, Problem, Reader, Section, TableShape, default, optional, required, words, words_of,
};

/// The key's kind: a file, or how it is read.
pub(super) const ACCOUNTS_KIND: Kind = Kind::Either(&[Kind::Text, Kind::Table(&ACCOUNTS)]);

const NAMES: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]);

static ACCOUNTS: TableShape = TableShape {
    name: "accounts",
    doc: "A file of accounts as they are; a row says as much of its organization as its cells do.",
    tags: &[],
    parts: &[&[
        required("file", Kind::Text, "CSV, JSONL or JSON, plain or gzip; relative to the scenario's folder."),
        default(
            "format",
            Kind::Words(words_of_format),
            "\"auto\"",
            "How it is written, as that of histories.",
        ),
        optional(
            "time_zone",
            Kind::Text,
            "IANA name of the zone of instants without an offset; UTC if left out.",
        ),
        optional(
            "organization",
            NAMES,
            "Column of the organization, as the history names it; `organization`, `account`, `customer` and the like if left out.",
        ),
        optional("plan", NAMES, "Column of the plan; `plan` or `tier` if left out."),
        optional(
            "plans",
            Kind::Map("value", &Kind::Text),
            "Plans by the values of that column; values that are names of plans need no entry.",
        ),
        optional("signed_up", NAMES, "Column of the sign-up; `signed_up` if left out."),
        optional("debt", NAMES, "Column of the credits owed; `debt` if left out."),
        optional(
            "category",
            NAMES,
            "Column of a balance's category: included, purchased, promotional; `category` if left out.",
        ),
        optional(
            "credits",
            NAMES,
            "Column of the balance; `credits` or `balance` if left out. Columns `included`, `purchased`, `promotional` are balances too.",
        ),
        optional("granted", NAMES, "Column of the instant at which it was given; `granted` if left out."),
        optional("expires", NAMES, "Column of the instant at which it is gone; `expires` if left out."),
        optional(
            "price",
            NAMES,
            "Column of what was paid for what is left of it, in the scenario's currency; `price` if left out.",
        ),
        optional("member", NAMES, "Column of a person; `member`, `user` or `email` if left out."),
        optional(
            "group",
            NAMES,
            "Column of that person's group, or of the group that a limit is for; `group` or `cost_center` if left out.",
        ),
        optional(
            "groups",
            Kind::Either(&[Kind::List(&Kind::Text), Kind::Map("value", &Kind::Text)]),
            "As that of histories.",
        ),
        default("other_groups", Kind::Text, "\"refuse\"", "As that of histories."),
        optional("limit", NAMES, "Column of a limit that stands otherwise; `limit` if left out."),
        optional("amount", NAMES, "Column of how much it has room for; `amount` if left out."),
        default(
            "others",
            Kind::Words(words_of_others),
            "\"refuse\"",
            "Organizations of the history that have no account: refused, or \"as cohort\".",
        ),
    ]],
};

words!(OtherAccounts { "refuse" => Refuse, "as cohort" => AsCohort });

fn words_of_others() -> Vec<&'static str> {
    words_of::<OtherAccounts>()
}

fn words_of_format() -> Vec<&'static str> {
    words_of::<HistoryFormat>()
}

/// The accounts of a cohort, and what becomes of others.
#[derive(Debug, Clone)]
pub struct CohortAccounts {
    /// What the file says.
    pub book: Arc<AccountBook>,
    /// What that means for policies, in the same order; empty until these are read.
    pub own: Arc<[OwnAccount]>,
    /// Organizations of the history that have no account.
    pub others: OtherAccounts,
    /// The file.
    pub file: String,
}

/// Reads the file.
pub(super) fn read(item: Item<'_>, facts: Facts<'_>) -> Option<CohortAccounts> {
    let spec = if item.is_table() { in_full(item, facts)? } else { by_name(item, facts)? };
    match read_accounts(&spec) {
        Ok(book) => {
            if !book.unread.is_empty() {
                let what = format!("has columns that nothing is taken from: {}", book.unread.join(", "));
                let hint =
                    "`accounts = { file = …, expires = \"COLUMN\" }` names columns that are called otherwise";
                item.reader.caution(&item.node.place, what, hint);
            }
            let file = spec.path.display().to_string();
            Some(CohortAccounts { own: Arc::new([]), others: spec.others, file, book: Arc::new(book) })
        }
        Err(problems) => {
            history::tell(item, problems, "be read");
            None
        }
    }
}

fn by_name(item: Item<'_>, facts: Facts<'_>) -> Option<AccountsSpec> {
    let file = item.text()?;
    match found(item.reader, &file, facts) {
        Ok(spec) => Some(spec),
        Err((what, hint)) => item.error(what, Some(hint.to_owned())),
    }
}

/// A file of which nothing is said but its name. It is held in memory, as columns of files are, and counts as one of those.
fn found(reader: &Reader, file: &str, facts: Facts<'_>) -> Result<AccountsSpec, NoFile> {
    let ((path, bundled), most_text) = reader.column_file(file)?;
    let groups = history::groups_by_name(facts);
    Ok(AccountsSpec { path, bundled, most_text, groups, ..AccountsSpec::default() })
}

fn in_full(item: Item<'_>, facts: Facts<'_>) -> Option<AccountsSpec> {
    let section = item.section(&ACCOUNTS)?;
    let file = section.read("file", Item::text)?;
    let spec = match found(item.reader, &file, facts) {
        Ok(spec) => spec,
        Err((what, hint)) => {
            section.error("file", what, Some(hint));
            return None;
        }
    };
    let texts = |entries: Vec<(&str, Item<'_>)>| {
        entries.into_iter().filter_map(|(value, item)| Some((value.to_owned(), item.text()?))).collect()
    };
    Some(AccountsSpec {
        format: section.value("format", Item::word),
        columns: columns(section),
        groups: history::groups(section, facts),
        plans: section.get("plans").and_then(Item::entries).map(texts).unwrap_or_default(),
        zone: section.value("time_zone", Item::zone),
        others: section.value("others", Item::word),
        ..spec
    })
}

fn columns(section: Section<'_>) -> AccountColumns {
    let mut columns = AccountColumns::default();
    let names = |key: &str, columns: &mut Vec<String>| {
        if let Some(names) = section.read(key, |item| item.one_or_many(Item::text)) {
            *columns = names;
        }
    };
    names("organization", &mut columns.organization);
    names("plan", &mut columns.plan);
    names("signed_up", &mut columns.signed_up);
    names("debt", &mut columns.debt);
    names("category", &mut columns.category);
    names("credits", &mut columns.credits);
    names("granted", &mut columns.granted);
    names("expires", &mut columns.expires);
    names("price", &mut columns.price);
    names("member", &mut columns.member);
    names("group", &mut columns.group);
    names("limit", &mut columns.limit);
    names("amount", &mut columns.amount);
    columns
}

/// Joins the accounts of all cohorts to policies and histories.
pub(super) fn join(
    reader: &Reader,
    cohorts: &mut [Cohort],
    policies: &[Policy],
    histories: &mut [HistorySpec],
) {
    for cohort in cohorts {
        let Some(accounts) = &mut cohort.accounts else { continue };
        settle(reader, accounts, policies);
        if let Some(history) = cohort.history.and_then(|index| histories.get_mut(index)) {
            history.accounts = Some(HistoryAccounts {
                labels: accounts.book.accounts.iter().map(|account| account.label.clone()).collect(),
                file: accounts.file.clone(),
                others: accounts.others,
            });
        }
    }
}

/// A hash of the scenario's bytes and of the files of accounts that it names.
pub(super) fn content_hash(scenario: String, cohorts: &[Cohort]) -> String {
    let files: Vec<&str> =
        cohorts.iter().flat_map(|cohort| &cohort.accounts).map(|own| own.book.sha256.as_str()).collect();
    if files.is_empty() {
        return scenario;
    }
    let mut digest = Sha256::new();
    digest.update(scenario);
    files.iter().for_each(|file| digest.update(file));
    crate::units::hex(&digest.finalize())
}

/// What the files say means for policies: plans and limits that no policy has are told.
fn settle(reader: &Reader, accounts: &mut CohortAccounts, policies: &[Policy]) {
    let known = KnownNames { reader, file: &accounts.file, policies };
    let mut told = Vec::new();
    for account in &accounts.book.accounts {
        known.plan(account, &mut told);
        account.limits.iter().for_each(|limit| known.limit(limit, &mut told));
    }
    accounts.own = accounts.book.accounts.iter().map(own_account).collect();
}

/// What files of accounts may name.
struct KnownNames<'a> {
    reader: &'a Reader,
    file: &'a str,
    policies: &'a [Policy],
}

impl KnownNames<'_> {
    /// Tells a problem, once for all rows in which it is.
    fn tell(&self, told: &mut Vec<String>, (line, key): (u64, &str), what: String, wanted: String) {
        if told.contains(&what) {
            return;
        }
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let problem = Problem::of_file(self.file, line, what.clone());
        self.reader.report(Problem { key: key.to_owned(), wanted: Some(wanted), ..problem });
        told.push(what);
    }

    /// A policy that has plans has the account's.
    fn plan(&self, account: &WrittenAccount, told: &mut Vec<String>) {
        let Some((plan, line)) = &account.plan else { return };
        for policy in self.policies {
            let named = || policy.plans.iter().take(policy.named_plans()).map(|terms| terms.plan.as_str());
            if named().count() > 1 && !named().any(|name| *name == **plan) {
                let what = format!("is `{plan}`, which is no plan of policy `{}`", policy.name);
                let plans = named().collect::<Vec<_>>().join(", ");
                self.tell(
                    told,
                    (*line, "plan"),
                    what,
                    format!("a plan, one of: {plans}; or an entry of `plans`"),
                );
            }
        }
    }

    /// Some policy has the limit, and meters for whom it is said.
    fn limit(&self, limit: &WrittenLimit, told: &mut Vec<String>) {
        let limits = || self.policies.iter().flat_map(|policy| &policy.plans).flat_map(|terms| &terms.limits);
        let own = || limits().filter(|known| *known.name == *limit.name);
        if own().next().is_none() {
            let mut names: Vec<&str> = limits().map(|known| known.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let wanted = match names.as_slice() {
                [] => "a limit, of which there are none".to_owned(),
                names => format!("a limit, one of: {}", names.join(", ")),
            };
            let what = format!("is `{}`, which no policy has", limit.name);
            return self.tell(told, (limit.line, "limit"), what, wanted);
        }
        let fits = |per: LimitOwner| match limit.owner {
            WrittenOwner::Organization => true,
            WrittenOwner::Group(_) => matches!(per, LimitOwner::Group | LimitOwner::Member),
            WrittenOwner::Member(_) => per == LimitOwner::Member,
        };
        if !own().all(|known| fits(known.per)) {
            let owner = if matches!(limit.owner, WrittenOwner::Group(_)) { "group" } else { "member" };
            let what = format!("is `{}`, which has no meter for a {owner}", limit.name);
            self.tell(told, (limit.line, "limit"), what, format!("a limit with `per = \"{owner}\"`"));
        }
    }
}

/// An account as policies meet it.
fn own_account(account: &WrittenAccount) -> OwnAccount {
    // What is included and has no end of its own is what is left of the running allowance.
    let (left, lots): (Vec<&WrittenBalance>, Vec<&WrittenBalance>) =
        account.balances.iter().partition(|balance| {
            balance.category == Category::Included && balance.expires.is_none() && balance.granted.is_none()
        });
    let lot = |balance: &WrittenBalance| GrantSpec {
        credits: balance.credits,
        category: balance.category,
        created_at: balance.granted,
        effective_at: balance.granted,
        expires: balance.expires.map_or(Expiry::Never, Expiry::At),
        price: balance.price,
        id: None,
        by_heads: None,
        priority: 0,
        voided_at: None,
        remaining: None,
        rollover: None,
        recurrence: None,
        scope: CreditScope::default(),
    };
    let owner = |owner: WrittenOwner| match owner {
        WrittenOwner::Organization => OwnLimitOwner::Everybody,
        WrittenOwner::Group(group) => OwnLimitOwner::Group(group),
        WrittenOwner::Member(label) => OwnLimitOwner::Member(label),
    };
    let limit = |limit: &WrittenLimit| OwnLimit {
        name: Arc::clone(&limit.name),
        owner: owner(limit.owner),
        amount: limit.amount,
    };
    OwnAccount {
        plan: account.plan.as_ref().map(|(plan, _)| Arc::clone(plan)),
        grants: lots.into_iter().filter(|balance| balance.credits.is_positive()).map(lot).collect(),
        debt: account.debt,
        allowance_left: (!left.is_empty()).then(|| left.iter().map(|balance| balance.credits).sum()),
        limits: account.limits.iter().map(limit).collect(),
    }
}
