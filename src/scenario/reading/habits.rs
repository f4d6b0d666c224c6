//! What people write out of habit from other products, and what says it here.
//!
//! Owns hints that no likeness of words would give. Leaves the finding of mistakes to `section` and `fit`.

use super::quantity;
use super::tree::{Node, TomlValue};

/// Key of a table of the first name, as it is written elsewhere; what says it here.
const KEYS: [(&str, &[&str], &str); 9] = [
    (
        "policy",
        &["overdraft_allowed", "allow_overdraft", "overdraft_limit", "allow_negative", "negative_balance"],
        "`overdraft = 100` with `short = \"allow\"` lets a balance go 100 credits below zero",
    ),
    (
        "policy",
        &["credits", "monthly_credits", "included", "included_credits", "quota", "limit"],
        "`allowance = { credits = 500, every = \"month\" }` issues credits each month",
    ),
    (
        "policy",
        &["hold", "holds", "reserve", "reservation", "reservations"],
        "`admission = { hold = { estimate = \"expected\" } }` holds credits while work runs",
    ),
    (
        "policy",
        &["block", "hard_limit", "hard_block", "enforce", "enforcement"],
        "`admission = \"positive\"` refuses work once no credits are left",
    ),
    (
        "policy",
        &["price", "monthly_price", "monthly_fee", "base_fee", "plan_price"],
        "`subscription = \"29 USD\"` is what every period costs",
    ),
    (
        "policy",
        &["expires", "expiry", "expires_after", "valid_for", "validity"],
        "say it where credits come from: `packages = [{ …, expires_after = \"12 months\" }]`",
    ),
    (
        "feature",
        &["rate", "frequency", "volume", "per_day", "requests"],
        "`arrivals = { poisson = \"5/day\" }` says how often it is used",
    ),
    (
        "feature",
        &["price", "credits", "tokens", "units"],
        "`cost = 2` is what one operation costs in credits; it can be a distribution or a formula",
    ),
    (
        "cohort",
        &["count", "size", "number", "customers", "users", "accounts", "tenants"],
        "`organizations = 200` says how many there are; people in one are `members`",
    ),
];

/// What says what `key` of a table named `shape` is most likely meant to say.
pub(super) fn for_key(shape: &str, key: &str) -> Option<&'static str> {
    let shape = if shape == "plan" { "policy" } else { shape };
    let found = KEYS.iter().find(|(table, written, _)| *table == shape && written.contains(&key));
    found.map(|(_, _, hint)| *hint)
}

/// As [`for_key`], of a value that does not suit the key that it stands at.
pub(super) fn for_value(node: &Node) -> Option<String> {
    let key = node.place.path.rsplit('.').next()?;
    match (key, &node.value) {
        ("arrivals", TomlValue::Text(text)) if quantity::rate(text).is_some() => {
            Some(format!("say how they arrive: `{{ poisson = \"{text}\" }}` for independent ones"))
        }
        ("arrivals", TomlValue::Integer(_) | TomlValue::Float(_)) => {
            Some(format!("say how they arrive and per what: `{{ poisson = \"{}/day\" }}`", node.found()))
        }
        ("admission", TomlValue::Text(text)) => match text.as_str() {
            "block" | "hard" | "hard-block" | "deny" | "refuse" | "reject" | "stop" | "strict" => {
                Some(String::from("`\"positive\"` refuses work once no credits are left"))
            }
            "allow" | "off" | "soft" | "always" => Some(String::from(
                "`\"none\"` never refuses; `short = \"allow\"` with an `overdraft` refuses beyond it",
            )),
            "reserve" | "holds" => Some(String::from("did you mean \"hold\"?")),
            _ => None,
        },
        _ => None,
    }
}

/// A number in quotes, where one without is wanted.
pub(super) fn for_number(node: &Node) -> Option<String> {
    let TomlValue::Text(text) = &node.value else { return None };
    let groups: Vec<&str> = text.split(',').collect();
    let grouped = groups.iter().skip(1).all(|group| group.len() == 3);
    // `300,5` is 300.5 to half of the world; `1,000` might be either, and is a thousand where prices are in dollars.
    let plain = if grouped { groups.concat() } else { text.replace(',', ".") };
    let plain: String = plain.chars().filter(|c| !matches!(c, '_' | ' ')).collect();
    let number: f64 = plain.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(format!("write {number} without quotes"))
}

/// An amount as it would be read: `$20` and `20` with a code.
pub(super) fn for_money(node: &Node) -> Option<String> {
    let (amount, code) = match &node.value {
        TomlValue::Integer(_) | TomlValue::Float(_) => (node.found(), "USD"),
        TomlValue::Text(text) => {
            let (code, amount) = [("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("¥", "JPY")]
                .iter()
                .find_map(|(sign, code)| Some((*code, text.trim().strip_prefix(sign)?)))?;
            (amount.trim().to_owned(), code)
        }
        _ => return None,
    };
    let wanted = format!("{amount} {code}");
    quantity::money(&wanted).is_some().then(|| format!("write \"{wanted}\""))
}
