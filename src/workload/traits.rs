//! Traits of one organization, drawn once per replication and alike under every policy.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sampling::{Dist, Draws as _, TraitPoint, TraitUniforms};
use crate::units::{CohortIndex, OrganizationId, Probability, SimSpan, SimTime};

use super::demand::Drift;
use super::profile::Profile;
use super::seats::{SeatChange, SeatFlow};

/// What is drawn for one organization before its first operation.
#[derive(Debug, Clone, Default)]
pub struct Traits {
    /// The organization.
    pub id: OrganizationId,
    /// Where its traits, these and those of its features, are taken from.
    pub point: TraitPoint,
    /// Its label, for organizations from a usage history.
    pub label: String,
    /// Its number among the accounts that a file of its cohort tells of, if it is one of them.
    pub account: Option<u32>,
    /// Sign-up; may lie before the scenario's start.
    pub signed_up: SimTime,
    /// End of its life; `SimTime::MAX` if it stays. Demand, purchases and renewals stop here.
    pub leaves: SimTime,
    /// Before this it asks for nothing, though it has signed up.
    pub asks_from: SimTime,
    /// After this it asks for nothing more, though it stays a customer; `SimTime::MAX` if there is no such time.
    pub quiet: SimTime,
    /// Multiplies every rate.
    pub activity: f64,
    /// Moves its profile to later hours (hours).
    pub phase: f64,
    /// Members, all who are ever there; at least one.
    pub members: Vec<Member>,
    /// When members come and go, in order; empty if all are there all the time.
    pub seats: Vec<SeatChange>,
    /// Number of projects; at least one.
    pub projects: u16,
    /// Share of the organization's operations up to and including each project, in [0, 1].
    pub project_shares: Vec<f64>,
    /// Per feature in file order: whether this organization has it.
    pub enabled: Vec<bool>,
    /// Per feature in file order: multiplies its rate, besides `activity`.
    pub factors: Vec<f64>,
    /// One uniform that picks the plan alike under every policy.
    pub plan_uniform: f64,
}

/// A person in an organization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// Share of the organization's operations up to and including this member, in [0, 1].
    pub cumulative_share: f64,
    /// Whether this member can buy.
    pub billing: bool,
    /// The group it is in, by its number in the scenario.
    pub group: Option<u16>,
    /// The hash of its label, if a history names it.
    pub label: Option<u64>,
}

/// How organizations of a cohort differ from each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// The cohort's name.
    pub name: String,
    /// Its index.
    pub cohort: CohortIndex,
    /// Start of the horizon.
    pub start: SimTime,
    /// When organizations sign up.
    pub signed_up: SignUp,
    /// Time from sign-up to the end of an organization's life (seconds); endless if absent.
    pub lifetime: Option<Dist>,
    /// If not empty, in the place of `lifetime`: lifetimes dealt by number, as [`SignUp::Dealt`] (seconds).
    pub lifetimes: Arc<[f64]>,
    /// Time from sign-up until an organization first asks for something (seconds); none if absent.
    pub active_from: Option<Dist>,
    /// If not empty, in the place of `active_from`: times dealt by number, as [`SignUp::Dealt`] (seconds).
    pub actives_from: Arc<[f64]>,
    /// Time from there until it asks for nothing more, though it stays (seconds); endless if absent.
    pub active: Option<Dist>,
    /// If not empty, in the place of `active`: times dealt by number, as [`SignUp::Dealt`] (seconds).
    pub actives: Arc<[f64]>,
    /// Multiplies every rate of an organization.
    pub activity: Dist,
    /// Weights of the hours of a week.
    pub profile: Option<Profile>,
    /// Moves the profile of an organization to later hours (hours).
    pub phase: Dist,
    /// Members of an organization; rounded, at least 1.
    pub members: Dist,
    /// When members come and go.
    pub seats: SeatFlow,
    /// Weight of a member's share of the operations: 0 is equal shares, s is Zipf with exponent s over ranks.
    pub member_skew: f64,
    /// Who can buy.
    pub billing: Billing,
    /// Groups that members are in, by their numbers in the scenario, with their weights; nobody is in one if it is empty.
    pub groups: Vec<(u16, f64)>,
    /// Groups of single members by their numbers, as written.
    pub placed: BTreeMap<u16, u16>,
    /// Projects of an organization; rounded, at least 1.
    pub projects: Dist,
    /// As `member_skew`.
    pub project_skew: f64,
    /// Every feature in file order.
    pub features: Vec<FeatureUse>,
}

