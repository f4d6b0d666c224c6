//! Accounts as they are: what a file says of single customers is what their accounts open with, worked out by hand.

use std::collections::BTreeMap;

use crate::common::{Place, table};

const SCENARIO: &str = r#"
version = 1
name = "moved"
start = 2025-01-01
end = 2025-03-01
replications = 1
[histories.usage]
file = "usage.csv"
time = "at"
organization = "firm"
feature = "kind"
member = "user"
cost = "units"
[features.chat]
[[cohorts]]
name = "firms"
history = "usage"
plan = "small"
accounts = { file = "accounts.csv", groups = ["law"] }
[policy]
admission = { estimate = "exact" }
limits = [{ name = "person", per = "member", amount = 100 }]
[policies.case.plans.small]
allowance = { credits = 50, every = "month", anchor = "calendar-month" }
[policies.case.plans.large]
allowance = { credits = 500, every = "month", anchor = "calendar-month" }
[policies.flat]
allowance = { credits = 10, every = "month", anchor = "calendar-month" }
"#;

const USAGE: &str = "at,firm,kind,user,units
2025-01-05,acme,chat,ann,20
2025-01-06,acme,chat,ann,20
2025-01-07,acme,chat,bob,9
2025-02-03,acme,chat,bob,50
2025-01-05,zeta,chat,eve,30
2025-02-06,zeta,chat,eve,30
2025-02-07,zeta,chat,eve,60
";

const ACCOUNTS: &str = "organization,plan,signed_up,debt,category,credits,expires,user,group,limit,amount
acme,small,2024-07-01,,included,12,,,,,
acme,,,,purchased,25,2025-02-01,,,,
acme,,,,,,,bob,,person,8
zeta,large,2024-07-01,40,promotional,100,,,,,
idle,small,2024-07-01,,,,,dan,law,,
";

fn place(changes: &[(&str, &str)], accounts: &str) -> Place {
    let text = changes.iter().fold(SCENARIO.to_owned(), |text, (right, wrong)| {
        assert!(text.contains(right), "no `{right}`");
        text.replacen(right, wrong, 1)
    });
    Place::of(&[("moved.toml", &text), ("usage.csv", USAGE), ("accounts.csv", accounts)])
}

/// Rows of a file of a run that is audited.
fn rows(place: &Place, name: &str) -> Vec<BTreeMap<String, String>> {
    let arguments = ["run", "moved.toml", "--rows", "operations,journal", "--audit", "--output", "out"];
    let (code, _, errors) = place.creditsim(&arguments);
    assert_eq!(code, 0, "{errors}");
    table(&place.path("out"), name)
}

/// Every operation of an organization under a policy: when, and what became of it.
fn fates(rows: &[BTreeMap<String, String>], policy: &str, organization: &str) -> Vec<(String, String)> {
    let own =
        rows.iter().filter(|row| row["policy"] == policy && row["organization"].ends_with(organization));
    own.map(|row| (row["arrived"][5..10].to_owned(), row["outcome"].clone())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(at, outcome)| ((*at).to_owned(), (*outcome).to_owned())).collect()
}

#[test]
fn a_migration_starts_from_what_customers_have() {
    let place = place(&[], ACCOUNTS);
    let rows = rows(&place, "operations.csv");
    // 12 of the allowance and 25 bought are left: 20 leave 17, so 20 more are too many; Bob may have 8. Of 50 new credits in February
    // Bob may still have 8.
    let acme = [("01-05", "served"), ("01-06", "refused"), ("01-07", "refused"), ("02-03", "refused")];
    assert_eq!(fates(&rows, "case", "acme"), pairs(&acme));
    // 40 are owed and repaid; 500 more come each month. A person may have 100 in all, and Eve has had 60.
    let zeta = [("01-05", "served"), ("02-06", "served"), ("02-07", "refused")];
    assert_eq!(fates(&rows, "case", "zeta"), pairs(&zeta));
    // Where there are no plans the names of plans say nothing: 12 are left of the one allowance, as under the other policy.
    assert_eq!(fates(&rows, "flat", "acme"), pairs(&acme));
    let organizations = table(&place.path("out"), "organizations.csv");
    let labels: Vec<&str> = organizations.iter().map(|row| row["organization"].as_str()).collect();
    assert!(labels.iter().any(|label| label.ends_with("idle")), "it has an account and no usage: {labels:?}");
    assert_eq!(labels.len(), 6, "three under each policy");
}

