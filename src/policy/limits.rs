//! Limits: meters beside the balance, all of which must have room before an operation starts.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use crate::calendar::Period;
use crate::sampling::Dist;
use crate::units::{Credits, FeatureIndex, Money, Probability, SimSpan, SimTime};

use super::coverage::ChargeParts;

/// One limit of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageLimit {
    /// Its name, unique in the plan.
    pub name: String,
    /// Its place among [`super::Policy::limit_names`]: limits of one name in several plans share their meters.
    pub id: u16,
    /// How much there is room for in a window.
    pub amount: LimitAmount,
    /// What is counted.
    pub unit: LimitUnit,
    /// Price of a credit of lots, of a limit that counts money; that of overage if none is said.
    pub list_price: Option<Money>,
    /// Overage beyond it is forgiven at the close.
    pub absorbs: bool,
    /// Parts of an operation's charges that it bounds, which makes it a ceiling; none if the whole operation must have room.
    pub covers: Option<ChargeParts>,
    /// Parts of charges that count into it.
    pub counts: ChargeParts,
    /// The quantity that is counted, if `unit` is one.
    pub quantity: Option<CountedQuantity>,
    /// Who has a meter of their own.
    pub per: LimitOwner,
    /// Per feature of the scenario: whether its operations are inside the limit.
    pub features: Vec<bool>,
    /// Only operations of members of these groups are inside, by the groups' numbers in the scenario; of everybody if none is
    /// named.
    pub groups: Option<Vec<u16>>,
    /// The stretch of time in which is counted.
    pub window: LimitWindow,
    /// What meets an operation for which there is no room.
    pub on_limit: OnLimit,
    /// Who raises the amount, and by how much, under [`OnLimit::Ask`].
    pub ask: Option<RaiseOnRequest>,
    /// Shares of the amount at which people are told (1.0 is all of it), ascending.
    pub alerts: Vec<f64>,
    /// Limits with one chain name: only the first of them that holds an operation is asked.
    pub chain: Option<String>,
    /// Share of the organizations for which the limit is switched on, alike under every policy.
    pub adopted: Probability,
    /// What became of its windows is reported.
    pub reports_windows: bool,
    /// Longest queue of one meter.
    pub queue_max: u32,
    /// Longest wait in it (seconds).
    pub patience: Dist,
    /// Whether the file says `max` and `patience`, so that no default decides.
    pub written: (bool, bool),
}

impl UsageLimit {
    /// True if it bounds parts of charges, or counts parts of them.
    #[must_use]
    pub fn splits_charges(&self) -> bool {
        self.covers.is_some() || !self.counts.is_all() || self.unit == LimitUnit::Money
    }
}

/// A quantity of operations that a limit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedQuantity {
    /// Its name.
    pub name: String,
    /// Per feature of the scenario: the number of the rate that measures it, from 1; none if operations have no such quantity,
    /// which are outside the limit.
    pub measured_by: Vec<Option<u16>>,
}

/// How much a limit has room for: credits, millionths of an operation or of what a quantity is in, or nano-units of money.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitAmount {
    /// For everybody else; without room for ever (`None`) nothing is refused. Not read where it `varies`.
    pub default: StatedAmount,
    /// What stands in the place of `default` where that differs between organizations.
    pub varies: Option<VaryingAmount>,
    /// For members by their names.
    pub members: Vec<MemberAmount>,
    /// For groups, or members of groups, by the groups' numbers in the scenario.
    pub groups: Vec<(u16, StatedAmount)>,
}

/// What a limit says of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberAmount {
    /// Its index in the organization, if the name is a number.
    pub number: Option<u16>,
    /// The hash of the name, if it may be a label of a history.
    pub label: Option<u64>,
    /// How much there is room for.
    pub amount: StatedAmount,
}

impl MemberAmount {
    /// Of the member of an index.
    #[must_use]
    pub const fn numbered(member: u16, amount: StatedAmount) -> MemberAmount {
        MemberAmount { number: Some(member), label: None, amount }
    }
}

/// An amount that differs between organizations.
#[derive(Debug, Clone, PartialEq)]
pub enum VaryingAmount {
    /// Drawn once for each organization, alike under every policy that has a limit of the name [credits or operations].
    Drawn(Dist),
    /// By the heads of the organization.
    ByHeads(AmountByHeads),
}

/// What a formula gives for so many members and projects [credits or operations].
type HeadFormula = Arc<dyn Fn(f64, f64) -> f64 + Send + Sync + RefUnwindSafe + UnwindSafe>;

/// An amount by the numbers of an organization's members and projects.
#[derive(Clone)]
pub struct AmountByHeads {
    text: String,
    of: HeadFormula,
}

impl AmountByHeads {
    /// A formula as its author wrote it, and what it gives for so many members and projects [credits or operations].
    pub fn new(
        text: String,
        of: impl Fn(f64, f64) -> f64 + Send + Sync + RefUnwindSafe + UnwindSafe + 'static,
    ) -> AmountByHeads {
        AmountByHeads { text, of: Arc::new(of) }
    }

    /// The amount of an organization [credits or operations]: whatever the formula gives.
    #[must_use]
    pub fn of(&self, members: usize, projects: usize) -> f64 {
        (self.of)(members as f64, projects as f64)
    }
}

