//! Which column of a file of bills says what, told by its name.
//!
//! Owns the words. Names are compared without case and punctuation, those before the last dot and a currency at the end
//! left out, the most telling first. What the user names wins.

/// What a bill can say of an organization's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BilledQuantity {
    /// Money invoiced (nano-units).
    Invoiced,
    /// Credits charged (micro-credits).
    Charged,
    /// Operations refused.
    Refused,
    /// Top-ups bought.
    TopUps,
    /// Credits bought (micro-credits).
    ToppedUp,
}

impl BilledQuantity {
    /// Every quantity, the bill itself first.
    pub const ALL: [BilledQuantity; 5] = [
        BilledQuantity::Invoiced,
        BilledQuantity::Charged,
        BilledQuantity::Refused,
        BilledQuantity::TopUps,
        BilledQuantity::ToppedUp,
    ];

    /// The word used in files and conditions.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            BilledQuantity::Invoiced => "invoiced",
            BilledQuantity::Charged => "charged",
            BilledQuantity::Refused => "refused",
            BilledQuantity::TopUps => "top_ups",
            BilledQuantity::ToppedUp => "topped_up",
        }
    }

    /// Decimals of its integers: 9 for money, 6 for credits, none for counts.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match self {
            BilledQuantity::Invoiced => 9,
            BilledQuantity::Charged | BilledQuantity::ToppedUp => 6,
            BilledQuantity::Refused | BilledQuantity::TopUps => 0,
        }
    }
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnUse {
    Organization,
    Month,
    Says(BilledQuantity),
    /// Top-ups, in number or in credits: its cells tell.
    TopUpsOrCredits,
}

const ORGANIZATION: &[&str] = &[
    "organization",
    "organisation",
    "organizationid",
    "organisationid",
    "organizationname",
    "org",
    "orgid",
    "customer",
    "customerid",
    "customername",
    "externalcustomerid",
    "account",
    "accountid",
    "accountname",
    "tenant",
    "tenantid",
    "team",
    "teamid",
    "company",
    "companyid",
    "workspace",
    "workspaceid",
    "client",
    "clientid",
    "subject",
    "subscriber",
    "user",
    "userid",
    "username",
];
const MONTH: &[&str] = &[
    "month",
    "billingmonth",
    "usagemonth",
    "servicemonth",
    "invoicemonth",
    "yearmonth",
    "period",
    "billingperiod",
    "periodstart",
    "billingperiodstart",
    "serviceperiodstart",
    "startdate",
    "date",
    "invoicedate",
];
const CHARGED: &[&str] = &[
    "charged",
    "chargedcredits",
    "creditscharged",
    "creditsused",
    "usedcredits",
    "creditsconsumed",
    "consumedcredits",
    "usagecredits",
    "credits",
    "consumed",
    "usage",
];
const INVOICED: &[&str] = &[
    "invoiced",
    "invoicedmoney",
    "invoicedamount",
    "amountinvoiced",
    "invoiceamount",
    "invoicetotal",
    "billed",
    "billedamount",
    "amountbilled",
    "amountdue",
    "amountpaid",
    "totalamount",
    "amount",
    "total",
    "money",
    "revenue",
];
const REFUSED: &[&str] = &[
    "refused",
    "refusals",
    "refusedoperations",
    "refusedcalls",
    "refusedrequests",
    "operationsrefused",
    "callsrefused",
    "rejected",
    "rejections",
    "rejectedrequests",
    "denied",
    "denials",
];
const TOP_UPS: &[&str] = &[
    "topups",
    "topupcount",
    "toppedupcount",
    "numberoftopups",
    "autotopups",
    "purchases",
    "packages",
    "packagesbought",
    "recharges",
];
const TOPPED_UP_CREDITS: &[&str] = &[
    "toppedupcredits",
    "topupcredits",
    "creditstoppedup",
    "purchasedcredits",
    "creditspurchased",
    "boughtcredits",
    "creditsbought",
];
const TOPPED_UP: &[&str] = &["toppedup", "topup"];

/// A use, and the names that mean it.
type ColumnWords = (ColumnUse, &'static [&'static str]);

