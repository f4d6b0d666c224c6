//! Limits of a swarm: every unit, owner, window and reaction, in chains and outside.

use creditsim::calendar::Period;
use creditsim::policy::{
    BankedResets, ChargeParts, ChargedPart, LimitAmount, LimitOwner, LimitReset, LimitUnit, LimitWindow,
    MemberAmount, OnLimit, RaiseBy, RaiseOnRequest, ResetTime, StatedAmount, Terms, UsageLimit, WindowAnchor,
};
use creditsim::units::FeatureIndex;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::knob::{at, hours, quarters, seconds, thirds};

/// Limits of one name share their meters, so that there are few names.
const NAMES: u8 = 3;

/// A limit as it is drawn.
#[derive(Debug, Clone)]
pub struct MeteredLimit {
    name: u8,
    /// Thirds of a credit, or operations; none is no limit.
    amount: Option<i64>,
    /// What the second member has, if it differs.
    second: Option<i64>,
    unit: u8,
    per: u8,
    /// 0 all features, 1 and 2 one of them.
    features: u8,
    /// Only members of this group are inside.
    group: Option<u16>,
    /// Which parts of charges it covers and counts, one bit each; none is the whole.
    covers: Option<u8>,
    absorbs: bool,
    counts: Option<u8>,
    window: (u8, u32),
    reaction: u8,
    chained: bool,
    adopted: u8,
    patience: u32,
    most: u32,
}

/// Names of the limits that there can be.
pub fn limit_names() -> Vec<String> {
    (0..=NAMES).map(name_of).collect()
}

/// Limits that may be drawn; one more says nothing.
pub const DRAWN_LIMITS: usize = NAMES as usize;

fn name_of(number: u8) -> String {
    format!("limit-{number}")
}

impl MeteredLimit {
    /// Adds the limit to a plan that has none of its name.
    pub fn turn(&self, terms: &mut Terms) {
        let name = name_of(self.name);
        if terms.limits.iter().any(|limit| limit.name == name) {
            return;
        }
        let mut features = vec![self.features != 2, self.features != 1, true];
        features.truncate(terms.features.len());
        terms.limits.push(UsageLimit {
            name,
            id: u16::from(self.name),
            amount: self.amount(),
            unit: [LimitUnit::Credits, LimitUnit::Operations, LimitUnit::InFlight][usize::from(self.unit)],
            list_price: None,
            absorbs: self.absorbs && self.covers.is_some_and(|bits| bits & 8 != 0),
            covers: self.parts(self.covers),
            counts: self.parts(self.counts.or(self.covers)).unwrap_or(ChargeParts::ALL),
            quantity: None,
            per: [LimitOwner::Organization, LimitOwner::Member, LimitOwner::Project, LimitOwner::Group]
                [usize::from(self.per)],
            features,
            groups: self.group.map(|group| vec![group]),
            window: self.window(),
            on_limit: self.reaction(),
            ask: self.ask(),
            reports_windows: true,
            alerts: if self.name == NAMES { Vec::new() } else { vec![0.5, 1.0] },
            chain: self.chained.then(|| "chain".to_owned()),
            adopted: quarters(self.adopted),
            queue_max: self.most,
            patience: seconds(self.patience),
            written: (true, true),
        });
    }

    /// A ceiling over parts of charges that closes nothing: without an amount, or far from any.
    pub fn silent(covers: u8, far: bool) -> MeteredLimit {
        MeteredLimit {
            name: NAMES,
            amount: far.then_some(3_000_000_000),
            second: None,
            unit: 0,
            per: 0,
            features: 0,
            group: None,
            covers: Some(covers),
            absorbs: false,
            counts: None,
            window: (7, 1),
            reaction: 0,
            chained: false,
            adopted: 4,
            patience: 0,
            most: 0,
        }
    }

    /// The same for the organization as a whole, in windows of which sums tell everything, and seldom reached.
    pub fn with_much_room(self) -> MeteredLimit {
        let amount = self.amount.map(|most| most * 4 + 100);
        let window = (self.window.0 % 5, self.window.1);
        MeteredLimit { per: 0, amount, window, adopted: 4, group: None, covers: None, counts: None, ..self }
    }

    /// Parts of charges; only credits have any.
    fn parts(&self, bits: Option<u8>) -> Option<ChargeParts> {
        let named = |bits: u8| {
            let parts = ChargedPart::ALL.into_iter().enumerate().filter(|(bit, _)| bits & 1 << bit != 0);
            parts.fold(ChargeParts::NONE, |all, (_, part)| all.with(part))
        };
        bits.filter(|_| self.unit == 0).map(named)
    }

    /// True if it names the feature `other`.
    pub fn falls_back(&self) -> bool {
        self.reaction == 4
    }