impl fmt::Display for AmountByHeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for AmountByHeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AmountByHeads({:?})", self.text)
    }
}

impl PartialEq for AmountByHeads {
    fn eq(&self, other: &AmountByHeads) -> bool {
        self.text == other.text
    }
}

/// An amount that a limit states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatedAmount {
    /// Nothing is said: a chain passes on.
    #[default]
    Unsaid,
    /// There is no limit: a chain ends here.
    Unlimited,
    /// This much.
    Most(Credits),
}

impl LimitAmount {
    /// What is said for members, by index, given the labels of all: a name that is a label of none may be a number.
    #[must_use]
    pub fn by_member(&self, labels: &[Option<u64>]) -> Vec<(u16, StatedAmount)> {
        let labelled = |label: u64| labels.iter().position(|own| *own == Some(label));
        let member = |said: &MemberAmount| {
            let by_label = said.label.and_then(labelled).and_then(|index| u16::try_from(index).ok());
            Some((by_label.or(said.number)?, said.amount))
        };
        self.members.iter().filter_map(member).collect()
    }

    /// True if nothing differs between the owners of one organization.
    #[must_use]
    pub fn is_everybodys(&self) -> bool {
        self.members.is_empty() && self.groups.is_empty()
    }
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitUnit {
    /// Credits that are charged.
    #[default]
    Credits,
    /// What charges are worth.
    Money,
    /// Operations that start.
    Operations,
    /// Operations at work.
    InFlight,
    /// What operations consist of: [`UsageLimit::quantity`].
    Quantity(CountedAt),
}

/// When a quantity is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CountedAt {
    /// As an operation starts, all of it.
    #[default]
    Start,
    /// As it ends, what of it was done.
    End,
    /// As it starts; what is used is the newest value and no sum.
    Latest,
}

/// Who has a meter of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitOwner {
    /// All operations of the organization count into one meter.
    #[default]
    Organization,
    /// Each group of members; operations of nobody, or of somebody without a group, are in none.
    Group,
    /// Each member; operations of nobody are in none.
    Member,
    /// Each project.
    Project,
}

/// The stretch of time in which a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitWindow {
    /// Periods counted from an anchor, half-open.
    Fixed {
        /// Their length.
        every: Period,
        /// What they count from.
        anchor: WindowAnchor,
    },
    /// Opened by an operation that starts while none is open.
    FirstUse(SimSpan),
    /// What was counted in the last so much time: (t − span, t].
    Rolling(SimSpan),
    /// A bucket of the limit's amount that fills up again.
    Refill {
        /// Credits (or millionths of an operation) that come back …
        amount: Credits,
        /// … in this time, evenly.
        per: SimSpan,
    },
    /// From the sign-up on.
    #[default]
    Life,
}

impl LimitUnit {
    /// True if charges count, and not operations or what they consist of.
    #[must_use]
    pub const fn is_charged(self) -> bool {
        matches!(self, LimitUnit::Credits | LimitUnit::Money)
    }
}

impl LimitWindow {
    /// True if windows end, and others follow.
    #[must_use]
    pub const fn has_ends(&self) -> bool {
        matches!(self, LimitWindow::Fixed { .. } | LimitWindow::FirstUse(_))
    }
}

/// What fixed windows count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowAnchor {
    /// The calendar: local midnight, Mondays, first days of months and years.
    #[default]
    Calendar,
    /// The running billing cycle.
    Cycle,
    /// The organization's sign-up.
    SignUp,
    /// An instant.
    At(SimTime),
}

/// What meets an operation for which a limit has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnLimit {
    /// An error to the caller.
    #[default]
    Reject,
    /// It waits until there is room.
    Queue,
    /// Served without AI: no charge, value lost.
    Degrade,
    /// It runs all the same: the limit only counts and tells.
    Allow,
    /// It is checked once more as another feature, at that feature's cost; a second refusal by such a limit is an error.
    Fallback(FeatureIndex),
    /// An error to the caller, and a person is asked to raise the amount: [`UsageLimit::ask`].
    Ask,
}

/// A person who is asked to raise an amount.
#[derive(Debug, Clone, PartialEq)]
pub struct RaiseOnRequest {
    /// Chance of a yes.
    pub probability: Probability,
    /// How long the answer takes (seconds).
    pub delay: Dist,
    /// By how much.
    pub raise: RaiseBy,
}

/// By how much an amount is raised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RaiseBy {
    /// So much, in what the limit counts.
    Amount(Credits),
    /// A share of the amount that the limit states (1.0 doubles it).
    Share(f64),
}

/// Limits begin anew before their windows end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitReset {
    /// Names of the limits, at least one.
    pub limits: Vec<String>,
    /// When.
    pub when: ResetTime,
    /// A window that the first use has opened is closed, so that the next use opens another.
    pub restart: bool,
}

/// When limits begin anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResetTime {
    /// At these instants, for everybody.
    At(Vec<SimTime>),
    /// Each owner keeps some and uses one, the oldest first, inside a refusal that it prevents.
    Banked(BankedResets),
}

/// Resets that an owner keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankedResets {
    /// How many are given at the sign-up, and each time again.
    pub number: u32,
    /// How often they are given; at the sign-up only if none.
    pub every: Option<Period>,
    /// How long each can be used; for ever if none.
    pub expires_after: Option<Period>,
}
