//! The line language of the cases: one fact a line, expanded into a scenario, operations and expectations.
//!
//! ```text
//! from 1 Jan 2024 | until 1 Apr | zone Europe/Berlin | measured from 1 Feb
//! signed up 15 Dec 2024 | leaves 1 Mar | members 3, billing 1 | groups sales, law, law
//! outage of work from 2 Jan to 3 Jan
//! grant 1: 100 included, expires 10 Jan, priority 2, from 5 Jan, created 1 Jan, left 20, voided 7 Jan, price 5
//! grant 1: 100 included, for work, of sales  (several features or groups: work+other)
//! grant 1: 100 included, per member          (a lot for each; `grant 1 of 2` is what member 2 has left)
//! grant 2: 10 promotional, valid 1 month, every month from 31 Jan add valid 10 days, rolls { max_credits = 5 }
//! debt 20
//! close 1 Feb
//! seat 2 joins 5 Jan | seat 0 leaves 7 Jan        (members from 0; who joins first was not there before)
//! use 4 of other at 2 Jan 10:00 for 10 min by 1 in 2 blur 0.5 fails after 5 min  (of: work if left out; by member 1 in project 2)
//! use 4 with 10 tokens and 2 images of other at 2 Jan                             what it consists of, before `of` and `at`
//! run of work at 2 Jan: step 3 for 10 min; review for 1 h; helper for 1 min; cancelled in 2 after 30 min
//! KEY = VALUE                        a rule of the policy, as in a scenario
//! plan pro: KEY = VALUE              a rule of a plan of the policy
//! customer KEY = VALUE               a key of the cohort
//! feature work: KEY = VALUE          a key of a feature
//! at 5 Jan: available 40, debt 0     balances before the events of that instant
//! => burned 12, grant 1 88           outcomes at the end
//! ```
//! Dates are local to the zone (UTC if none is given), in 2025 if no year is; a date without a time is midnight.

use std::fmt::Write as _;

/// A piece of demand as written.
#[derive(Debug, Clone, Default)]
pub struct Demanded {
    pub feature: String,
    pub at: String,
    pub cost: String,
    pub span: String,
    pub member: u16,
    pub project: u16,
    pub blur: f32,
    /// What it consists of: name and value.
    pub quantities: Vec<(String, f64)>,
    /// (kind, cost, span) of each part of a run.
    pub parts: Vec<(String, String, String)>,
    /// (word, part from 1, span into it).
    pub strike: Option<(String, u16, String)>,
}

/// A case, ready to run.
#[derive(Debug, Clone)]
pub struct Case {
    pub scenario: String,
    pub operations: Vec<Demanded>,
    pub signed_up: Option<String>,
    pub leaves: Option<String>,
    pub members: Option<(u16, u16)>,
    /// Of members, in their order.
    pub groups: Vec<String>,
    pub outages: Vec<(String, String, String)>,
    /// Balances at instants: (instant, [(name, value)]).
    pub probes: Vec<(String, Vec<(String, String)>)>,
    pub expected: Vec<(String, String)>,
}

#[derive(Default)]
struct Draft {
    head: String,
    policy: String,
    plans: Vec<(String, String)>,
    cohort: String,
    features: Vec<(String, String)>,
    grants: Vec<String>,
    closes: Vec<String>,
    seats: Vec<String>,
    start: Option<String>,
    end: Option<String>,
}

/// Reads a case; panics with the line that it does not understand.
pub fn parse(text: &str) -> Case {
    let mut draft = Draft::default();
    let mut case = Case {
        scenario: String::new(),
        operations: Vec::new(),
        signed_up: None,
        leaves: None,
        members: None,
        groups: Vec::new(),
        outages: Vec::new(),
        probes: Vec::new(),
        expected: Vec::new(),
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        read_line(line, &mut draft, &mut case);
    }
    assert!(!case.expected.is_empty() || !case.probes.is_empty(), "a case expects something:\n{text}");
    case.scenario = draft.scenario();
    case
}

