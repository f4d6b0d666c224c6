//! Operations written down in a scenario, as the command tells them.

use super::told::told;

const OPERATIONS: &str = r#"
[features.bad]
failures = 1.0
[features.fine]
cancels = 1.0
[[cohorts]]
name = "one"
members = 2
projects = 2
grants = [{ id = 1, credits = 100, category = "purchased" }]
operations = [
 { at = 2025-01-03, feature = "bad", credits = 10, duration = "10 min" },
 { at = 2025-01-04, feature = "bad", credits = 8, duration = "10 min", outcome = "completed", member = 1, project = 1 },
 { at = 2025-01-05, feature = "bad", outcome = "failed", after = "75 min", steps = [
   { credits = 3, duration = "10 min" }, { kind = "review", duration = "1 h" }, { credits = 4, duration = "10 min" } ] },
 { at = 2025-01-06, feature = "fine", credits = 5, duration = "10 min" },
 { at = 2025-01-07, feature = "fine", credits = 5, duration = "10 min", outcome = "cancelled", after = "6 min" },
 { at = 2025-01-08, feature = "fine", credits = 5, duration = "10 min", outcome = "failed" },
]
[policies.case]
on_failure = "charge-finished"
on_cancel = "charge-all"
"#;

#[test]
fn a_written_operation_ends_as_it_says_or_as_its_feature_does() {
    let (rows, errors) = told(&["run", "--rows", "operations", "--quiet"], OPERATIONS);
    let of = |feature: &str, number: u32| {
        let start = format!("0,case,one/0,{feature},{number},1,");
        let row = rows.lines().find(|row| row.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no {start}\n{rows}\n{errors}"));
        let fields: Vec<&str> = row.split(',').collect();
        (fields[8].to_owned(), fields[11].to_owned(), fields[12].to_owned(), fields[13].to_owned())
    };
    let is = |found: (String, String, String, String), outcome: &str, cost: &str, charged: &str| {
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2.as_str()), (outcome, cost, charged));
    };
    is(of("bad", 0), "failed", "10", "0");
    is(of("bad", 1), "served", "8", "8");
    is(of("bad", 2), "failed", "7", "3");
    assert_eq!(of("bad", 2).3, "2025-01-05T01:15:00Z");
    assert_eq!(of("fine", 0).0, "cancelled");
    is(of("fine", 1), "cancelled", "5", "3");
    assert_eq!(of("fine", 1).3, "2025-01-07T00:06:00Z");
    is(of("fine", 2), "failed", "5", "0");
    assert_eq!(of("fine", 2).3, "2025-01-08T00:10:00Z");
}

const PEOPLE: &str = r#"
[features.chat]
quantities = { tokens = 1, images = 1 }
cost = "tokens * 0.01 + images * duration / 60"
[features.plain]
[[cohorts]]
name = "one"
members = 3
projects = 2
grants = [{ id = 1, credits = 100, category = "purchased" }]
operations = [
 { at = 2025-01-03, feature = "chat", quantities = { tokens = 1200, images = 2.5 }, duration = "2 min", member = 1, group = "sales" },
 { at = 2025-01-04, feature = "chat", credits = 5, member = "none", project = 1 },
 { at = 2025-01-05, feature = "plain", credits = 2, quantities = { pages = 3 }, member = 1 },
]
[policies.case]
"#;

#[test]
fn who_asks_and_for_how_much_stands_in_rows_and_statements() {
    let (rows, errors) = told(&["run", "--rows", "operations", "--quiet"], PEOPLE);
    let of = |start: &str| {
        let found = rows.lines().find(|row| row.starts_with(&format!("0,case,one/0,{start},")));
        let row = found.unwrap_or_else(|| panic!("no {start}\n{rows}\n{errors}"));
        let fields: Vec<&str> = row.split(',').collect();
        [fields[11], fields[14], fields[15], fields[16], fields[17]].map(str::to_owned)
    };
    let project = of("chat,0")[3].clone();
    assert_eq!(of("chat,0"), ["17", "1", "sales", &project, "tokens=1200;images=2.5"]);
    assert_eq!(of("chat,1"), ["5", "none", "", "1", ""]);
    assert_eq!(of("plain,0")[..3], ["2", "1", "sales"]);
    assert_eq!(of("plain,0")[4], "pages=3");
    let (statement, _) = told(&["explain", "--organization", "one/0"], PEOPLE);
    for line in [
        &format!(
            "chat 0 asked for by member 1 (sales), project {project}; tokens 1,200, images 2.5; it would cost 17"
        ),
        "chat 1 asked for by no member, project 1; it would cost 5",
    ] {
        assert!(statement.contains(line), "{line}\n{statement}");
    }
}

