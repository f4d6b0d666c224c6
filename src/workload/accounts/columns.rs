//! The columns of a file of accounts.

use crate::workload::history::ChosenColumns;

/// Which columns mean what; several names are alternatives, the first cell that is not empty counts. Names are compared without
/// case and punctuation.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountColumns {
    /// The organization, as a history names it.
    pub organization: Vec<String>,
    /// Its plan.
    pub plan: Vec<String>,
    /// When it signed up.
    pub signed_up: Vec<String>,
    /// What it owes (credits).
    pub debt: Vec<String>,
    /// Category of the row's balance.
    pub category: Vec<String>,
    /// The row's balance (credits).
    pub credits: Vec<String>,
    /// When that was given.
    pub granted: Vec<String>,
    /// When it is gone.
    pub expires: Vec<String>,
    /// What was paid for it.
    pub price: Vec<String>,
    /// Balances by category without an end of their own: included, purchased, promotional.
    pub balances: [Vec<String>; 3],
    /// A person.
    pub member: Vec<String>,
    /// The group of that person, or of a limit.
    pub group: Vec<String>,
    /// A limit that stands otherwise.
    pub limit: Vec<String>,
    /// How much it has room for.
    pub amount: Vec<String>,
}

impl Default for AccountColumns {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        AccountColumns {
            organization: names(&[
                "organization",
                "org",
                "account",
                "customer",
                "company",
                "workspace",
                "team",
            ]),
            plan: names(&["plan", "tier"]),
            signed_up: names(&["signed_up", "sign_up", "customer_since"]),
            debt: names(&["debt", "owed"]),
            category: names(&["category"]),
            credits: names(&["credits", "balance", "remaining"]),
            granted: names(&["granted", "granted_at", "effective_at"]),
            expires: names(&["expires", "expires_at", "expiry", "valid_until"]),
            price: names(&["price", "paid"]),
            balances: [names(&["included"]), names(&["purchased"]), names(&["promotional"])],
            member: names(&["member", "user", "email"]),
            group: names(&["group", "cost_center", "cost_centre", "department"]),
            limit: names(&["limit"]),
            amount: names(&["amount"]),
        }
    }
}

/// The columns of a file by role, as numbers of chosen ones.
#[derive(Debug)]
pub(super) struct AccountPlaces {
    pub organization: Vec<usize>,
    pub plan: Vec<usize>,
    pub signed_up: Vec<usize>,
    pub debt: Vec<usize>,
    pub category: Vec<usize>,
    pub credits: Vec<usize>,
    pub granted: Vec<usize>,
    pub expires: Vec<usize>,
    pub price: Vec<usize>,
    pub balances: [Vec<usize>; 3],
    pub member: Vec<usize>,
    pub group: Vec<usize>,
    pub limit: Vec<usize>,
    pub amount: Vec<usize>,
}

impl AccountPlaces {
    pub fn choose(columns: &AccountColumns, chosen: &mut ChosenColumns) -> AccountPlaces {
        AccountPlaces {
            organization: chosen.all(&columns.organization),
            plan: chosen.all(&columns.plan),
            signed_up: chosen.all(&columns.signed_up),
            debt: chosen.all(&columns.debt),
            category: chosen.all(&columns.category),
            credits: chosen.all(&columns.credits),
            granted: chosen.all(&columns.granted),
            expires: chosen.all(&columns.expires),
            price: chosen.all(&columns.price),
            balances: columns.balances.each_ref().map(|names| chosen.all(names)),
            member: chosen.all(&columns.member),
            group: chosen.all(&columns.group),
            limit: chosen.all(&columns.limit),
            amount: chosen.all(&columns.amount),
        }
    }
}
