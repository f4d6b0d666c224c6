//! Random scenario files: every rule is switched by chance, instants are often equal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where a line stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Head,
    Cohort,
    CohortGrant,
    Operation,
    Feature(usize),
    Policy,
    PolicyGrant,
    Plan,
    PlanChange,
    RuleChange,
    Outage,
    TopUp,
    Alert,
}

/// A scenario as lines that can be left out.
#[derive(Debug, Clone)]
pub struct File {
    head: String,
    pub lines: Vec<(Place, String)>,
}

impl File {
    /// The file's text.
    pub fn text(&self) -> String {
        let of = |place: Place| {
            self.lines.iter().filter(move |(at, _)| *at == place).map(|(_, line)| line.as_str())
        };
        let mut text = self.head.clone();
        let lines =
            |text: &mut String, place: Place| of(place).for_each(|line| writeln!(text, "{line}").unwrap());
        lines(&mut text, Place::Head);
        text.push_str("\n[[cohorts]]\nname = \"one\"\n");
        lines(&mut text, Place::Cohort);
        let list = |text: &mut String, key: &str, place: Place| {
            let all: Vec<&str> = of(place).collect();
            if !all.is_empty() {
                writeln!(text, "{key} = [\n  {},\n]", all.join(",\n  ")).unwrap();
            }
        };
        list(&mut text, "grants", Place::CohortGrant);
        list(&mut text, "operations", Place::Operation);
        for (feature, name) in FEATURES.iter().enumerate() {
            writeln!(text, "\n[features.{name}]").unwrap();
            lines(&mut text, Place::Feature(feature));
        }
        text.push_str("\n[policies.judged]\n");
        lines(&mut text, Place::Policy);
        list(&mut text, "grants", Place::PolicyGrant);
        list(&mut text, "plan_changes", Place::PlanChange);
        list(&mut text, "changes", Place::RuleChange);
        list(&mut text, "top_ups", Place::TopUp);
        list(&mut text, "alerts", Place::Alert);
        if self.lines.iter().any(|(at, _)| *at == Place::PlanChange || *at == Place::Plan) {
            text.push_str(
                "plan = \"first\"\n\n[policies.judged.plans.first]\n\n[policies.judged.plans.second]\n",
            );
            lines(&mut text, Place::Plan);
        }
        for line in of(Place::Outage) {
            writeln!(text, "\n[[outages]]\n{line}").unwrap();
        }
        text
    }
}

const FEATURES: [&str; 3] = ["chat", "agent", "image"];

/// A source of choices.
struct Chance(u64);

impl Chance {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.word() % most
    }

    fn from(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len() as u64) as usize]
    }
}

/// What is known of the file that is being drawn.
struct Drawn {
    chance: Chance,
    lines: Vec<(Place, String)>,
    start: i64,
    days: i64,
    /// Instants that are used again and again.
    instants: Vec<i64>,
    level: u64,
}

/// Days since 1970 of a civil date, and back.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

fn instant(minutes: i64) -> String {
    let (days, rest) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:00Z", rest / 60, rest % 60)
}

/// The scenario file of a seed.
pub fn file(seed: u64) -> File {
    let mut chance = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    // 2024-01-31, 2024-02-29, 2025-01-01, 2024-12-31, 2025-03-01, 2023-10-20 in days.
    let starts = [19_753, 19_782, 20_089, 20_088, 20_148, 19_650];
    let start = starts[chance.below(6) as usize] * 1_440 + [0, 0, 0, 90, 750][chance.below(5) as usize];
    let days = [3, 10, 35, 70, 130, 400][chance.below(6) as usize];
    let level = std::env::var("CREDITSIM_JUDGE_LEVEL").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut drawn = Drawn { chance, lines: Vec::new(), start, days, instants: Vec::new(), level };
    let zone = drawn.chance.of(&["UTC", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]);
    let head = format!(
        "version = 1\nname = \"judged\"\nseed = {}\nreplications = 1\nstart = {}\nend = {}\ntime_zone = \"{zone}\"\ncurrency = \"USD\"\n",
        seed % 1_000,
        instant(start),
        instant(start + days * 1_440),
    );
    drawn.all();
    File { head, lines: drawn.lines }
}

