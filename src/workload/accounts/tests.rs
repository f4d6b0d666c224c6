//! Files of accounts as people have them, and what is told of bad ones.

use super::*;
use crate::calendar::Zone;
use crate::sampling::{StreamKey, TraitPoint, hash_name};

fn spec(folder: &tempfile::TempDir, text: &str) -> AccountsSpec {
    let path = folder.path().join("accounts.csv");
    std::fs::write(&path, text).expect("a disk");
    let map = vec![("R&D".to_owned(), 0), ("law".to_owned(), 1)];
    AccountsSpec { path, groups: GroupMap { map, ..GroupMap::default() }, ..AccountsSpec::default() }
}

fn told(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    read_accounts(&spec(&folder, text)).map(|_| ()).expect_err(text).to_string()
}

fn at(text: &str) -> SimTime {
    Zone::default().parse(text).expect("an instant")
}

#[test]
fn a_row_says_what_its_cells_do() {
    let text = "Organization,Plan,Signed up,Debt,Category,Credits,Granted,Expires,Price,User,Cost center,Limit,Amount\n\
        zeta,pro,2024-03-01,,purchased,\"1,200\",2024-06-01,2025-06-01,96.5,,,,\n\
        acme,free,,12.5,promo,40,,2025-02-01,,,,,\n\
        zeta,pro,,,included,30,,,,,,,\n\
        zeta,,,,,,,,,ann,R&D,person,50\n\
        zeta,,,,,,,,,bob,,,\n\
        zeta,,,,,,,,,,law,centre,none\n\
        zeta,,,,,,,,,,,company,7\n";
    let folder = tempfile::tempdir().expect("a folder");
    let book = read_accounts(&spec(&folder, text)).unwrap_or_else(|problems| panic!("{problems}"));
    let labels: Vec<&str> = book.accounts.iter().map(|account| account.label.as_str()).collect();
    assert_eq!((labels.as_slice(), book.unread.len(), book.sha256.len()), (&["acme", "zeta"][..], 0, 64));
    assert_eq!((book.number_of("zeta"), book.number_of("beta")), (Some(1), None));
    let [acme, zeta] = book.accounts.as_slice() else { panic!("two accounts") };
    assert_eq!((acme.debt, zeta.debt), (Some(Credits::from_micros(12_500_000)), None));
    assert_eq!(zeta.plan.as_ref().map(|(plan, line)| (&**plan, *line)), Some(("pro", 2)));
    assert_eq!(zeta.signed_up, Some(at("2024-03-01")));
    let bought = WrittenBalance {
        category: Category::Purchased,
        credits: Credits::from_whole(1_200),
        granted: Some(at("2024-06-01")),
        expires: Some(at("2025-06-01")),
        price: Money::from_f64(96.5),
    };
    assert_eq!(zeta.balances[0], bought);
    assert_eq!((zeta.balances[1].category, zeta.balances[1].expires), (Category::Included, None));
    let (ann, bob) = (hash_name("ann"), hash_name("bob"));
    let member = |label, group| WrittenMember { label, group };
    assert_eq!(zeta.members, [member(ann, Some(0)), member(bob, None)]);
    let limits: Vec<_> = zeta.limits.iter().map(|limit| (&*limit.name, limit.owner, limit.amount)).collect();
    let wanted = [
        ("person", WrittenOwner::Member(ann), Some(50.0)),
        ("centre", WrittenOwner::Group(1), None),
        ("company", WrittenOwner::Organization, Some(7.0)),
    ];
    assert_eq!(limits, wanted);
}

#[test]
fn balances_may_stand_in_columns_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "customer;included;purchased;promotional\nacme;5;0.25;\n";
    let book = read_accounts(&spec(&folder, text)).unwrap_or_else(|problems| panic!("{problems}"));
    let found: Vec<_> = book.accounts[0]
        .balances
        .iter()
        .map(|balance| (balance.category, balance.credits.micros()))
        .collect();
    assert_eq!(found, [(Category::Included, 5_000_000), (Category::Purchased, 250_000)]);
}

#[test]
fn every_problem_is_told_with_line_and_column() {
    let text = "organization,plan,debt,category,credits,expires,member,group,limit,amount\n\
        a,pro,-5,bought,many,soon,,,,\n\
        a,free,,,3,,,,,\n\
        ,,,,,,,,,\n\
        a,,,promotional,,2025-01-01,ann,sales,day,\n\
        a,,,,,,ann,law,day,4\n\
        a,,,,,,ann,R&D,day,4\n\
        a,,,,,,,law,,\n\
        a,,,,,,,,,9\n";
    let told = told(text);
    for wanted in [
        "accounts.csv:2`: `debt` is `-5`\n  wanted credits owed, at least 0\nhint: what an organization owes is `debt`",
        ":2`: `category` is `bought`\n  wanted a category: included, purchased or promotional",
        ":2`: `credits` is `many`\n  wanted credits, at least 0",
        ":2`: `expires` is `soon`\n  wanted a time",
        ":3`: `plan` is `free`, and something else in line 2\n  wanted one value for each organization",
        ":3`: `credits` has a balance of no category",
        ":4`: names no organization",
        ":5`: `expires` is `2025-01-01`, of no credits\nhint: `credits` says how many are left",
        ":5`: `group` is `sales`\n  wanted a group, one of: R&D, law",
        ":5`: `limit` is `day`, without an amount",
        ":7`: `group` is `R&D`\n  wanted the group that earlier lines name for this member",
        ":7`: `limit` is `day`, which an earlier line says for the same owner",
        ":8`: `group` is `law`, of nobody",
        ":9`: `amount` is `9`, of no limit\nhint: `limit` names",
    ] {
        assert!(told.contains(wanted), "`{wanted}` is not in:\n{told}");
    }
}

#[test]
fn files_without_accounts_are_refused() {
    let told_of = |text: &str, wanted: &str| {
        let told = told(text);
        assert!(told.contains(wanted), "`{wanted}` is not in: {told}");
    };
    told_of("organization,plan\n", "holds no account");
    told_of("firm,plan\nacme,pro\n", "has no column `organization` or `org`");
    told_of("firm,plan\nacme,pro\n", "its columns are: firm, plan");
    told_of("", "has no header");
}

#[test]
fn people_of_a_history_keep_their_numbers() {
    let cohort = StreamKey::cohort(1, 0, "teams");
    let point = TraitPoint::labelled(cohort, "acme");
    let population = Population { groups: vec![(1, 1.0)], ..Population::default() };
    let mut traits = population.draw(point, 0);
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(hash_name);
    let seen = |label| Member { cumulative_share: 1.0, billing: true, group: None, label: Some(label) };
    traits.members = vec![seen(bob), seen(ann)];
    let written = |label, group| WrittenMember { label, group };
    let account = WrittenAccount {
        signed_up: Some(at("2024-05-01")),
        members: vec![written(cat, None), written(ann, Some(0))],
        ..WrittenAccount::default()
    };
    account.place(3, &population, &mut traits);
    let people: Vec<_> = traits.members.iter().map(|member| (member.label, member.group)).collect();
    assert_eq!(people, [(Some(bob), Some(1)), (Some(ann), Some(0)), (Some(cat), Some(1))]);
    let shares: Vec<f64> = traits.members.iter().map(|member| member.cumulative_share).collect();
    assert_eq!(shares, [1.0 / 3.0, 2.0 / 3.0, 1.0]);
    assert_eq!((traits.account, traits.signed_up), (Some(3), at("2024-05-01")));
}
