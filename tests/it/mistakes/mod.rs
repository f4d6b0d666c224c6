//! Typical mistakes of people who write their first scenario, each with the whole message that it gets.
//!
//! `expected.txt` holds the messages; `CREDITSIM_UPDATE=1` writes it anew. Who changes a message reads it there as its
//! readers will.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::common::Place;

/// A scenario without a mistake; each case changes one place of it.
const SCENARIO: &str = r#"version  = 1
name     = "first"
start    = 2025-01-01T00:00:00Z
horizon  = "3 months"
baseline = "block"

[[cohorts]]
name          = "teams"
organizations = 200
profile       = "office"

[features.chat]
arrivals = { poisson = "5/day" }
cost     = { lognormal = { median = 0.8, sigma = 0.7 } }

[policy]
allowance = { credits = 500, every = "month" }
packages  = [{ name = "small", credits = 100, price = "20 USD" }]
top_up    = { threshold = 50, package = "small" }

[policies.block]
admission = "positive"

[policies.overdraft]
admission = "positive"
short     = "allow"
overdraft = { limit = 100 }
"#;

/// What is tried, the text that is there, and what a beginner writes.
const CASES: &[(&str, &str, &str)] = &[
    ("a key misspelt", "limit = 100", "limt = 100"),
    ("a unit left out", "\"5/day\"", "5"),
    ("a period misspelt", "every = \"month\"", "every = \"montly\""),
    ("a baseline that is no policy", "baseline = \"block\"", "baseline = \"blok\""),
    ("a probability above 1", "short     = \"allow\"", "short     = \"allow\"\ndenial = 1.5"),
    ("a profile that is not known", "\"office\"", "\"offce\""),
    ("two currencies", "top_up ", "subscription = \"29 EUR\"\ntop_up "),
    ("a package that is missing", "package = \"small\"", "package = \"large\""),
    (
        "an unknown feature",
        "[policies.overdraft]",
        "[policies.overdraft.features.chta]\nshort = \"queue\"\n[policies.overdraft]",
    ),
    ("an outcome misspelt", "[[cohorts]]", "[thresholds]\nblock = [\"los_rate < 15%\"]\n[[cohorts]]"),
    ("policies in [policy.NAME]", "[policies.", "[policy."),
    (
        "invoices before the close without a price",
        "{ limit = 100 }",
        "{ limit = 100, at_cycle = \"invoice\", invoice_at = \"20 USD\" }",
    ),
    (
        "tries to collect in the wrong order",
        "{ limit = 100 }",
        "{ limit = 100 }\ninvoices = { dunning = [{ after = \"7 days\", paid = 0.5 }, { after = \"3 days\", paid = 0.5 }] }",
    ),
    ("revenue over a life without an end", "{ limit = 100 }", "{ limit = 100 }\nrecognition = \"ratable\""),
    ("a lot for each seat", "{ credits = 500,", "{ credits = 500, per = \"seat\","),
    ("a lot for groups that there are none of", "{ credits = 500,", "{ credits = 500, per = \"group\","),
    ("a pool of what everybody has", "{ credits = 500,", "{ credits = 500, pool_before_close = \"3 days\","),
    (
        "a member who leaves twice",
        "organizations = 200\n",
        "organizations = 200\nmembers = 2\nseat_changes = [{ at = 2025-01-05, leaves = 1 }, { at = 2025-02-05, leaves = 1 }]\n",
    ),
    (
        "a seat of nobody",
        "organizations = 200\n",
        "organizations = 200\nmembers = 2\nseat_changes = [{ at = 2025-01-05, leaves = 2 }, { at = 2026-02-05, joins = 1 }]\n",
    ),
    (
        "seats that change in two ways",
        "organizations = 200\n",
        "organizations = 200\nmembers = { start = 5, joins = \"1/week\" }\nseat_changes = [{ at = 2025-01-05, leaves = 1 }]\n",
    ),
    (
        "members who return and never leave",
        "organizations = 200\n",
        "organizations = 200\nmembers = { start = 5, joins = \"900/hour\", returns = { p = 0.5, after = \"9 days\" } }\n",
    ),
    (
        "a balance that members do not have",
        "{ threshold = 50,",
        "{ threshold = 50, per = \"member\", view = \"ongoing\",",
    ),
    ("a price for seats misspelt", "top_up ", "subscription = \"20 * members * seat\"\ntop_up "),
    ("seats misspelt in a formula", "{ credits = 500,", "{ credits = \"500 * seats\","),
    (
        "a rest of what a formula gives",
        "top_up ",
        "grants = [{ credits = \"5 * members\", remaining = 3, effective_at = 2024-12-01 }]\ntop_up ",
    ),
    ("a grace for nothing", "{ limit = 100 }", "{ limit = 100, grace = { share = 0, per = \"quarter\" } }"),
    ("a bracket that is not closed", "{ limit = 100 }", "{ limit = 100"),
    ("a key of another product", "overdraft = { limit = 100 }", "overdraft_allowed = true"),
    ("a word of another product", "\"positive\"", "\"block\""),
    ("a policy twice", "[policies.overdraft]", "[policies.block]"),
    ("a rate without its kind", "{ poisson = \"5/day\" }", "\"5/day\""),
    ("a price with a sign", "\"20 USD\"", "\"$20\""),
    ("a price without a currency", "\"20 USD\"", "20"),
    ("a number in quotes", "= 200", "= \"200\""),
    (
        "a history that is not there",
        "organizations = 200\nprofile       = \"office\"",
        "history = \"usage\"\n[histories.usage]\nfile = \"usage.csv\"\ncost = \"1\"",
    ),
    (
        "a rate over an unknown quantity",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = { chat = \"cots * 2\" }",
    ),
    (
        "a rate of an unknown feature",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = { chta = 2 }",
    ),
    (
        "hours that are none",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = [{ hours = \"9am-5pm\", chat = 2 }]",
    ),
    (
        "a key of a card misspelt",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = [{ weekday = [\"Sat\"], chat = 2 }]",
    ),
    (
        "a card that ends before it begins",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = [{ from = 2025-03-01, until = 2025-02-01, chat = 2 }]",
    ),
    (
        "a limit of an unknown unit",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"operation\" }]",
    ),
    (
        "a limit of money",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"money\" }]",
    ),
    (
        "a limit of a quantity that is misspelt",
        "[features.chat]",
        "[policies.seats]\nadmission = \"positive\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"token\" }]\n[features.chat]\nquantities = { tokens = 5 }",
    ),
    (
        "a limit of a quantity that a feature lacks",
        "[features.chat]",
        "[policies.seats]\nadmission = \"positive\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"tokens\", features = [\"chat\", \"image\"] }]\n[features.image]\ncost = 1\n[features.chat]\nquantities = { tokens = 5 }",
    ),
    (
        "the latest value in a rolling window",
        "[features.chat]",
        "[policies.seats]\nadmission = \"positive\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"tokens\", counted = \"latest\", window = { rolling = \"1 h\" } }]\n[features.chat]\nquantities = { tokens = 5 }",
    ),
    (
        "a moment of counting without a quantity",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, counted = \"end\" }]",
    ),
    (
        "two limits of one name",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 1 }, { name = \"day\", amount = 2 }]",
    ),
    (
        "a limit without an amount",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", unit = \"operations\" }]",
    ),
    (
        "a bucket that is told twice",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, window = { refill = \"1/h\", burst = 3 } }]",
    ),
    (
        "an amount over an unknown name",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = \"5 * seats\" }]",
    ),
    (
        "a member who is no number",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", per = \"member\", amount = { default = 5, members = { \"0\" = 9 } } }]",
    ),
    (
        "amounts of members without their meters",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = { default = 5, members = { \"1\" = 9 } } }]",
    ),
    (
        "an anchor of a rolling window",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, window = { rolling = \"1 h\", anchor = \"cycle\" } }]",
    ),
    (
        "a burst of a calendar window",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, window = { every = \"day\", burst = 3 } }]",
    ),
    (
        "a window of work in flight",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"in-flight\", window = { every = \"day\" } }]",
    ),
    (
        "windows reported that never end",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, window = { rolling = \"1 h\" }, report = \"windows\" }]",
    ),
    (
        "a fallback on an unknown feature",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, on_limit = { fallback = \"chta\" } }]",
    ),
    (
        "a person who raises by nothing",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, on_limit = { ask = { raise = 0 } } }]",
    ),
    (
        "a person of whom nobody says by how much",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, on_limit = { ask = { probability = 0.5 } } }]",
    ),
    (
        "a ceiling over a part that is none",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, covers = [\"include\"] }]",
    ),
    (
        "a ceiling over nothing",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, covers = [] }]",
    ),
    (
        "a ceiling over parts of operations",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"operations\", covers = [\"overage\"] }]",
    ),
    (
        "parts that a limit of operations counts",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, unit = \"operations\", counts = [\"overage\"] }]",
    ),
    (
        "a limit of a group that is none",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, groups = [\"law\"] }]",
    ),
    (
        "an amount for a group that is none",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = { default = 5, groups = { law = 9 } }, per = \"member\" }]",
    ),
    (
        "an amount for a group that has no meter",
        "short     = \"allow\"\noverdraft = { limit = 100 }",
        "limits    = [{ name = \"day\", amount = { default = 5, groups = { law = 9 } } }]\n[[cohorts]]\nname = \"firm\"\ngroups = { law = 1 }",
    ),
    (
        "a limit of money that nothing has a price for",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = \"9 USD\", unit = \"money\" }]",
    ),
    (
        "a bucket of money",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = \"9 USD\", unit = \"money\", list_price = \"0.1 USD\", window = { refill = \"1/h\" } }]",
    ),
    (
        "a price for a limit of credits",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, list_price = \"0.1 USD\" }]",
    ),
    (
        "an overrun of a limit that covers no overage",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9, overrun = \"absorb\" }]",
    ),
    (
        "money raised by a number",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = \"9 USD\", unit = \"money\", list_price = \"0.1 USD\", on_limit = { ask = { raise = 5 } } }]",
    ),
    (
        "a limit removed that is not there",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", remove = true }]",
    ),
    (
        "a reset of an unknown limit",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9 }]\nresets    = [{ limits = [\"dya\"], at = [2025-02-01] }]",
    ),
    (
        "a reset of no limit",
        "short     = \"allow\"",
        "short     = \"allow\"\nlimits    = [{ name = \"day\", amount = 9 }]\nresets    = [{ limits = [], at = [2025-02-01] }]",
    ),
    (
        "a card without a rate",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = [{ hours = \"9-17\" }]",
    ),
    ("a rate below 0", "short     = \"allow\"", "short     = \"allow\"\nrates     = { chat = -1 }"),
    (
        "a formula that is always too much",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = { chat = \"0 - 2\" }",
    ),
    (
        "a card on no day",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = [{ weekdays = [], chat = 2 }]",
    ),
    (
        "a card of no hour",
        "short     = \"allow\"",
        "short     = \"allow\"\nrates     = [{ hours = \"9-9\", chat = 2 }]",
    ),
    (
        "a rate of a free feature",
        "[features.chat]",
        "[policies.seats]\nadmission = \"positive\"\nrates     = { view = 2 }\n[features.view]\nfree = true\n[features.chat]",
    ),
    (
        "a gauge of several steps",
        "[features.chat]",
        "[features.disk]\nunit = \"latest\"\nsteps = [{ cost = 1 }]\n[features.chat]",
    ),
    (
        "a column that is not there",
        "organizations = 200\nprofile       = \"office\"",
        "history = \"usage\"\n[histories.usage]\nfile = \"history.csv\"\ntime = \"when\"\nfeature = \"model\"\ncost = \"1\"",
    ),
    (
        "a cost centre that is no group",
        "organizations = 200\nprofile       = \"office\"",
        "history = \"usage\"\n[histories.usage]\nfile = \"history.csv\"\ntime = \"at\"\ngroup = \"customer\"\ngroups = [\"law\"]\nfeature = \"model\"\ncost = \"units\"",
    ),
    ("accounts that are not there", "organizations = 200\n", "accounts = \"acounts.csv\"\n"),
    ("accounts with mistakes", "organizations = 200\n", "accounts = \"accounts.csv\"\n"),
    (
        "a history outside the horizon",
        "organizations = 200\nprofile       = \"office\"",
        "history = \"usage\"\n[histories.usage]\nfile = \"history.csv\"\ntime = \"at\"\nfeature = \"model\"\nother_features = \"chat\"\ncost = \"units\"",
    ),
];

const HISTORY: &str =
    "at,customer,model,units\n2021-03-01T10:00:00Z,acme,chat,3\n2021-03-01T11:00:00Z,acme,chat,2\n";

const ACCOUNTS: &str = "organization,plan,category,credits,expiry date,limit,amount\nacme,,bought,30,2025-02-01,,\nacme,,,-4,,day,\n";

#[test]
fn each_mistake_gets_a_message_that_repairs_it() {
    let place = Place::of(&[("history.csv", HISTORY), ("accounts.csv", ACCOUNTS)]);
    let mut found = String::new();
    for (name, right, wrong) in CASES.iter().copied() {
        assert!(SCENARIO.contains(right), "{name}: the scenario has no `{right}`");
        let text = match name {
            // A mistake of habit is made everywhere.
            "policies in [policy.NAME]" | "a word of another product" => SCENARIO.replace(right, wrong),
            _ => SCENARIO.replacen(right, wrong, 1),
        };
        fs::write(place.path("first.toml"), text).expect("writable");
        writeln!(found, "== {name}\n{}", told(&place)).expect("a string takes every byte");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mistakes/expected.txt");
    if std::env::var_os("CREDITSIM_UPDATE").is_some() {
        fs::write(&path, &found).expect("writable");
    }
    let expected = fs::read_to_string(&path).expect("it is there");
    for (found, expected) in found.split("== ").zip(expected.split("== ")) {
        assert_eq!(
            found, expected,
            "if the change is wanted: CREDITSIM_UPDATE=1 cargo test --test it mistakes"
        );
    }
    assert_eq!(found.len(), expected.len());
}

/// What `creditsim run` says of `first.toml`; it must end with the code for a mistake.
fn told(place: &Place) -> String {
    let (code, _, stderr) = place.creditsim(&["run", "first.toml", "--replications", "1", "--quiet"]);
    assert_eq!(code, 2, "{stderr}");
    stderr
}