impl Drawn {
    fn add(&mut self, place: Place, line: String) {
        self.lines.push((place, line));
    }

    /// With one chance in `count`, if the level of the file permits it.
    fn now_and_then(&mut self, level: u64, count: u64) -> bool {
        self.chance.one_in(count) && level <= self.level
    }

    /// An instant of the horizon, often one of a few.
    fn at(&mut self) -> String {
        let minutes = self.minutes();
        instant(minutes)
    }

    fn minutes(&mut self) -> i64 {
        if self.instants.is_empty() {
            for _ in 0..3 {
                let day = self.chance.below(self.days as u64) as i64;
                let hour = [0, 0, 12][self.chance.below(3) as usize];
                self.instants.push((self.start + day * 1_440).div_euclid(1_440) * 1_440 + hour * 60);
            }
        }
        let minutes = match self.chance.below(3) {
            0 => self.instants[self.chance.below(3) as usize],
            1 => self.instants[self.chance.below(3) as usize] + self.chance.from(1, 4) as i64 * 60,
            _ => self.start + self.chance.below(self.days as u64 * 24) as i64 * 60,
        };
        minutes.clamp(self.start, self.start + self.days * 1_440 - 1)
    }

    fn credits(&mut self, most: u64) -> String {
        match self.chance.below(6) {
            0 => format!("{}.{}", self.chance.below(most), self.chance.from(1, 9)),
            1 => format!("{}.333333", self.chance.below(most)),
            _ => self.chance.from(1, most).to_string(),
        }
    }

    fn span(&mut self) -> String {
        let words = ["0s", "1 us", "7 min", "30 min", "1h", "2h", "90 min", "6h", "1 day", "3 days"];
        format!("\"{}\"", self.chance.of(&words))
    }

    fn some_span(&mut self) -> String {
        format!("\"{}\"", self.chance.of(&["7 min", "30 min", "1h", "2h", "6h", "1 day", "3 days"]))
    }

    fn period(&mut self) -> String {
        format!("\"{}\"", self.chance.of(&["month", "7 days", "30 days", "1 day", "2 months", "year", "36h"]))
    }

    fn probability(&mut self) -> String {
        self.chance.of(&["0.0", "1.0", "1.0", "0.5", "0.3"]).to_owned()
    }

    fn all(&mut self) {
        self.operations();
        self.cohort();
        self.policy();
        for _ in 0..self.chance.below(3) {
            let grant = self.grant();
            self.add(Place::CohortGrant, grant);
        }
        if self.now_and_then(1, 4) {
            let grant = self.grant();
            self.add(Place::PolicyGrant, grant);
        }
        self.enforcement(Place::Policy);
        for feature in FEATURES {
            if self.chance.one_in(3) {
                let rules = self.feature_rules();
                let rules: Vec<String> = rules.into_iter().collect();
                self.add(Place::Policy, format!("features.{feature} = {{ {} }}", rules.join(", ")));
            }
        }
        if self.now_and_then(3, 3) {
            self.plans();
        }
    }

    fn operations(&mut self) {
        let mut costs: BTreeMap<usize, bool> = BTreeMap::new();
        let count = self.chance.from(4, 30);
        for _ in 0..count {
            let feature = self.chance.below(3) as usize;
            costs.insert(feature, true);
            let at = self.at();
            let mut line = format!("{{ at = {at}, feature = \"{}\"", FEATURES[feature]);
            if self.now_and_then(2, 3) {
                let steps: Vec<String> = (0..self.chance.from(1, 4)).map(|_| self.step()).collect();
                write!(line, ", steps = [{}]", steps.join(", ")).unwrap();
            } else {
                let credits = self.credits(40);
                let credits = if self.chance.one_in(12) { "0".to_owned() } else { credits };
                write!(line, ", credits = {credits}, duration = {}", self.span()).unwrap();
            }
            if self.chance.one_in(4) {
                let outcome = self.chance.of(&["failed", "cancelled", "completed"]);
                write!(line, ", outcome = \"{outcome}\"").unwrap();
                if outcome != "completed" && self.chance.one_in(2) {
                    write!(line, ", after = \"{}\"", self.chance.of(&["0s", "1 us"])).unwrap();
                }
            }
            line.push_str(" }");
            self.add(Place::Operation, line);
        }
        for feature in 0..3 {
            let cost = self.chance.from(1, 9);
            self.add(Place::Feature(feature), format!("cost = {cost}"));
            if self.chance.one_in(6) {
                self.add(Place::Feature(feature), "free = true".to_owned());
            }
            if self.now_and_then(2, 5) && !costs.contains_key(&feature) {
                self.add(Place::Feature(feature), "arrivals = { poisson = \"2/day\" }".to_owned());
                self.add(
                    Place::Feature(feature),
                    "duration = { lognormal = { median = \"1h\", sigma = 1.0 } }".to_owned(),
                );
            }
        }
    }