#[test]
fn without_a_history_the_file_says_which_organizations_there_are() {
    let drawn = [
        ("history = \"usage\"\n", ""),
        ("[features.chat]", "[features.chat]\narrivals = { schedule = \"0 12 5 * *\" }\ncost = 30"),
    ];
    let place = place(&drawn, ACCOUNTS);
    let text = std::fs::read_to_string(place.path("moved.toml")).expect("it is there");
    let (head, tail) = text.split_once("[histories.usage]").expect("a history");
    let (_, tail) = tail.split_once("[features.chat]").expect("a feature");
    std::fs::write(place.path("moved.toml"), format!("{head}[features.chat]{tail}")).expect("writable");
    let rows = rows(&place, "operations.csv");
    // Bob is all there is of acme, and may have 8; the others have credits enough.
    assert_eq!(fates(&rows, "case", "acme"), pairs(&[("01-05", "refused"), ("02-05", "refused")]));
    for organization in ["idle", "zeta"] {
        let served = pairs(&[("01-05", "served"), ("02-05", "served")]);
        assert_eq!(fates(&rows, "case", organization), served, "{organization}");
    }
    let (_, told, errors) = place.creditsim(&["explain", "moved.toml", "--organization", "firms/zeta"]);
    assert!(told.contains("account opened on plan `large`"), "{told}{errors}");
}

#[test]
fn what_a_file_names_there_is() {
    let check = |accounts: &str, changes: &[(&str, &str)], wanted: &[&str]| {
        let (code, _, errors) = place(changes, accounts).creditsim(&["run", "moved.toml"]);
        assert_eq!(code, 2, "{errors}");
        for wanted in wanted {
            assert!(errors.contains(wanted), "`{wanted}` is not in:\n{errors}");
        }
    };
    let other = "organization,plan,limit,amount\nacme,tiny,,\nzeta,,persn,5\nidle,,,\n";
    check(
        other,
        &[],
        &[
            "accounts.csv:2",
            "`plan` is `tiny`, which is no plan of policy `case`",
            "one of: small, large; or an entry of `plans`",
            "accounts.csv:3",
            "`limit` is `persn`, which no policy has",
            "a limit, one of: person",
        ],
    );
    check(
        "organization,limit,amount\nacme,person,5\n",
        &[],
        &[
            "usage.csv:6",
            "is of `zeta`, of which `",
            "tells nothing",
            "hint: `others = \"as cohort\"` in `accounts`",
        ],
    );
    check(
        "organization,plan\nacme,small\n",
        &[("accounts.csv", "acounts.csv")],
        &["there is no file", "acounts.csv"],
    );
    check(
        ACCOUNTS,
        &[("history = \"usage\"", "history = \"usage\"\norganizations = 3")],
        &["stands beside `accounts`"],
    );
}

#[test]
fn organizations_without_an_account_may_open_as_their_cohort() {
    let others = [("groups = [\"law\"]", "groups = [\"law\"], others = \"as cohort\"")];
    let place = place(&others, "organization,plan,category,credits\nacme,large,included,10\n");
    let rows = rows(&place, "operations.csv");
    assert_eq!(fates(&rows, "case", "acme")[0].1, "refused", "10 are left in January");
    assert_eq!(fates(&rows, "case", "zeta")[0].1, "served", "the first plan brings 50");
}

#[test]
fn a_sandbox_holds_accounts_to_its_bounds() {
    let outside = [("accounts.csv", "../accounts.csv")];
    let (code, _, errors) = place(&outside, ACCOUNTS).creditsim(&["run", "moved.toml", "--sandboxed"]);
    assert_eq!(code, 2, "{errors}");
    assert!(errors.contains("leads out of the scenario's folder"), "{errors}");
}

#[test]
fn journals_show_what_accounts_open_with() {
    let rows = rows(&place(&[], ACCOUNTS), "journal.csv");
    let opening: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| {
            row["policy"] == "case"
                && row["organization"].ends_with("acme")
                && row["at"].starts_with("2025-01-01")
        })
        .map(|row| (row["kind"].as_str(), row["credits"].as_str()))
        .collect();
    assert_eq!(opening, [("opened", "0"), ("issue_allowance", "12"), ("issue", "25")]);
}
