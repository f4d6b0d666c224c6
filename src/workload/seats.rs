//! Members who come and go: when each has a seat, alike under every policy (docs/semantics.md §14.19).
//!
//! Owns who is there at an instant and who asks for an operation that is drawn then. Leaves what a seat gives to policies.
//! Invariant: changes are in order, and nobody joins who is there or leaves who is not.

use crate::sampling::{Dist, Draws as _, TraitPoint, TraitUniforms};
use crate::units::{NO_MEMBER, Probability, SimSpan, SimTime};

use super::traits::{Member, Traits};

/// A member takes its seat, or leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeatChange {
    /// When.
    pub at: SimTime,
    /// True: it joins or returns; false: it leaves.
    pub joins: bool,
    /// An index into the organization's members.
    pub member: u16,
}

/// When members of an organization come and go.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum SeatFlow {
    /// All are there all the time.
    #[default]
    Steady,
    /// Written down, in order.
    Written(Vec<SeatChange>),
    /// Drawn.
    Drawn(SeatRates),
}

/// How often members of an organization come and go.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatRates {
    /// Joins of an organization (per second).
    pub joins: f64,
    /// Rate at which each member leaves (per second); 0 if nobody does.
    pub leaves: f64,
    /// Whether one that has left returns, and how long after (seconds).
    pub returns: Option<(Probability, Dist)>,
    /// Nothing is drawn beyond the end of the horizon.
    pub until: SimTime,
}

/// Most members that an organization ever has.
const MOST_EVER: usize = 65_000;

/// Most times that one member comes and goes.
const MOST_STAYS: u32 = 10_000;

impl SeatRates {
    /// Draws who comes and goes from an instant on, behind the members that there are then, whom this extends.
    pub(super) fn draw(
        &self,
        members: &mut Vec<Member>,
        point: TraitPoint,
        from: SimTime,
        billing: impl Fn(usize, &mut TraitUniforms) -> bool,
    ) -> Vec<SeatChange> {
        let mut changes = Vec::new();
        let weights: Vec<f64> = weights_of(members);
        for member in 0..members.len() {
            self.stay(member, from, &mut point.group(&format!("seat {member}")), &mut changes);
        }
        let (mut at, mut all) = (from, weights.clone());
        for n in 0.. {
            let mut own = point.group(&format!("join {n}"));
            if self.joins <= 0.0 || members.len() >= MOST_EVER {
                break;
            }
            at = at + exponential(&mut own, self.joins);
            if at >= self.until {
                break;
            }
            let like = own.uniform() * weights.len() as f64;
            all.push(weights[(like as usize).min(weights.len() - 1)]);
            let can_buy = billing(members.len(), &mut own);
            let number = members.len();
            changes.push(SeatChange { at, joins: true, member: number as u16 });
            members.push(Member { cumulative_share: 1.0, billing: can_buy, group: None, label: None });
            self.stay(number, at, &mut own, &mut changes);
        }
        share_among(members, &all);
        changes.sort_unstable();
        changes
    }

    /// A member is there from an instant on, and comes and goes from then.
    fn stay(&self, member: usize, from: SimTime, own: &mut TraitUniforms, changes: &mut Vec<SeatChange>) {
        let (mut at, member) = (from, member as u16);
        for _ in 0..MOST_STAYS {
            if self.leaves <= 0.0 {
                return;
            }
            at = at + exponential(own, self.leaves);
            if at >= self.until {
                return;
            }
            changes.push(SeatChange { at, joins: false, member });
            let Some((returns, after)) = &self.returns else { return };
            let (back, away) = (returns.holds(own.uniform()), own.value(after));
            at = at + SimSpan::from_seconds_f64(away.max(0.0)).max(SimSpan::from_micros(1));
            if !back || at >= self.until {
                return;
            }
            changes.push(SeatChange { at, joins: true, member });
        }
    }
}