#[test]
fn mistakes_in_written_operations_are_told_with_their_key() {
    let of = |operation: &str| {
        let body = format!(
            "[features.work]\n[[cohorts]]\nname = \"one\"\noperations = [{{ at = 2025-01-03, feature = \"work\", \
             {operation} }}]\n[policies.case]\n"
        );
        told(&["check"], &body).1
    };
    for (operation, key, hint) in [
        ("credits = 1, member = 1", "operations.0.member", "write `members = 2` or more"),
        ("credits = 1, project = 1", "operations.0.project", "write `projects = 2` or more"),
        ("credits = 1, after = \"1 min\"", "operations.0.after", "write `outcome = \"failed\"`"),
        (
            "credits = 1, duration = \"1 min\", outcome = \"failed\", after = \"2 min\"",
            "operations.0.after",
            "no more than the operation takes",
        ),
        ("credits = 1, steps = [{ credits = 1 }]", "operations.0.credits", "stands beside `steps`"),
        ("duration = \"1 h\", steps = [{ credits = 1 }]", "operations.0.duration", "stands beside `steps`"),
        ("steps = [{ kind = \"review\", credits = 1 }]", "operations.0.steps.0.credits", "cost nothing"),
        ("steps = []", "operations.0.steps", "1 to "),
        ("duration = \"1 h\"", "operations.0.credits", "is missing"),
        ("credits = 1, outcome = \"broken\"", "operations.0.outcome", "completed, failed, cancelled"),
        ("credits = 1, member = \"nobody\"", "operations.0.member", "\"none\""),
        ("credits = 1, member = \"none\", group = \"a\"", "operations.0.group", "only members are in groups"),
        (
            "credits = 1, group = \"a\" }, { at = 2025-01-04, feature = \"work\", credits = 1, group = \"b\"",
            "operations.1.group",
            "a member is in one group",
        ),
        ("quantities = { pages = 3 }", "operations.0.credits", "is missing"),
        ("credits = 1, quantities = { \"a;b\" = 3 }", "operations.0.quantities", "letters, digits"),
        ("credits = 1, quantities = { pages = -1 }", "operations.0.quantities.pages", "0 or more"),
    ] {
        let errors = of(operation);
        assert!(errors.contains(key) && errors.contains(hint), "{operation}\n{errors}");
        assert_eq!(errors.matches("error:").count(), 1, "{operation}\n{errors}");
    }
}

#[test]
fn quantities_that_are_written_are_those_of_the_feature() {
    let of = |members: u32, operation: &str| {
        let body = format!(
            "[features.chat]\nquantities = {{ tokens = 1 }}\ncost = \"tokens * 0.01 - 1\"\n[[cohorts]]\nname = \"one\"\n\
             members = {members}\noperations = [{{ at = 2025-01-03, feature = \"chat\", {operation} }}]\n[policies.case]\n"
        );
        told(&["check"], &body).1
    };
    for (operation, key, hint) in [
        (
            "quantities = { token = 100 }, credits = 1",
            "operations.0.quantities.token",
            "did you mean `tokens`?",
        ),
        ("quantities = { }", "operations.0.quantities", "write `tokens` too"),
        ("quantities = { tokens = 5 }", "operations.0.quantities", "gives -0.95"),
        ("credits = 1, group = \"a\"", "operations.0.group", "write whose operation it is"),
    ] {
        let errors = of(2, operation);
        assert!(errors.contains(key) && errors.contains(hint), "{operation}\n{errors}");
        assert_eq!(errors.matches("error:").count(), 1, "{operation}\n{errors}");
    }
    assert!(!of(1, "quantities = { tokens = 500 }, group = \"a\"").contains("error:"));
}