fn read_line(line: &str, draft: &mut Draft, case: &mut Case) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "=>" => case.expected.extend(pairs(rest)),
        "at" => {
            let (at, values) = rest.split_once(": ").expect("at DATE: NAME VALUE");
            case.probes.push((date(at), pairs(values)));
        }
        "from" => draft.start = Some(date(rest)),
        "until" => draft.end = Some(date(rest)),
        "zone" => writeln!(draft.head, "time_zone = \"{rest}\"").unwrap(),
        "measured" => writeln!(draft.head, "measure_from = {}", date(after(rest, "from "))).unwrap(),
        "signed" => case.signed_up = Some(date(after(rest, "up "))),
        "leaves" => case.leaves = Some(date(rest)),
        "members" => {
            let (count, billing) = rest.split_once(", billing ").expect("members N, billing M");
            case.members = Some((count.parse().unwrap(), billing.parse().unwrap()));
        }
        "groups" => {
            case.groups = rest.split(", ").map(str::to_owned).collect();
            let weights: Vec<String> = case.groups.iter().map(|group| format!("{group} = 1")).collect();
            let mut once = weights.clone();
            once.sort_unstable();
            once.dedup();
            writeln!(draft.cohort, "groups = {{ {} }}", once.join(", ")).unwrap();
        }
        "outage" => {
            let (feature, times) = after(rest, "of ").split_once(" from ").expect("outage of F from D to D");
            let (from, to) = times.split_once(" to ").expect("outage of F from D to D");
            case.outages.push((feature.to_owned(), date(from), date(to)));
        }
        "grant" => draft.grants.push(grant(rest)),
        "debt" => writeln!(draft.cohort, "debt_at_start = {rest}").unwrap(),
        "close" => draft.closes.push(date(rest)),
        "seat" => {
            let mut words = rest.splitn(3, ' ');
            let mut next = || words.next().expect("seat MEMBER joins DATE");
            let (member, verb, at) = (next(), next(), date(next()));
            draft.seats.push(format!("{{ at = {at}, {verb} = {member} }}"));
        }
        "use" => case.operations.push(simple(rest)),
        "run" => case.operations.push(run(rest)),
        "customer" => writeln!(draft.cohort, "{rest}").unwrap(),
        "plan" => named(&mut draft.plans, rest),
        "feature" => named(&mut draft.features, rest),
        _ if rest.starts_with("= ") => writeln!(draft.policy, "{line}").unwrap(),
        _ => panic!("nobody understands the line `{line}`"),
    }
}

/// `pro: KEY = VALUE` into the section of that name.
fn named(sections: &mut Vec<(String, String)>, rest: &str) {
    let (name, entry) = rest.split_once(": ").expect("NAME: KEY = VALUE");
    match sections.iter_mut().find(|(known, _)| known == name) {
        Some((_, text)) => writeln!(text, "{entry}").unwrap(),
        None => sections.push((name.to_owned(), format!("{entry}\n"))),
    }
}

impl Draft {
    fn scenario(&self) -> String {
        let start = self.start.clone().unwrap_or_else(|| date("1 Jan"));
        let end = self.end.clone().unwrap_or_else(|| date("1 Apr"));
        let mut text = format!("version = 1\nname = \"case\"\nseed = 1\nreplications = 1\n{}", self.head);
        writeln!(text, "start = {start}\nend = {end}").unwrap();
        for feature in ["work", "other"] {
            let own = self.features.iter().find(|(name, _)| name == feature).map_or("", |(_, text)| text);
            writeln!(text, "\n[features.{feature}]\n{own}").unwrap();
        }
        for (name, own) in self.features.iter().filter(|(name, _)| name != "work" && name != "other") {
            writeln!(text, "\n[features.{name}]\n{own}").unwrap();
        }
        writeln!(text, "\n[[cohorts]]\nname = \"one\"\norganizations = 1\n{}", self.cohort).unwrap();
        if !self.grants.is_empty() {
            writeln!(text, "grants = [\n  {}\n]", self.grants.join(",\n  ")).unwrap();
        }
        if !self.seats.is_empty() {
            writeln!(text, "seat_changes = [{}]", self.seats.join(", ")).unwrap();
        }
        if !self.closes.is_empty() {
            writeln!(text, "cycle_closes = [{}]", self.closes.join(", ")).unwrap();
        }
        writeln!(text, "\n[policies.case]\n{}", self.policy).unwrap();
        for (name, rules) in &self.plans {
            writeln!(text, "\n[policies.case.plans.{name}]\n{rules}").unwrap();
        }
        text
    }
}