/// A time that is exponential at a rate, a microsecond at least.
fn exponential(own: &mut TraitUniforms, rate: f64) -> SimSpan {
    let seconds = -libm::log1p(-own.uniform()) / rate;
    SimSpan::from_seconds_f64(seconds.min(1e9)).max(SimSpan::from_micros(1))
}

/// The share of each member.
fn weights_of(members: &[Member]) -> Vec<f64> {
    let before = std::iter::once(0.0).chain(members.iter().map(|member| member.cumulative_share));
    members.iter().zip(before).map(|(member, before)| member.cumulative_share - before).collect()
}

/// Gives members shares in proportion to their weights.
fn share_among(members: &mut [Member], weights: &[f64]) {
    let (all, mut sum): (f64, f64) = (weights.iter().sum(), 0.0);
    for (member, weight) in members.iter_mut().zip(weights) {
        sum += weight;
        member.cumulative_share = sum / all;
    }
    if let Some(last) = members.last_mut() {
        last.cumulative_share = 1.0;
    }
}

impl Traits {
    /// Whether a member is there at an instant; a change of that instant has happened.
    #[must_use]
    pub fn is_there(&self, member: u16, at: SimTime) -> bool {
        if self.seats.is_empty() {
            return true;
        }
        let own = || self.seats.iter().filter(|change| change.member == member);
        let last = own().take_while(|change| change.at <= at).last();
        last.map_or_else(|| own().next().is_none_or(|first| !first.joins), |change| change.joins)
    }

    /// Whether a member who is there can buy at an instant: by itself, or in the place of one who has left.
    #[must_use]
    pub fn can_buy(&self, member: u16, at: SimTime) -> bool {
        let drawn = |member: u16| self.members.get(usize::from(member)).is_none_or(|one| one.billing);
        if self.seats.is_empty() {
            return drawn(member);
        }
        let count = self.members.len();
        let mut buyers: Vec<bool> = self.members.iter().map(|one| one.billing).collect();
        let mut there: Vec<bool> = (0..count).map(|one| self.is_there(one as u16, SimTime::MIN)).collect();
        for change in self.seats.iter().take_while(|change| change.at <= at) {
            let place = usize::from(change.member);
            there[place] = change.joins;
            if !change.joins && buyers[place] {
                let next = (1..count).map(|step| (place + step) % count);
                if let Some(heir) = next.into_iter().find(|heir| there[*heir] && !buyers[*heir]) {
                    buyers[heir] = true;
                }
            }
        }
        buyers.get(usize::from(member)).copied().unwrap_or_else(|| drawn(member))
    }
}

/// Who of an organization asks, as its members come and go.
#[derive(Debug)]
pub(super) struct Askers {
    changes: Box<[SeatChange]>,
    next: usize,
    weights: Box<[f64]>,
    there: Box<[bool]>,
    /// Σ weights of those who are there.
    sum: f64,
}

impl Askers {
    /// Of an organization before its first operation.
    pub(super) fn new(traits: &Traits) -> Askers {
        let there: Box<[bool]> =
            (0..traits.members.len()).map(|one| traits.is_there(one as u16, SimTime::MIN)).collect();
        let weights: Box<[f64]> = weights_of(&traits.members).into();
        let mut askers = Askers { changes: traits.seats.clone().into(), next: 0, weights, there, sum: 0.0 };
        askers.add_up();
        askers
    }

    fn add_up(&mut self) {
        self.sum = self.present().map(|(_, weight)| weight).sum();
    }

    fn present(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let all = self.weights.iter().zip(&self.there).enumerate();
        all.filter(|(_, (_, there))| **there).map(|(number, (weight, _))| (number, *weight))
    }

