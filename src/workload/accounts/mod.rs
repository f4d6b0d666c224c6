//! Accounts as they are: a file of what single customers have as their account opens.
//!
//! Owns reading it (the forms of files and cells are those of histories) and what it says of an organization's people. Leaves lots,
//! debt, plans and limits to whoever opens accounts. Invariants: every bad cell is told, all at once; no account is there twice.

mod columns;
mod rows;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use crate::calendar::Zone;
use crate::units::{Category, Credits, Money, SimTime};

use super::history::{GroupMap, HistoryFormat};
use super::traits::{Member, Population, Traits};

pub use columns::AccountColumns;
pub use rows::read_accounts;

/// A file of accounts and how its columns are read.
#[derive(Debug, Clone, Default)]
pub struct AccountsSpec {
    /// The file.
    pub path: PathBuf,
    /// Its content, if it is bundled in the binary; the path is then only its name.
    pub bundled: Option<&'static [u8]>,
    /// Most text that it may hold, unpacked (bytes); absent if that is the user's own affair.
    pub most_text: Option<u64>,
    /// How the file is written.
    pub format: HistoryFormat,
    /// Which columns mean what.
    pub columns: AccountColumns,
    /// Values of the group column and the groups they stand for.
    pub groups: GroupMap,
    /// Values of the plan column and the plans they stand for; other values are names of plans.
    pub plans: Vec<(String, String)>,
    /// Where instants without a zone are.
    pub zone: Zone,
    /// What becomes of organizations of a history that have no account in the file.
    pub others: OtherAccounts,
}

/// What becomes of organizations of a history that have no account in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherAccounts {
    /// An error that names them.
    #[default]
    Refuse,
    /// They open as the cohort says.
    AsCohort,
}

/// Accounts by the labels of their organizations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountBook {
    /// In the order of their labels, none twice.
    pub accounts: Vec<WrittenAccount>,
    /// Columns of a CSV file that nothing is taken from.
    pub unread: Vec<String>,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub sha256: String,
}

/// What a file says of one organization.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WrittenAccount {
    /// Its label.
    pub label: String,
    /// The plan that it is on, and the line that says so first.
    pub plan: Option<(Arc<str>, u64)>,
    /// When it signed up.
    pub signed_up: Option<SimTime>,
    /// What it owes.
    pub debt: Option<Credits>,
    /// What it has.
    pub balances: Vec<WrittenBalance>,
    /// Its people; drawn as the cohort says if none is named.
    pub members: Vec<WrittenMember>,
    /// Limits of its own.
    pub limits: Vec<WrittenLimit>,
}

/// Credits that an organization has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WrittenBalance {
    /// Where they come from.
    pub category: Category,
    /// How many are left.
    pub credits: Credits,
    /// When they were given, if that is said.
    pub granted: Option<SimTime>,
    /// When they are gone, if that is said.
    pub expires: Option<SimTime>,
    /// What was paid for those that are left.
    pub price: Money,
}

/// A person of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenMember {
    /// Hash of the name.
    pub label: u64,
    /// The group, by its number in the scenario.
    pub group: Option<u16>,
}

/// A limit that stands otherwise for one organization.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenLimit {
    /// The limit.
    pub name: Arc<str>,
    /// Line of the file.
    pub line: u64,
    /// Whom it is for.
    pub owner: WrittenOwner,
    /// How much there is room for [the limit's unit]; no limit if absent.
    pub amount: Option<f64>,
}

/// Whom a limit of one organization is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenOwner {
    /// Everybody of whom nothing else is said.
    Organization,
    /// A group, by its number in the scenario, or each of its members.
    Group(u16),
    /// The member of a name, by its hash.
    Member(u64),
}

impl AccountBook {
    /// The number of the account of a label.
    #[must_use]
    pub fn number_of(&self, label: &str) -> Option<u32> {
        let place = self.accounts.binary_search_by(|account| account.label.as_str().cmp(label)).ok()?;
        u32::try_from(place).ok()
    }
}

impl WrittenAccount {
    /// Puts what the file says in the place of what was drawn: sign-up, and the people.
    pub fn place(&self, number: u32, population: &Population, traits: &mut Traits) {
        traits.account = Some(number);
        if let Some(at) = self.signed_up {
            if traits.leaves != SimTime::MAX {
                traits.leaves = at + (traits.leaves - traits.signed_up);
            }
            let moved = at - traits.signed_up;
            traits.asks_from = traits.asks_from + moved;
            if traits.quiet != SimTime::MAX {
                traits.quiet = traits.quiet + moved;
            }
            traits.signed_up = at;
        }
        if !self.members.is_empty() {
            self.place_members(population, traits);
        }
    }

    /// People whom a history names keep their numbers; those that the file names alone come behind them.
    fn place_members(&self, population: &Population, traits: &mut Traits) {
        let named = traits.members.iter().any(|member| member.label.is_some());
        let mut members = if named { std::mem::take(&mut traits.members) } else { Vec::new() };
        let billing = |index: usize| traits.members.get(index).is_none_or(|member| member.billing);
        for written in &self.members {
            match members.iter_mut().find(|member| member.label == Some(written.label)) {
                Some(member) => member.group = written.group.or(member.group),
                None => {
                    let billing = billing(members.len());
                    let (cumulative_share, group) = (1.0, written.group);
                    members.push(Member { cumulative_share, billing, group, label: Some(written.label) });
                }
            }
        }
        let count = members.len() as f64;
        for (index, member) in members.iter_mut().enumerate() {
            member.cumulative_share = (index + 1) as f64 / count;
        }
        population.draw_groups(&mut members, traits.point);
        // Those that a file names are there all the time.
        traits.seats.clear();
        traits.members = members;
    }
}