/// `1: 100 included, expires 10 Jan, …` as an inline table.
fn grant(text: &str) -> String {
    let (id, rest) = text.split_once(": ").expect("grant ID: CREDITS CATEGORY, …");
    let (rest, rolls) = match rest.split_once(", rolls ") {
        Some((rest, rolls)) => (rest, Some(rolls)),
        None => (rest, None),
    };
    let mut clauses = rest.split(", ");
    let (credits, category) = clauses.next().unwrap().split_once(' ').expect("CREDITS CATEGORY");
    let mut table = format!("{{ credits = {credits}, category = \"{category}\"");
    if id != "-" {
        write!(table, ", id = {id}").unwrap();
    }
    for clause in clauses {
        let (word, value) = clause.split_once(' ').expect("a clause is a word and a value");
        let entry = match word {
            "expires" => format!("expires_at = {}", date(value)),
            "valid" => format!("expires_after = \"{value}\""),
            "priority" => format!("priority = {value}"),
            "from" => format!("effective_at = {}", date(value)),
            "created" => format!("created_at = {}", date(value)),
            "left" => format!("remaining = {value}"),
            "voided" => format!("voided_at = {}", date(value)),
            "price" => format!("price = \"{value} USD\""),
            "every" => recurrence(value),
            "for" => format!("features = [\"{}\"]", value.replace('+', "\", \"")),
            "per" => format!("per = \"{value}\""),
            "of" => format!("groups = [\"{}\"]", value.replace('+', "\", \"")),
            _ => panic!("no clause of a grant begins with `{word}`"),
        };
        write!(table, ", {entry}").unwrap();
    }
    if let Some(rolls) = rolls {
        let rolls = if rolls.starts_with('{') { rolls.to_owned() } else { format!("\"{rolls}\"") };
        write!(table, ", rollover = {rolls}").unwrap();
    }
    table + " }"
}

/// `month from 31 Jan add valid 10 days`.
fn recurrence(text: &str) -> String {
    let (text, valid) = match text.split_once(" valid ") {
        Some((text, valid)) => (text, format!(", valid = \"{valid}\"")),
        None => (text, String::new()),
    };
    let (text, mode) = match text.strip_suffix(" add") {
        Some(text) => (text, "add"),
        None => (text, "set"),
    };
    let (every, anchor) = match text.split_once(" from ") {
        Some((every, anchor)) => (every, format!(", anchor = {}", date(anchor))),
        None => (text, String::new()),
    };
    format!("recurrence = {{ every = \"{every}\", mode = \"{mode}\"{anchor}{valid} }}")
}