    /// Who asks at an instant, no earlier than the last; `uniform` picks among those who are there.
    pub(super) fn pick(&mut self, at: SimTime, uniform: f64) -> u16 {
        let before = self.next;
        while let Some(change) = self.changes.get(self.next).filter(|change| change.at <= at) {
            self.there[usize::from(change.member)] = change.joins;
            self.next += 1;
        }
        if self.next != before {
            self.add_up();
        }
        let (point, mut sum) = (uniform * self.sum, 0.0);
        let mut last = NO_MEMBER;
        for (number, weight) in self.present() {
            (sum, last) = (sum + weight, number as u16);
            if point < sum {
                break;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> SimTime {
        SimTime::from_micros(day * SimSpan::DAY.micros())
    }

    fn change(at: i64, joins: bool, member: u16) -> SeatChange {
        SeatChange { at: day(at), joins, member }
    }

    /// Three members with shares 1 : 1 : 2, the first of whom can buy.
    fn traits(seats: Vec<SeatChange>) -> Traits {
        let member = |(cumulative_share, billing): (f64, bool)| Member {
            cumulative_share,
            billing,
            group: None,
            label: None,
        };
        let members = [(0.25, true), (0.5, false), (1.0, false)].map(member).to_vec();
        Traits { members, seats, ..Traits::default() }
    }

    #[test]
    fn who_joins_first_was_not_there_before() {
        let traits = traits(vec![change(2, false, 0), change(3, true, 2), change(5, true, 0)]);
        let there = |at: i64| [0, 1, 2].map(|member| traits.is_there(member, day(at)));
        assert_eq!(there(1), [true, true, false]);
        assert_eq!(there(2), [false, true, false]);
        assert_eq!(there(3), [false, true, true]);
        assert_eq!(there(5), [true, true, true]);
    }

    #[test]
    fn a_uniform_picks_among_those_who_are_there_by_their_shares() {
        let traits = traits(vec![change(2, false, 0), change(4, false, 1), change(4, false, 2)]);
        let mut askers = Askers::new(&traits);
        assert_eq!([0.0, 0.24, 0.3, 0.6].map(|uniform| askers.pick(day(1), uniform)), [0, 0, 1, 2]);
        // 1 : 2 is left of 1 : 1 : 2.
        assert_eq!([0.0, 0.32, 0.34, 0.99].map(|uniform| askers.pick(day(2), uniform)), [1, 1, 2, 2]);
        assert_eq!(askers.pick(day(4), 0.5), NO_MEMBER);
    }

    #[test]
    fn the_next_member_takes_the_place_of_a_buyer_who_leaves() {
        let traits = traits(vec![change(2, false, 0), change(3, false, 1), change(5, true, 0)]);
        let buys = |at: i64| [0, 1, 2].map(|member| traits.can_buy(member, day(at)));
        assert_eq!(buys(1), [true, false, false]);
        assert_eq!(buys(2)[1..], [true, false]);
        assert!(buys(3)[2]);
        assert!(buys(5)[0]);
    }

    #[test]
    fn drawn_seats_depend_on_nothing_but_the_organization() {
        let rates = |leaves: f64| SeatRates {
            joins: 1.0 / 86_400.0,
            leaves,
            returns: Some((Probability::ONE, Dist::Fixed(3_600.0))),
            until: day(60),
        };
        let draw = |leaves: f64| {
            let mut members = traits(Vec::new()).members;
            let changes = rates(leaves).draw(&mut members, TraitPoint::default(), day(0), |_, _| true);
            (members, changes)
        };
        let (members, changes) = draw(1e-6);
        assert!(members.len() > 30 && members.len() < 100, "about one join a day: {}", members.len());
        assert!(changes.is_sorted());
        let joins = |changes: &[SeatChange], members: usize| -> Vec<Option<SimTime>> {
            let first = |member: usize| {
                changes.iter().find(|change| usize::from(change.member) == member && change.joins)
            };
            (3..members).map(|member| first(member).map(|change| change.at)).collect()
        };
        let count = members.len();
        assert_eq!(
            joins(&changes, count),
            joins(&draw(0.0).1, count),
            "who leaves changes nothing of who joins"
        );
        assert_eq!(members.last().map(|member| member.cumulative_share), Some(1.0));
    }
}