    fn step(&mut self) -> String {
        let span = self.span();
        match self.chance.below(5) {
            0 => format!("{{ kind = \"review\", duration = {span} }}"),
            1 => format!("{{ kind = \"helper\", duration = {span} }}"),
            _ => format!("{{ credits = {}, duration = {span} }}", self.credits(15)),
        }
    }

    fn cohort(&mut self) {
        if self.chance.one_in(3) {
            let days = self.chance.from(1, 40);
            let line = match self.chance.below(3) {
                0 => format!("signed_up = {{ at = {} }}", instant(self.start - days as i64 * 1_440 + 600)),
                1 => format!("signed_up = {{ after = \"{} days\" }}", self.chance.below(5)),
                _ => "signed_up = { before = \"60 days\" }".to_owned(),
            };
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(3, 6) {
            let line = format!("lifetime = \"{} days\"", self.chance.from(2, 90));
            self.add(Place::Cohort, line);
        }
        if self.chance.one_in(5) {
            let line = format!("debt_at_start = {}", self.credits(20));
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(1, 7) {
            let mut closes: Vec<i64> = (0..self.chance.from(1, 3)).map(|_| self.minutes() + 60).collect();
            closes.retain(|&close| close > self.start && close < self.start + self.days * 1_440);
            closes.sort_unstable();
            closes.dedup();
            if !closes.is_empty() {
                let closes: Vec<String> = closes.into_iter().map(instant).collect();
                self.add(Place::Cohort, format!("cycle_closes = [{}]", closes.join(", ")));
            }
        }
        if self.now_and_then(2, 3) {
            let line =
                format!("members = {}\nbilling_members = {}", self.chance.from(1, 3), self.chance.from(1, 2));
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(2, 2) {
            self.reactions();
        }
        if self.now_and_then(2, 2) {
            let buyer = self.buyer();
            self.add(Place::Cohort, format!("buyer = {buyer}"));
        }
        if self.now_and_then(2, 6) {
            let line = format!(
                "churn = {{ refusals = {}, within = {}, probability = {} }}",
                self.chance.from(1, 3),
                self.some_span(),
                self.probability()
            );
            self.add(Place::Cohort, line);
        }
        if self.now_and_then(2, 6) {
            let unit = self.chance.of(&["hour", "day", "week", "month", "year"]);
            let line =
                format!("budget = {{ money = \"{} USD\", per = \"{unit}\" }}", self.chance.from(1, 12));
            self.add(Place::Cohort, line);
        }
    }

    fn reactions(&mut self) {
        let mut parts = Vec::new();
        if self.chance.one_in(2) {
            let (p, delay, attempts) = (self.probability(), self.some_span(), self.chance.from(1, 4));
            parts.push(format!("retry = {{ probability = {p}, delay = {delay}, attempts = {attempts} }}"));
        }
        if self.chance.one_in(2) {
            parts.push(format!("wait = {}", self.probability()));
        }
        if self.chance.one_in(3) {
            let p = self.probability();
            parts.push(format!(
                "substitute = {{ probability = {p}, pairs = {{ chat = \"image\", agent = \"chat\" }} }}"
            ));
        }
        // Probabilities of one draw sum to one at most.
        if parts.len() > 1 {
            parts = parts.into_iter().map(|part| part.replace("1.0", "0.4").replace("0.5", "0.3")).collect();
        }
        if !parts.is_empty() {
            self.add(Place::Cohort, format!("reactions = {{ {} }}", parts.join(", ")));
        }
    }

    fn buyer(&mut self) -> String {
        let mut parts = Vec::new();
        for key in ["on_refusal", "on_warning", "on_zero", "on_wait", "on_degraded"] {
            if self.chance.one_in(2) {
                parts.push(format!("{key} = {}", self.probability()));
            }
        }
        for key in ["while_short", "every"] {
            if self.chance.one_in(5) {
                parts.push(format!("{key} = {}", self.some_span()));
            }
        }
        for key in ["human_delay", "ask_delay", "processing"] {
            if self.chance.one_in(2) {
                parts.push(format!("{key} = {}", self.span()));
            }
        }
        if self.chance.one_in(4) {
            parts.push(format!("declined = {}", self.chance.of(&["0.5", "0.2"])));
        }
        if self.chance.one_in(3) {
            let choice = self.chance.of(&[
                "\"cheapest-per-credit\"",
                "{ fixed = \"large\" }",
                "{ weighted = { small = 1, large = 2 } }",
            ]);
            parts.push(format!("choice = {choice}"));
        }
        if self.chance.one_in(4) {
            parts.push("after_purchase = \"drop\"".to_owned());
        }
        format!("{{ {} }}", parts.join(", "))
    }

    fn rollover(&mut self) -> String {
        if self.chance.one_in(4) {
            return "\"all\"".to_owned();
        }
        let mut parts = Vec::new();
        if self.chance.one_in(2) {
            parts.push(format!("fraction = {}", self.chance.of(&["0.5", "0.3", "0.75", "0.0"])));
        }
        if self.chance.one_in(3) {
            parts.push("base = \"original\"".to_owned());
        }
        for (key, most) in [("min_credits", 12), ("max_credits", 30), ("max_total", 40)] {
            if self.chance.one_in(3) {
                parts.push(format!("{key} = {}", self.credits(most)));
            }
        }
        if self.chance.one_in(3) {
            parts.push("trim = \"newest\"".to_owned());
        }
        if self.chance.one_in(2) {
            parts.push(format!("max_periods = {}", self.chance.from(1, 3)));
        }
        if self.chance.one_in(2) {
            parts.push(format!("burns = \"{}\"", self.chance.of(&["before", "after"])));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    fn grant(&mut self) -> String {
        let mut parts = vec![format!("credits = {}", self.credits(60))];
        if self.chance.one_in(2) {
            parts.push(format!(
                "category = \"{}\"",
                self.chance.of(&["promotional", "included", "purchased"])
            ));
        }
        if self.chance.one_in(3) {
            parts.push(format!("priority = {}", self.chance.from(0, 2) as i64 - 1));
        }
        let mut effective = None;
        if self.chance.one_in(2) {
            let before = self.chance.one_in(3);
            let at =
                if before { self.start - self.chance.from(0, 20) as i64 * 1_440 } else { self.minutes() };
            effective = Some(at);
            parts.push(format!("effective_at = {}", instant(at)));
            if before && self.chance.one_in(2) {
                parts.push(format!("remaining = {}", self.chance.below(2)));
            }
        }
        let from = effective.unwrap_or(self.start);
        match self.chance.below(4) {
            0 => {
                parts.push(format!("expires_at = {}", instant(from + self.chance.from(1, 40) as i64 * 1_440)))
            }
            1 => parts.push(format!("expires_after = {}", self.period())),
            _ => {}
        }
        if self.chance.one_in(6) {
            let at = self.minutes().max(from + 60);
            parts.push(format!("voided_at = {}", instant(at)));
        }
        if self.chance.one_in(4) {
            let mut recurrence = vec![format!("every = {}", self.period())];
            if self.chance.one_in(3) {
                recurrence.push(format!(
                    "anchor = {}",
                    instant(self.start - 40_000 + self.chance.below(80_000) as i64)
                ));
            }
            if self.chance.one_in(2) {
                recurrence.push("mode = \"add\"".to_owned());
            }
            if self.chance.one_in(2) {
                recurrence.push(format!("valid = {}", self.period()));
            }
            parts.push(format!("recurrence = {{ {} }}", recurrence.join(", ")));
        }
        if self.chance.one_in(5) {
            parts.push(format!("rollover = {}", self.rollover()));
        }
        if self.chance.one_in(3) {
            parts.push(format!("price = \"{} USD\"", self.chance.from(1, 9)));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    fn allowance(&mut self) -> String {
        let anchor = match self.chance.below(6) {
            0 => ", anchor = \"calendar-month\"".to_owned(),
            1 => ", anchor = { day = 31 }".to_owned(),
            2 => format!(", anchor = {}", instant(self.start - 20_000)),
            3 => ", anchor = \"calendar-year\"".to_owned(),
            _ => String::new(),
        };
        let mut line = format!("{{ credits = {}, every = {}{anchor}", self.credits(80), self.period());
        if self.chance.one_in(3) {
            line.push_str(", opening = \"prorated\"");
        }
        if self.chance.one_in(4) {
            write!(line, ", priority = {}", self.chance.from(0, 2) as i64 - 1).unwrap();
        }
        if self.chance.one_in(6) {
            write!(line, ", category = \"{}\"", self.chance.of(&["promotional", "purchased"])).unwrap();
        }
        line + " }"
    }

    fn policy(&mut self) {
        if self.chance.one_in(4) {
            let every = self.period();
            if self.chance.one_in(2) {
                self.add(Place::Policy, format!("cycle = {every}"));
            }
        } else {
            let allowance = self.allowance();
            self.add(Place::Policy, format!("allowance = {allowance}"));
            if self.chance.one_in(2) {
                let rollover = self.rollover();
                self.add(Place::Policy, format!("rollover = {rollover}"));
            }
        }
        if self.now_and_then(3, 2) {
            let line = if self.chance.one_in(2) {
                format!(
                    "subscription = {{ price = \"{} USD\", every = {} }}",
                    self.chance.from(1, 30),
                    self.period()
                )
            } else {
                format!("subscription = \"{} USD\"", self.chance.from(1, 30))
            };
            self.add(Place::Policy, line);
        }
        if self.chance.one_in(4) {
            let keys = [
                "\"priority\"",
                "\"expires_at\"",
                "\"category\"",
                "\"unit_price\"",
                "\"effective_at\"",
                "\"created_at\"",
                "\"amount\"",
                "\"burns\"",
                "{ expires_at = \"second\" }",
                "{ expires_at = \"day\" }",
                "{ amount = \"larger-first\" }",
                "{ category = [\"purchased\", \"included\", \"promotional\"] }",
            ];
            let mut order: Vec<&str> = Vec::new();
            for _ in 0..self.chance.from(1, 5) {
                let key = self.chance.of(&keys);
                let kind = |key: &str| {
                    ["expires_at", "category", "amount"]
                        .iter()
                        .find(|k| key.contains(*k))
                        .map_or(key.to_owned(), |k| (*k).to_owned())
                };
                if !order.iter().any(|known| kind(known) == kind(key)) {
                    order.push(key);
                }
            }
            self.add(Place::Policy, format!("burn_order = [{}]", order.join(", ")));
        }
        if self.chance.one_in(6) {
            self.add(Place::Policy, "expiry_boundary = \"inclusive\"".to_owned());
        }
        if self.chance.one_in(6) {
            let line = format!("month_end = \"{}\"", self.chance.of(&["overflow", "last-day"]));
            self.add(Place::Policy, line);
        }
        if self.chance.one_in(3) {
            let line = format!(
                "round = {{ {} = {} }}",
                self.chance.of(&["up", "nearest", "down"]),
                self.chance.of(&["1", "0.5", "2.5", "0.01"])
            );
            self.add(Place::Policy, line);
            if self.chance.one_in(2) {
                self.add(Place::Policy, "round_per = \"charge\"".to_owned());
            }
        }
        self.overdraft();
        self.selling();
    }

    fn overdraft(&mut self) {
        if self.chance.one_in(2) {
            let mut parts = vec![match self.chance.below(5) {
                0 => "limit = \"unlimited\"".to_owned(),
                _ => format!("limit = {}", self.credits(30)),
            }];
            if self.chance.one_in(2) {
                parts.push(format!("repay = \"{}\"", self.chance.of(&["purchase", "never"])));
            }
            if self.chance.one_in(2) {
                parts.push(format!("at_cycle = \"{}\"", self.chance.of(&["forgive", "invoice"])));
            }
            if self.chance.one_in(2) {
                parts.push("price_per_credit = \"0.3 USD\"".to_owned());
            }
            if self.chance.one_in(4) {
                parts.push("fee = \"2 USD\"".to_owned());
            }
            if self.chance.one_in(6) {
                parts.push("adopted = 0.5".to_owned());
            }
            self.add(Place::Policy, format!("overdraft = {{ {} }}", parts.join(", ")));
        }
        if self.chance.one_in(6) {
            let line = format!("debt_counts = {}", self.chance.of(&["true", "false"]));
            self.add(Place::Policy, line);
        }
        if self.now_and_then(3, 4) {
            let mut parts = Vec::new();
            if self.chance.one_in(2) {
                parts.push(format!("pay = \"terms\", delay = {}", self.some_span()));
            }
            if self.chance.one_in(2) {
                parts.push("declined = 0.5".to_owned());
            }
            if self.chance.one_in(2) {
                parts.push(format!("write_off_after = {}", self.some_span()));
            }
            self.add(Place::Policy, format!("invoices = {{ {} }}", parts.join(", ")));
        }
    }

    fn selling(&mut self) {
        let mut packages = Vec::new();
        for (name, credits, price) in [("small", 10, "1"), ("large", 45, "4")] {
            let mut line = format!("{{ name = \"{name}\", credits = {credits}, price = \"{price} USD\"");
            if self.chance.one_in(2) {
                write!(line, ", expires_after = {}", self.period()).unwrap();
            }
            packages.push(line + " }");
        }
        self.add(Place::Policy, format!("packages = [{}]", packages.join(", ")));
        if self.now_and_then(2, 3) {
            for _ in 0..self.chance.from(1, 2) {
                let rule = self.top_up();
                self.add(Place::TopUp, rule);
            }
        }
        if self.now_and_then(1, 2) {
            for _ in 0..self.chance.from(1, 3) {
                let alert = self.alert();
                self.add(Place::Alert, alert);
            }
        }
        if self.now_and_then(3, 6) {
            let line = format!("metering_lag = {}", self.some_span());
            self.add(Place::Policy, line);
        }
        if self.now_and_then(2, 8) {
            let buyer = self.buyer();
            self.add(Place::Policy, format!("buyer = {buyer}"));
        }
    }

    fn threshold(&mut self) -> String {
        match self.chance.below(3) {
            0 => format!("\"{}%\"", self.chance.of(&["10", "25", "50", "100"])),
            _ => self.credits(30),
        }
    }

    fn view(&mut self) -> String {
        self.chance.of(&["settled", "available", "ongoing"]).to_owned()
    }

    fn top_up(&mut self) -> String {
        let mut parts = vec![format!("threshold = {}", self.threshold()), "cooldown = \"7 min\"".to_owned()];
        if self.chance.one_in(2) {
            parts[1] = format!("cooldown = {}", self.some_span());
        }
        let package = self.chance.of(&["small", "large"]);
        parts.push(format!("package = \"{package}\""));
        match self.chance.below(4) {
            0 => parts.push("amount = \"multiple\"".to_owned()),
            1 => parts.push(format!("amount = {{ up_to = {} }}", self.chance.from(30, 60))),
            _ => {}
        }
        if self.chance.one_in(2) {
            parts.push("compare = \"at-or-below\"".to_owned());
        }
        if self.chance.one_in(2) {
            parts.push(format!("view = \"{}\"", self.view()));
        }
        if self.chance.one_in(3) {
            parts.push("armed = \"crossing\"".to_owned());
        }
        if self.chance.one_in(4) {
            parts.push("adopted = 0.5".to_owned());
        }
        if self.chance.one_in(4) {
            parts.push("count_pending = false".to_owned());
        }
        if self.chance.one_in(3) {
            let unit = self.chance.of(&["hour", "day", "week", "month", "year"]);
            let cap =
                if self.chance.one_in(2) { "count = 2".to_owned() } else { "money = \"5 USD\"".to_owned() };
            parts.push(format!("cap = {{ {cap}, per = \"{unit}\" }}"));
        }
        if self.chance.one_in(2) {
            parts.push(format!("processing = {}", self.span()));
        }
        if self.chance.one_in(4) {
            parts.push(format!("declined = {}", self.chance.of(&["0.5", "1.0"])));
            if self.chance.one_in(2) {
                parts.push(format!("backoff = {}", self.some_span()));
            }
            parts.push(format!("disable_after = {}", self.chance.from(1, 3)));
        }
        if self.chance.one_in(3) {
            parts.push(format!("reevaluate = \"{}\"", self.chance.of(&["on-change", "on-check"])));
        }
        if self.chance.one_in(4) {
            parts.push(format!("ceiling = {}", self.chance.from(1, 3)));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    fn alert(&mut self) -> String {
        let threshold = self.threshold();
        let mut line = match self.chance.below(5) {
            0 => return "{ would_exceed = true }".to_owned(),
            1 | 2 => format!("{{ at_or_below = {threshold}"),
            _ => format!("{{ below = {threshold}"),
        };
        if self.chance.one_in(3) {
            line.push_str(", level = \"critical\"");
        }
        if self.chance.one_in(2) {
            write!(line, ", view = \"{}\"", self.view()).unwrap();
        }
        line + " }"
    }

    fn estimate(&mut self) -> String {
        let words = [
            "\"exact\"",
            "\"exact\"",
            "\"expected\"",
            "6",
            "{ fixed = 3 }",
            "{ history = \"first\" }",
            "{ history = \"last\" }",
            "{ history = { mean = 2 } }",
            "{ blur = { bias = 0.1, cv = 0.3 } }",
            "{ quantile = 0.5 }",
        ];
        self.chance.of(&words).to_owned()
    }

    fn admission(&mut self) -> String {
        match self.chance.below(if self.level >= 2 { 6 } else { 3 }) {
            0 => "\"none\"".to_owned(),
            1 => "\"positive\"".to_owned(),
            2 => format!("{{ estimate = {} }}", self.estimate()),
            _ => {
                let mut parts = vec![format!("estimate = {}", self.estimate())];
                if self.chance.one_in(2) {
                    parts.push(format!("buffer = {}", self.chance.of(&["0.2", "-0.5", "1.0", "0.1"])));
                }
                if self.chance.one_in(4) {
                    parts.push("need = \"positive\"".to_owned());
                }
                if self.chance.one_in(3) {
                    parts.push(format!("timeout = {}", self.some_span()));
                    if self.chance.one_in(2) {
                        parts.push("on_timeout = \"charge\"".to_owned());
                    }
                }
                if self.chance.one_in(2) {
                    parts.push(format!("overrun = \"{}\"", self.chance.of(&["absorb", "stop", "extend"])));
                }
                if self.chance.one_in(4) {
                    parts.push("pins_expiry = true".to_owned());
                }
                if self.chance.one_in(6) {
                    parts.push("leak = 0.5".to_owned());
                }
                format!("{{ hold = {{ {} }} }}", parts.join(", "))
            }
        }
    }

    fn feature_rules(&mut self) -> Vec<String> {
        let mut rules = vec![format!("admission = {}", self.admission())];
        if self.chance.one_in(3) {
            rules.push(format!("view = \"{}\"", self.view()));
        }
        if self.chance.one_in(2) {
            rules.push(format!("charge = \"{}\"", self.chance.of(&["start", "step", "segment"])));
        }
        let short = if self.level >= 2 {
            ["allow", "reject", "degrade", "queue"]
        } else {
            ["allow", "reject", "degrade", "reject"]
        };
        if self.chance.one_in(2) {
            rules.push(format!("short = \"{}\"", self.chance.of(&short)));
        }
        if self.chance.one_in(3) {
            rules.push(format!("beyond_limit = \"{}\"", self.chance.of(&short[1..])));
        }
        if self.now_and_then(2, 3) {
            rules.push(format!("in_flight = \"{}\"", self.chance.of(&["stop-at-step", "kill"])));
            if self.chance.one_in(2) {
                rules.push("killed = \"absorb\"".to_owned());
            }
        }
        if self.chance.one_in(3) {
            rules.push(format!("on_cancel = \"{}\"", self.chance.of(&["charge-all", "free"])));
        }
        if self.chance.one_in(3) {
            rules.push(format!("on_failure = \"{}\"", self.chance.of(&["charge-all", "free"])));
        }
        if self.chance.one_in(4) {
            rules.push(format!("minimum = {}", self.credits(10)));
            if self.chance.one_in(2) {
                rules.push("minimum_on_failure = true".to_owned());
            }
            if self.chance.one_in(2) {
                rules.push("minimum_on_cancel = true".to_owned());
            }
        }
        if self.now_and_then(3, 8) {
            rules.push("denial = 0.3".to_owned());
        }
        if self.chance.one_in(6) {
            rules.push("notify = false".to_owned());
        }
        rules
    }

    fn enforcement(&mut self, place: Place) {
        for rule in self.feature_rules() {
            self.add(place, rule);
        }
        if self.now_and_then(2, 3) {
            let line = format!("patience = {}", self.some_span());
            self.add(place, line);
        }
        if self.now_and_then(2, 6) {
            let line = format!("queue_max = {}", self.chance.below(3));
            self.add(place, line);
        }
        if self.now_and_then(2, 4) {
            let line = format!("resume = {}", self.some_span());
            self.add(place, line);
        }
        if self.now_and_then(2, 4) {
            let line = format!("max_in_flight = {}", self.chance.from(1, 3));
            self.add(place, line);
            let line = format!(
                "at_max_in_flight = \"{}\"",
                self.chance.of(&["allow", "reject", "degrade", "queue"])
            );
            self.add(place, line);
        }
        if self.now_and_then(3, 6) {
            let line = format!("refund_valid = {}", self.period());
            self.add(place, line);
        }
        if self.now_and_then(3, 6) {
            let (from, hours) = (self.minutes(), self.chance.from(1, 60));
            let to = from + hours as i64 * 60;
            self.add(
                Place::Outage,
                format!(
                    "name = \"vendor\"\nwindows = [{{ from = {}, to = {} }}]",
                    instant(from),
                    instant(to)
                ),
            );
        }
    }

    fn plans(&mut self) {
        if self.chance.one_in(2) {
            for _ in 0..self.chance.from(1, 2) {
                let change = self.plan_change();
                self.add(Place::PlanChange, change);
            }
            let allowance = self.allowance();
            self.add(Place::Plan, format!("allowance = {allowance}"));
            for rule in self.feature_rules() {
                if self.chance.one_in(2) {
                    self.add(Place::Plan, rule);
                }
            }
            if self.chance.one_in(2) {
                let line = format!("subscription = \"{} USD\"", self.chance.from(1, 30));
                self.add(Place::Plan, line);
            }
            if self.chance.one_in(3) {
                let grant = self.grant();
                self.add(Place::Plan, format!("grants = [{grant}]"));
            }
        }
        if self.chance.one_in(2) {
            for _ in 0..self.chance.from(1, 2) {
                let mut set = self.feature_rules();
                set.truncate(self.chance.from(1, 4) as usize);
                if self.chance.one_in(3) {
                    set.push(format!("allowance = {}", self.allowance()));
                }
                let change = format!("{{ at = {}, set = {{ {} }} }}", self.at(), set.join(", "));
                self.add(Place::RuleChange, change);
            }
        }
    }

    fn plan_change(&mut self) -> String {
        let mut parts = vec![match self.chance.below(3) {
            0 => format!("after = \"{} days\"", self.chance.below(20)),
            _ => format!("at = {}", self.at()),
        }];
        parts.push(format!("to = \"{}\"", self.chance.of(&["second", "second", "first"])));
        if self.chance.one_in(4) {
            parts.push("from = \"first\"".to_owned());
        }
        if self.chance.one_in(2) {
            parts.push("effective = \"now\"".to_owned());
            if self.chance.one_in(2) {
                parts.push("cycle = \"keep\"".to_owned());
                if self.chance.one_in(2) {
                    parts.push(format!(
                        "prorate = \"{}\"",
                        self.chance.of(&["none", "price", "credits", "both", "full"])
                    ));
                }
                if self.chance.one_in(3) {
                    parts.push("usage = \"reset\"".to_owned());
                }
            } else if self.chance.one_in(3) {
                parts.push("prorate = \"price\"".to_owned());
            }
        }
        if self.chance.one_in(4) {
            parts.push(format!("convert = {{ factor = {} }}", self.chance.of(&["0.5", "2", "1.333"])));
        }
        format!("{{ {} }}", parts.join(", "))
    }
}