impl Default for Population {
    fn default() -> Self {
        Population {
            name: String::new(),
            cohort: CohortIndex::default(),
            start: SimTime::default(),
            signed_up: SignUp::AtStart,
            lifetime: None,
            lifetimes: Arc::default(),
            active_from: None,
            actives_from: Arc::default(),
            active: None,
            actives: Arc::default(),
            activity: Dist::Fixed(1.0),
            profile: None,
            phase: Dist::Fixed(0.0),
            members: Dist::Fixed(1.0),
            seats: SeatFlow::Steady,
            member_skew: 0.0,
            billing: Billing::All,
            groups: Vec::new(),
            placed: BTreeMap::new(),
            projects: Dist::Fixed(1.0),
            project_skew: 0.0,
            features: Vec::new(),
        }
    }
}

/// When organizations sign up.
#[derive(Debug, Clone, PartialEq)]
pub enum SignUp {
    /// All at the scenario's start.
    AtStart,
    /// Spread evenly over a span before the start.
    Before(SimSpan),
    /// Spread evenly over a span after the start; those beyond the horizon's end never come. Given their number, this
    /// is what Poisson sign-ups look like.
    During(SimSpan),
    /// All at one instant.
    At(SimTime),
    /// This long after the start, drawn per organization (seconds).
    After(Dist),
    /// This long after the start (seconds), dealt to the organizations in the order of their numbers, again and again.
    Dealt(Arc<[f64]>),
    /// At the first row of their history; at the scenario's start without one.
    AtFirstUse,
}

/// Which members can buy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Billing {
    /// Every member.
    All,
    /// The first n (those with the largest shares).
    First(u16),
    /// Each with a probability; at least one.
    Share(Probability),
}

/// A cohort's use of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureUse {
    /// The feature's name (streams are keyed by it).
    pub name: String,
    /// Share of organizations that have it.
    pub share: Probability,
    /// Multiplies its rate; drawn per organization.
    pub factor: Dist,
    /// If not empty, in the place of `share` and `factor`: factors dealt to the organizations in the order of their
    /// numbers, again and again; 0 is an organization without the feature. Nothing is left to chance, so a few large
    /// organizations weigh what they weigh in every replication.
    pub dealt: Arc<[f64]>,
    /// What differs for this cohort from the feature's demand.
    pub own: OwnDemand,
}

/// What a cohort says differently about a feature's demand; the feature's own holds for what is left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnDemand {
    /// Weights of the hours of a week.
    pub profile: Option<Profile>,
    /// Drift of the rate.
    pub drift: Option<Drift>,
    /// Coefficient of variation of the gaps.
    pub cv: Option<f64>,
    /// Operations of a burst of [`super::Arrivals::Exact`].
    pub calls: Option<Dist>,
    /// Distributions of quantities, by name: one for every organization, or several that are dealt to the organizations
    /// in the order of their numbers, as factors are. Those that are several are equally many.
    pub quantities: Vec<(String, Arc<[Dist]>)>,
}

impl FeatureUse {
    /// A use by a share of the organizations, with a factor drawn for each.
    #[must_use]
    pub fn new(name: impl Into<String>, share: Probability, factor: Dist) -> FeatureUse {
        FeatureUse { name: name.into(), share, factor, dealt: Arc::default(), own: OwnDemand::default() }
    }