/// `4 of other at 2 Jan for 10 min by 1 blur 0.5 fails after 5 min`.
fn simple(text: &str) -> Demanded {
    let mut demanded = Demanded { feature: "work".to_owned(), ..Demanded::default() };
    let mut text = text;
    for word in ["fails", "cancelled"] {
        if let Some((before, span)) = text.split_once(&format!(" {word} after ")) {
            demanded.strike = Some((word.to_owned(), 1, span.to_owned()));
            text = before;
        }
    }
    let mut cut = |word: &str| -> Option<String> {
        let (before, value) = text.split_once(word)?;
        text = before;
        Some(value.to_owned())
    };
    if let Some(blur) = cut(" blur ") {
        demanded.blur = blur.parse().unwrap();
    }
    if let Some(project) = cut(" in ") {
        demanded.project = project.parse().unwrap();
    }
    if let Some(member) = cut(" by ") {
        demanded.member = member.parse().unwrap();
    }
    demanded.span = cut(" for ").unwrap_or_else(|| "0 s".to_owned());
    demanded.at = date(&cut(" at ").expect("use CREDITS at DATE"));
    if let Some(feature) = cut(" of ") {
        demanded.feature = feature;
    }
    if let Some(quantities) = cut(" with ") {
        let quantity = |text: &str| {
            let (value, name) = text.split_once(' ').expect("with VALUE NAME");
            (name.to_owned(), value.parse().expect("a value of a quantity"))
        };
        demanded.quantities = quantities.split(" and ").map(quantity).collect();
    }
    demanded.cost = text.to_owned();
    demanded
}

/// `of work at 2 Jan: step 3 for 10 min; review for 1 h; cancelled in 2 after 30 min`.
fn run(text: &str) -> Demanded {
    let (head, parts) = text.split_once(": ").expect("run at DATE: STEPS");
    let mut demanded = Demanded { feature: "work".to_owned(), cost: "0".to_owned(), ..Demanded::default() };
    let head = match head.strip_prefix("of ") {
        Some(head) => {
            let (feature, rest) = head.split_once(' ').expect("run of FEATURE at DATE");
            demanded.feature = feature.to_owned();
            rest
        }
        None => head,
    };
    demanded.at = date(after(head, "at "));
    demanded.span = "0 s".to_owned();
    for part in parts.split("; ") {
        let (word, rest) = part.split_once(' ').expect("a part is a word and more");
        match word {
            "step" => {
                let (cost, span) = rest.split_once(" for ").unwrap_or((rest, "0 s"));
                demanded.parts.push((word.to_owned(), cost.to_owned(), span.to_owned()));
            }
            "review" | "helper" => {
                let span = after(rest, "for ");
                demanded.parts.push((word.to_owned(), "0".to_owned(), span.to_owned()));
            }
            "fails" | "cancelled" => {
                let (part, span) = after(rest, "in ").split_once(" after ").expect("in PART after SPAN");
                demanded.strike = Some((word.to_owned(), part.parse().unwrap(), span.to_owned()));
            }
            _ => panic!("no part of a run begins with `{word}`"),
        }
    }
    demanded
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) =
            pair.trim().rsplit_once(' ').unwrap_or_else(|| panic!("NAME VALUE, not `{pair}`"));
        (name.to_owned(), value.to_owned())
    };
    text.split(',').map(pair).collect()
}

fn after<'t>(text: &'t str, prefix: &str) -> &'t str {
    text.strip_prefix(prefix).unwrap_or_else(|| panic!("`{text}` should begin with `{prefix}`"))
}

/// `2 Jan 2024 10:30:15` as `2024-01-02T10:30:15`, local to the scenario's zone; `2024-01-02T10:30:15Z` as it is.
pub fn date(text: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // An hour that clocks show twice is named by its offset.
    if text.ends_with('Z') {
        return text.to_owned();
    }
    let mut words = text.split(' ');
    let day: u32 =
        words.next().and_then(|day| day.parse().ok()).unwrap_or_else(|| panic!("no date: `{text}`"));
    let month = words.next().unwrap_or("");
    let month =
        1 + MONTHS.iter().position(|name| *name == month).unwrap_or_else(|| panic!("no month: `{text}`"));
    let (mut year, mut time) = ("2025".to_owned(), "00:00:00".to_owned());
    for word in words {
        match word.matches(':').count() {
            0 => year = word.to_owned(),
            1 => time = format!("{word}:00"),
            _ => time = word.to_owned(),
        }
    }
    format!("{year}-{month:02}-{day:02}T{time}")
}
