//! Who the organizations of a history are: how much they call, when they come and go, which resemble each other.

use super::families::KNOTS;
use super::observe::{DAY, Observed, ObservedRow};
use super::prices::RateFormula;
use super::shape::{HOUR, HorizonGrid};

/// Share of a feature's calls above which an organization is a cohort of its own; at most so many are per feature, and
/// they must make so many calls.
const OWN_COHORT: (f64, usize, f64) = (0.05, 8, 50.0);
/// Organizations that are cohorts of their own in all.
const MOST_ALONE: usize = 24;
/// Organizations seen for less than this share of the history come and go.
const STAYS: f64 = 0.8;
/// A visit is shorter than this; histories shorter than `VISITED_DAYS` days have no visitors.
const VISIT: i64 = 20 * HOUR;
const VISITED_DAYS: f64 = 4.0;
/// The first of the smaller organizations, as a share of those below the first band: the others are a band of their own.
const MIDDLE: f64 = 0.4;
/// Organizations, and share of all calls or calls, with which a main feature has bands of its own.
const OWN_BANDS: (usize, f64, f64) = (4, 0.02, 48.0);

/// One organization of the history.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Its rows, in order of time.
    pub rows: Vec<u32>,
    /// Its calls, and those of each feature.
    pub calls: f64,
    pub by_feature: Vec<f64>,
    /// What its calls cost under the scenario's first rates (credits of a unit).
    pub credits: f64,
    /// First call and end of its life [microseconds since 1970]: one mean gap after the last call.
    pub first: i64,
    pub until: i64,
}

/// How organizations come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stay {
    /// All the time.
    Always,
    /// For a while.
    Passing,
    /// For a day at most.
    Visit,
}

impl Stay {
    /// What such organizations are called.
    pub fn word(self) -> &'static str {
        match self {
            Stay::Always => "regulars",
            Stay::Passing => "guests",
            Stay::Visit => "visitors",
        }
    }
}

/// Organizations that resemble each other, the largest first.
#[derive(Debug, Clone)]
pub(super) struct CustomerGroup {
    pub name: String,
    pub stay: Stay,
    pub members: Vec<u32>,
    /// One organization that weighs too much to be one of many.
    pub alone: bool,
}

/// All organizations by their numbers.
pub(super) fn customers(observed: &Observed, frame: &HorizonGrid) -> Vec<Seen> {
    let features = observed.features.len();
    let mut all = vec![Seen::default(); observed.organizations as usize];
    let formula = RateFormula::of(observed);
    for (number, row) in observed.rows.iter().enumerate() {
        let seen = &mut all[row.organization as usize];
        if seen.rows.is_empty() {
            seen.first = row.at;
            seen.by_feature = vec![0.0; features];
        }
        seen.rows.push(number as u32);
        seen.calls += row.calls;
        seen.credits += formula.credits(row);
        seen.until = row.at;
        seen.by_feature[usize::from(row.feature)] += row.calls;
    }
    for seen in &mut all {
        // n calls have n − 1 gaps; an organization lives one gap longer than it is seen. A bucket lives to its end.
        let gaps = seen.rows.len().saturating_sub(1).max(1) as i64;
        let gap = ((seen.until - seen.first) / gaps).max(observed.resolution);
        seen.until = (seen.until + gap.max(HOUR / 60)).min(frame.start + frame.length);
    }
    all
}

impl Seen {
    fn stay(&self, frame: &HorizonGrid) -> Stay {
        let (length, seen) = (frame.length as f64, (self.until - self.first) as f64);
        let gap = seen / self.rows.len().max(2) as f64;
        if seen + gap >= STAYS * length {
            Stay::Always
        } else if self.until - self.first < VISIT + frame.cell - HOUR && length >= VISITED_DAYS * DAY as f64 {
            Stay::Visit
        } else {
            Stay::Passing
        }
    }

    fn main_feature(&self) -> usize {
        let most = self
            .by_feature
            .iter()
            .copied()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        most.map_or(0, |(feature, _)| feature)
    }

    /// Its rows.
    pub fn rows<'a>(&'a self, observed: &'a Observed) -> impl Iterator<Item = &'a ObservedRow> {
        self.rows.iter().map(|row| &observed.rows[*row as usize])
    }
}