    /// Whether organization `number` has the feature, and its factor; `point` is the organization's.
    fn draw(&self, number: u32, point: TraitPoint) -> (bool, f64) {
        if !self.dealt.is_empty() {
            let factor = dealt(&self.dealt, number);
            return (factor > 0.0, factor);
        }
        let own = point.within(&self.name);
        let enabled = self.share.holds(own.group("share").uniform());
        (enabled, own.group("factor").value(&self.factor).max(0.0))
    }
}

/// The value of a list that falls to an organization.
fn dealt(values: &[f64], number: u32) -> f64 {
    values[number as usize % values.len()]
}

/// A span that is dealt by number, drawn, or not said.
fn drawn_or_dealt(
    drawn: &Option<Dist>,
    list: &[f64],
    number: u32,
    mut uniforms: TraitUniforms,
) -> Option<SimSpan> {
    let seconds = match drawn {
        _ if !list.is_empty() => dealt(list, number),
        Some(drawn) => uniforms.value(drawn),
        None => return None,
    };
    Some(SimSpan::from_seconds_f64(seconds))
}

/// Attempts at drawing a lifetime that reaches the scenario's start.
const LIFETIME_ATTEMPTS: u32 = 256;

impl Population {
    /// Takes the traits of organization `number` from its point.
    #[must_use]
    pub fn draw(&self, point: TraitPoint, number: u32) -> Traits {
        let (signed_up, leaves) =
            self.draw_life(number, &mut point.group("signed_up"), &mut point.group("lifetime"));
        let (asks_from, quiet) = self.draw_active(number, signed_up, point);
        let mut members = self.draw_members(&mut point.group("members"), &mut point.group("billing"));
        let seats = self.draw_seats(&mut members, point, signed_up.max(self.start));
        self.draw_groups(&mut members, point);
        let project_shares = shares(&self.projects, self.project_skew, &mut point.group("projects"));
        let mut enabled = Vec::with_capacity(self.features.len());
        let mut factors = Vec::with_capacity(self.features.len());
        for feature in &self.features {
            let (has, factor) = feature.draw(number, point);
            enabled.push(has);
            factors.push(factor);
        }
        Traits {
            id: OrganizationId { cohort: self.cohort, number },
            point,
            label: String::new(),
            account: None,
            signed_up,
            leaves,
            asks_from,
            quiet,
            activity: point.group("activity").value(&self.activity).max(0.0),
            phase: point.group("phase").value(&self.phase),
            members,
            seats,
            projects: project_shares.len() as u16,
            project_shares,
            enabled,
            factors,
            plan_uniform: point.group("plan").uniform(),
        }
    }

    /// Sign-up and end of life. Who signed up before the start is alive at the start, or would not be a customer:
    /// sign-up and lifetime are drawn together until that is so.
    fn draw_life(
        &self,
        number: u32,
        sign_ups: &mut TraitUniforms,
        lifetimes: &mut TraitUniforms,
    ) -> (SimTime, SimTime) {
        let mut life = (self.start, self.start);
        for _ in 0..LIFETIME_ATTEMPTS {
            let signed_up = self.draw_sign_up(number, sign_ups);
            let leaves = match &self.lifetime {
                _ if !self.lifetimes.is_empty() => {
                    signed_up + SimSpan::from_seconds_f64(dealt(&self.lifetimes, number))
                }
                Some(lifetime) => signed_up + SimSpan::from_seconds_f64(lifetimes.value(lifetime)),
                None => SimTime::MAX,
            };
            life = (signed_up, leaves);
            if leaves > self.start {
                break;
            }
        }
        life
    }

    /// When an organization asks for something at all.
    fn draw_active(&self, number: u32, signed_up: SimTime, point: TraitPoint) -> (SimTime, SimTime) {
        let from = drawn_or_dealt(&self.active_from, &self.actives_from, number, point.group("active_from"));
        let from = from.map_or(signed_up, |span| signed_up + span);
        let active = drawn_or_dealt(&self.active, &self.actives, number, point.group("active"));
        (from, active.map_or(SimTime::MAX, |span| from + span))
    }

