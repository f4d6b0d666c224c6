//! Limits of a swarm: every unit, owner, window and reaction, in chains and outside.

use creditsim::calendar::Period;
use creditsim::policy::{
    LimitAmount, LimitOwner, LimitUnit, LimitWindow, OnLimit, StatedAmount, Terms, UsageLimit, WindowAnchor,
};
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
    window: (u8, u32),
    reaction: u8,
    chained: bool,
    adopted: u8,
    patience: u32,
    most: u32,
}

/// Names of the limits that there can be.
pub fn limit_names() -> Vec<String> {
    (0..NAMES).map(name_of).collect()
}

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
            per: [LimitOwner::Organization, LimitOwner::Member, LimitOwner::Project][usize::from(self.per)],
            features,
            window: self.window(),
            on_limit: [OnLimit::Reject, OnLimit::Queue, OnLimit::Degrade, OnLimit::Allow]
                [usize::from(self.reaction)],
            alerts: vec![0.5, 1.0],
            chain: self.chained.then(|| "chain".to_owned()),
            adopted: quarters(self.adopted),
            queue_max: self.most,
            patience: seconds(self.patience),
        });
    }

    fn amount(&self) -> LimitAmount {
        let amount =
            |most: i64| StatedAmount::Most(if self.unit == 0 { thirds(most) } else { thirds(most / 3 * 3) });
        let members = match (self.per, self.second) {
            (1, Some(second)) => vec![(1, amount(second))],
            _ => Vec::new(),
        };
        LimitAmount { default: self.amount.map_or(StatedAmount::Unlimited, amount), members }
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
    let whom = (0..NAMES, 0..3_u8, 0..3_u8, 0..3_u8);
    let amounts = (option::weighted(0.9, 0..60_i64), option::of(0..60_i64));
    let meets = (0..4_u8, any::<bool>(), prop_oneof![4 => Just(4_u8), 1 => 0..4_u8], 0..60_u32, 0..4_u32);
    (whom, amounts, (0..8_u8, 1..60_u32), meets).prop_map(
        |(
            (name, unit, per, features),
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