    fn reaction(&self) -> OnLimit {
        match self.reaction {
            0 => OnLimit::Reject,
            1 => OnLimit::Queue,
            2 => OnLimit::Degrade,
            3 => OnLimit::Allow,
            4 => OnLimit::Fallback(FeatureIndex(0)),
            _ => OnLimit::Ask,
        }
    }

    /// A person who agrees in half of the cases, at once or after a while.
    fn ask(&self) -> Option<RaiseOnRequest> {
        let (delay, raise) = (seconds(self.patience % 3), RaiseBy::Share(0.5));
        (self.reaction() == OnLimit::Ask).then(|| RaiseOnRequest { probability: quarters(2), delay, raise })
    }

    fn amount(&self) -> LimitAmount {
        let amount =
            |most: i64| StatedAmount::Most(if self.unit == 0 { thirds(most) } else { thirds(most / 3 * 3) });
        let (mut members, mut groups) = (Vec::new(), Vec::new());
        match (self.per, self.second) {
            (1, Some(second)) if self.most == 0 => groups = vec![(1, amount(second))],
            (1, Some(second)) => members = vec![MemberAmount::numbered(1, amount(second))],
            (3, Some(second)) => groups = vec![(0, amount(second))],
            _ => {}
        }
        let default = self.amount.map_or(StatedAmount::Unlimited, amount);
        LimitAmount { default, members, groups, ..LimitAmount::default() }
    }

    fn window(&self) -> LimitWindow {
        let (kind, length) = self.window;
        let fixed = |every, anchor| LimitWindow::Fixed { every, anchor };
        match kind {
            _ if self.unit == 2 => LimitWindow::Life,
            0 => fixed(Period::Days(1), WindowAnchor::Calendar),
            1 => fixed(Period::Days(length), WindowAnchor::Cycle),
            2 => fixed(Period::Days(length), WindowAnchor::SignUp),
            3 => fixed(Period::Span(hours(length)), WindowAnchor::At(at(-7))),
            4 => LimitWindow::FirstUse(hours(length)),
            5 => LimitWindow::Rolling(hours(length)),
            6 => LimitWindow::Refill { amount: thirds(1), per: hours(length) },
            _ => LimitWindow::Life,
        }
    }
}

/// Any limit.
pub fn metered_limit() -> impl Strategy<Value = MeteredLimit> {
    let unit = prop_oneof![3 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    let whom = (0..NAMES, unit, 0..4_u8, 0..3_u8, option::weighted(0.2, 0..3_u16));
    let parts = || option::weighted(0.4, 1..16_u8);
    // What is soon reached, and what bulk intervals stay below.
    let amount = || prop_oneof![2 => 0..60_i64, 1 => 60..2_000_i64];
    let amounts = (option::weighted(0.9, amount()), option::of(amount()));
    let meets = (0..6_u8, any::<bool>(), prop_oneof![4 => Just(4_u8), 1 => 0..4_u8], 0..60_u32, 0..4_u32);
    (whom, (parts(), parts(), any::<bool>()), amounts, (0..8_u8, 1..60_u32), meets).prop_map(
        |(
            (name, unit, per, features, group),
            (covers, counts, absorbs),
            (amount, second),
            window,
            (reaction, chained, adopted, patience, most),
        )| {
            MeteredLimit {
                name,
                amount,
                second,
                unit,
                per,
                features,
                group,
                covers,
                absorbs,
                counts,
                window,
                reaction,
                chained,
                adopted,
                patience,
                most,
            }
        },
    )
}

/// Resets of the first two limits, as they are drawn.
#[derive(Debug, Clone)]
pub struct LimitResets {
    at: Vec<u32>,
    banked: Option<(u32, Option<u32>, Option<u32>)>,
    both: bool,
    restart: bool,
}

impl LimitResets {
    /// Adds them to a plan.
    pub fn turn(&self, terms: &mut Terms) {
        let limits: Vec<String> = (0..=u8::from(self.both)).map(name_of).collect();
        let at = ResetTime::At(self.at.iter().map(|hour| at(i64::from(*hour))).collect());
        let banked = self.banked.map(|(number, every, expires)| {
            let (every, expires_after) = (every.map(Period::Days), expires.map(Period::Days));
            ResetTime::Banked(BankedResets { number, every, expires_after })
        });
        let resets = [Some(at), banked].into_iter().flatten();
        terms.resets.extend(resets.map(|when| LimitReset {
            limits: limits.clone(),
            when,
            restart: self.restart,
        }));
    }
}

/// Any resets.
pub fn limit_resets() -> impl Strategy<Value = LimitResets> {
    let banked = option::of((1..4_u32, option::of(1..9_u32), option::of(1..20_u32)));
    (vec(0..960_u32, 0..4), banked, any::<bool>(), any::<bool>())
        .prop_map(|(at, banked, both, restart)| LimitResets { at, banked, both, restart })
}