const WORDS: [ColumnWords; 8] = [
    (ColumnUse::Organization, ORGANIZATION),
    (ColumnUse::Month, MONTH),
    (ColumnUse::Says(BilledQuantity::Invoiced), INVOICED),
    (ColumnUse::Says(BilledQuantity::Charged), CHARGED),
    (ColumnUse::Says(BilledQuantity::Refused), REFUSED),
    (ColumnUse::Says(BilledQuantity::TopUps), TOP_UPS),
    (ColumnUse::Says(BilledQuantity::ToppedUp), TOPPED_UP_CREDITS),
    (ColumnUse::TopUpsOrCredits, TOPPED_UP),
];

/// The words by which a user names a use: `--column charged=Total`.
pub(super) const USES: [(&str, ColumnUse); 7] = [
    ("organization", ColumnUse::Organization),
    ("month", ColumnUse::Month),
    ("invoiced", ColumnUse::Says(BilledQuantity::Invoiced)),
    ("charged", ColumnUse::Says(BilledQuantity::Charged)),
    ("refused", ColumnUse::Says(BilledQuantity::Refused)),
    ("top_ups", ColumnUse::Says(BilledQuantity::TopUps)),
    ("topped_up", ColumnUse::Says(BilledQuantity::ToppedUp)),
];

/// The uses of a header's columns, by their positions, ascending. A use that the user names has that column alone.
pub(super) fn uses(header: &[String], named: &[(ColumnUse, usize)]) -> Vec<(usize, ColumnUse)> {
    let mut found: Vec<(usize, ColumnUse)> = named.iter().map(|(own, position)| (*position, *own)).collect();
    for (own, names) in WORDS {
        let taken = |position: usize| found.iter().any(|(taken, _)| *taken == position);
        let known = found.iter().any(|(_, known)| *known == own);
        let place = |name: &&str| {
            let told = |(position, column): &(usize, &String)| !taken(*position) && plain(column) == **name;
            header.iter().enumerate().find(told).map(|(position, _)| position)
        };
        if let Some(position) = names.iter().find_map(place).filter(|_| !known) {
            found.push((position, own));
        }
    }
    found.sort_by_key(|(position, _)| *position);
    found
}

/// A currency at the end of a column's name, as its code: `Amount (USD)`, `total_usd`.
pub(super) fn currency_of(column: &str) -> Option<&'static str> {
    const CODES: [&str; 8] = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "INR"];
    let last = column.split(|c: char| !c.is_alphanumeric()).rfind(|word| !word.is_empty())?;
    CODES.into_iter().find(|code| last.eq_ignore_ascii_case(code))
}

/// A name without what stands before its last dot, a currency behind it, case and punctuation: `bill.Amount (USD)` is
/// `amount`.
fn plain(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let bare = match currency_of(last) {
        Some(code) => last.trim_end_matches(|c: char| !c.is_alphanumeric()).get(..).map_or(last, |kept| {
            kept.get(..kept.len() - code.len()).filter(|rest| !rest.is_empty()).unwrap_or(kept)
        }),
        None => last,
    };
    bare.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_by_their_names_and_a_named_one_wins() {
        let header: Vec<String> = [
            "Customer ID",
            "Billing Month",
            "bill.creditsUsed",
            "Amount (USD)",
            "Refused calls",
            "topped_up",
            "total",
        ]
        .map(str::to_owned)
        .to_vec();
        use BilledQuantity::{Charged, Invoiced, Refused};
        let says = ColumnUse::Says;
        let mut wanted = vec![
            (0, ColumnUse::Organization),
            (1, ColumnUse::Month),
            (2, says(Charged)),
            (3, says(Invoiced)),
            (4, says(Refused)),
            (5, ColumnUse::TopUpsOrCredits),
        ];
        assert_eq!(uses(&header, &[]), wanted);
        wanted[3] = (6, says(Invoiced));
        wanted.sort_by_key(|(position, _)| *position);
        assert_eq!(uses(&header, &[(says(Invoiced), 6)]), wanted);
        assert_eq!(
            (currency_of("Amount (USD)"), currency_of("total_eur"), currency_of("usual")),
            (Some("USD"), Some("EUR"), None)
        );
    }
}