    fn draw_sign_up(&self, number: u32, sign_ups: &mut TraitUniforms) -> SimTime {
        let within = |span: SimSpan, u: f64| SimSpan::from_micros((span.micros() as f64 * u) as i64);
        match &self.signed_up {
            SignUp::AtStart | SignUp::AtFirstUse => self.start,
            SignUp::At(at) => *at,
            SignUp::After(offset) => self.start + SimSpan::from_seconds_f64(sign_ups.value(offset)),
            SignUp::Dealt(offsets) => self.start + SimSpan::from_seconds_f64(dealt(offsets, number)),
            SignUp::Before(span) => self.start - within(*span, sign_ups.uniform()),
            SignUp::During(span) => self.start + within(*span, sign_ups.uniform()),
        }
    }

    /// Puts members into groups: the n-th uniform is the n-th member's, whoever is placed, by a written operation or by a
    /// history that names a group.
    pub(super) fn draw_groups(&self, members: &mut [Member], point: TraitPoint) {
        if self.groups.is_empty() && self.placed.is_empty() {
            return;
        }
        let total: f64 = self.groups.iter().map(|(_, weight)| weight).sum();
        let mut uniforms = point.group("groups");
        for (number, member) in members.iter_mut().enumerate() {
            let mut left = uniforms.uniform() * total;
            let drawn = self.groups.iter().find(|(_, weight)| {
                let here = left < *weight;
                left -= weight;
                here
            });
            let drawn = drawn.or(self.groups.last()).map(|(group, _)| *group);
            let placed = u16::try_from(number).ok().and_then(|number| self.placed.get(&number).copied());
            member.group = placed.or(member.group).or(drawn);
        }
    }

    /// When members come and go, those who join later included, whom this adds.
    fn draw_seats(&self, members: &mut Vec<Member>, point: TraitPoint, from: SimTime) -> Vec<SeatChange> {
        let billing = |rank: usize, own: &mut TraitUniforms| match self.billing {
            Billing::All => true,
            Billing::First(count) => rank < usize::from(count),
            Billing::Share(share) => share.holds(own.uniform()),
        };
        match &self.seats {
            SeatFlow::Steady => Vec::new(),
            SeatFlow::Written(changes) => {
                let there = |change: &&SeatChange| usize::from(change.member) < members.len();
                changes.iter().filter(there).copied().collect()
            }
            SeatFlow::Drawn(rates) => rates.draw(members, point, from, billing),
        }
    }

    fn draw_members(&self, count: &mut TraitUniforms, billing: &mut TraitUniforms) -> Vec<Member> {
        let cumulative = shares(&self.members, self.member_skew, count);
        let mut members: Vec<Member> = cumulative
            .into_iter()
            .enumerate()
            .map(|(rank, cumulative_share)| {
                let billing = match self.billing {
                    Billing::All => true,
                    Billing::First(count) => rank < usize::from(count),
                    Billing::Share(share) => share.holds(billing.uniform()),
                };
                Member { cumulative_share, billing, group: None, label: None }
            })
            .collect();
        if matches!(self.billing, Billing::Share(_)) && !members.iter().any(|member| member.billing) {
            members[0].billing = true;
        }
        members
    }
}

/// Most members or projects of an organization.
const MOST_PARTS: f64 = 65_535.0;

/// Cumulative shares of a drawn number of parts, Zipf over ranks.
fn shares(count: &Dist, skew: f64, uniforms: &mut TraitUniforms) -> Vec<f64> {
    let count = libm::floor(uniforms.value(count) + 0.5).clamp(1.0, MOST_PARTS) as u32;
    let mut sum = 0.0;
    let mut cumulative: Vec<f64> = (1..=count)
        .map(|rank| {
            sum += libm::pow(f64::from(rank), -skew);
            sum
        })
        .collect();
    for share in &mut cumulative {
        *share /= sum;
    }
    if let Some(last) = cumulative.last_mut() {
        *last = 1.0;
    }
    cumulative
}