/// Groups of organizations: the heaviest alone, then those that stay, pass, visit, by main feature and size.
pub(super) fn groups(customers: &[Seen], frame: &HorizonGrid) -> Vec<CustomerGroup> {
    // Ties by number, so that the order does not depend on the sort.
    let mut order: Vec<u32> =
        (0..customers.len() as u32).filter(|number| customers[*number as usize].calls > 0.0).collect();
    let calls = |number: &u32| customers[*number as usize].calls;
    // Who weighs much, in calls or in credits, is not averaged with others.
    let (all_calls, all_credits) =
        customers.iter().fold((1e-9, 1e-9), |sums, seen| (sums.0 + seen.calls, sums.1 + seen.credits));
    let weight = |number: &u32| {
        let seen = &customers[*number as usize];
        seen.calls / all_calls + seen.credits / all_credits
    };
    order.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
    let alone = alone(customers, &order);
    let mut groups: Vec<CustomerGroup> = alone
        .iter()
        .enumerate()
        .map(|(rank, number)| CustomerGroup {
            name: format!("large-{}", rank + 1),
            stay: customers[*number as usize].stay(frame),
            members: vec![*number],
            alone: true,
        })
        .collect();
    order.retain(|number| !alone.contains(number));
    let all: f64 = order.iter().map(calls).sum();
    for stay in [Stay::Always, Stay::Passing, Stay::Visit] {
        let name = stay.word();
        let class: Vec<u32> =
            order.iter().copied().filter(|number| customers[*number as usize].stay(frame) == stay).collect();
        let mut count = 0;
        for members in by_main_feature(customers, &class, all) {
            for band in bands(&members) {
                count += 1;
                groups.push(CustomerGroup {
                    name: format!("{name}-{count}"),
                    stay,
                    members: band.to_vec(),
                    alone: false,
                });
            }
        }
    }
    groups
}

/// Organizations that weigh too much in some feature to be drawn, the largest first.
fn alone(customers: &[Seen], order: &[u32]) -> Vec<u32> {
    let features = customers.iter().map(|seen| seen.by_feature.len()).max().unwrap_or(0);
    let mut heavy = Vec::new();
    for feature in 0..features {
        let calls = |number: &u32| customers[*number as usize].by_feature[feature];
        let total: f64 = order.iter().map(calls).sum();
        let least = OWN_COHORT.2.max(OWN_COHORT.0 * total);
        let mut own: Vec<u32> = order.iter().copied().filter(|number| calls(number) > least).collect();
        own.sort_by(|a, b| calls(b).total_cmp(&calls(a)).then(a.cmp(b)));
        heavy.extend(own.into_iter().take(OWN_COHORT.1));
    }
    let mut heavy: Vec<u32> = order.iter().copied().filter(|number| heavy.contains(number)).collect();
    heavy.truncate(MOST_ALONE);
    heavy
}

/// Organizations by main feature, where that feature has enough of them; the others together.
fn by_main_feature(customers: &[Seen], class: &[u32], all: f64) -> Vec<Vec<u32>> {
    let features = customers.iter().map(|seen| seen.by_feature.len()).max().unwrap_or(0);
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); features];
    for number in class {
        groups[customers[*number as usize].main_feature()].push(*number);
    }
    let calls =
        |members: &Vec<u32>| members.iter().map(|number| customers[*number as usize].calls).sum::<f64>();
    let (own, rest): (Vec<_>, Vec<_>) =
        groups.into_iter().filter(|members| !members.is_empty()).partition(|members| {
            members.len() >= OWN_BANDS.0 && calls(members) >= OWN_BANDS.2.min(OWN_BANDS.1 * all)
        });
    let mut rest: Vec<u32> = rest.into_iter().flatten().collect();
    rest.sort_by_key(|number| class.iter().position(|other| other == number));
    own.into_iter().chain([rest]).filter(|members| !members.is_empty()).collect()
}

/// Bands of similar rank: as many of the largest as can be taken one by one, then those below them, then the small ones.
fn bands(members: &[u32]) -> Vec<&[u32]> {
    let (first, rest) = members.split_at(members.len().min(KNOTS));
    let middle = if rest.len() > 2 * KNOTS { (rest.len() as f64 * MIDDLE) as usize } else { rest.len() };
    let (second, third) = rest.split_at(middle);
    [first, second, third].into_iter().filter(|band| !band.is_empty()).collect()
}
