//! Random scenario files: every rule is switched by chance, instants are often equal.

mod ceilings;
mod chance;
mod grants;
mod levels;
mod limits;
mod money;
mod people;
mod plans;
mod policy;
mod quantities;
mod rates;
mod rules;
mod shop;
mod text;
mod when;
mod work;

pub use text::{FEATURES, File, Place};

use chance::Chance;
use when::instant;

/// What is known of the file that is being drawn.
struct Drawn {
    chance: Chance,
    lines: Vec<(Place, String)>,
    start: i64,
    days: i64,
    /// Instants that are used again and again.
    instants: Vec<i64>,
    /// Levels and kinds of features that are drawn.
    levels: Vec<u64>,
    /// Operations that are written down say their quantities.
    counted: bool,
    /// What is paid in advance may be earned over time, so that all that is paid for has an end.
    ratable: bool,
}

/// The scenario file of a seed, with the levels and kinds that the environment names.
pub fn file(seed: u64) -> File {
    file_of(seed, levels::levels(seed))
}

/// The scenario file of a seed, with features of these levels and kinds.
pub fn file_of(seed: u64, levels: Vec<u64>) -> File {
    let mut chance = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    // 2024-01-31, 2024-02-29, 2025-01-01, 2024-12-31, 2025-03-01, 2023-10-20 in days; before clocks change in Berlin, New York
    // and Santiago (at midnight, which there is none): 2024-03-29, 2024-10-26, 2024-11-01, 2024-09-05.
    let starts = [19_753, 19_782, 20_089, 20_088, 20_148, 19_650, 19_811, 20_022, 20_028, 19_971];
    let start = starts[chance.below(10) as usize] * 1_440 + [0, 0, 0, 90, 750][chance.below(5) as usize];
    let days = [3, 10, 35, 70, 130, 400][chance.below(6) as usize];
    let mut drawn = Drawn {
        chance,
        lines: Vec::new(),
        start,
        days,
        instants: Vec::new(),
        levels,
        counted: false,
        ratable: false,
    };
    let zones =
        ["UTC", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"];
    let zone = drawn.chance.of(&zones);
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

    /// True if features of a level or kind are drawn.
    fn has(&self, kind: u64) -> bool {
        levels::has(&self.levels, kind)
    }

    /// With one chance in `count`, if features of this level or kind are drawn.
    fn now_and_then(&mut self, kind: u64, count: u64) -> bool {
        self.chance.one_in(count) && self.has(kind)
    }

    /// With one chance in `count`; in two where what seldom meets is drawn often.
    fn seldom(&mut self, count: u64) -> bool {
        let count = if self.has(levels::SELDOM) { 2 } else { count };
        self.chance.one_in(count)
    }

    /// One to `most`, or to thrice as many where what seldom meets is drawn often.
    fn several(&mut self, most: u64) -> u64 {
        let most = if self.has(levels::SELDOM) { 3 * most } else { most };
        self.chance.from(1, most)
    }

    fn probability(&mut self) -> String {
        self.chance.of(&["0.0", "1.0", "1.0", "0.5", "0.3"]).to_owned()
    }

    fn all(&mut self) {
        self.ratable = self.only_with(levels::RATABLE, 2);
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
        self.money();
        if self.now_and_then(levels::PLANS, 2) {
            self.plan_changes();
        }
        if self.now_and_then(levels::RULES, 2) {
            self.rule_changes();
        }
        if self.now_and_then(levels::MEASURE, 3) {
            let line = format!("measure_from = {}", self.at());
            self.add(Place::Head, line);
        }
        self.limits();
        self.rates();
        self.limits_of_quantities();
    }
}
