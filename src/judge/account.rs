//! The account as the judge sees it, and its course: one thing after the other.

use crate::policy::{LotOwner, Overdraft, Terms};
use crate::sampling::StreamKey;
use crate::units::{Credits, FeatureIndex, SimTime};

use super::agenda::{Coming, ToCome};
use super::alerts::AlertState;
use super::blocked::BlockedClock;
use super::books::JudgedBooks;
use super::buyers::JudgedPeople;
use super::charge::LateCharge;
use super::facts::{EntryKind, Fact};
use super::grants::GivenGrants;
use super::holds::JudgedHold;
use super::lots::JudgedLot;
use super::money::Till;
use super::repay::JudgedDebt;
use super::rows::CycleRows;
use super::top_up::TopUps;
use super::views::ThreeBalances;
use super::work::JudgedWork;
use super::{JudgeCase, JudgeFindings};

/// One organization under one policy.
pub(super) struct Judged<'a> {
    pub case: JudgeCase<'a>,
    pub now: SimTime,
    pub to_come: ToCome,
    pub facts: Vec<Fact>,
    /// Facts from here on have no balances yet.
    unstamped: usize,
    /// Balances before an event that consists of several changes.
    pub whole_event: Option<ThreeBalances>,

    pub opened: bool,
    pub opened_at: SimTime,
    /// Plan as the policy names it, and how many of the changes of rules have come.
    pub plan: usize,
    pub edition: usize,
    pub lots: Vec<JudgedLot>,
    pub next_id: u32,
    /// Some lots may be single members', and single projects'; some have been somebody's own.
    pub members_differ: bool,
    pub projects_differ: bool,
    pub own_lots: bool,
    /// Balances over what only some operations may burn, as they were looked at last.
    pub of_some: Vec<ThreeBalances>,
    /// What has expired, for charges that come late.
    pub expired: Vec<super::late::ExpiredPiece>,
    pub holds: Vec<JudgedHold<'a>>,
    pub debts: Vec<JudgedDebt>,
    pub grants: GivenGrants,
    pub work: Vec<JudgedWork>,
    pub clients: Vec<super::clients::JudgedClient>,
    pub unrecorded: Vec<LateCharge>,
    /// What the charge that is being taken has taken.
    pub charged_pieces: super::charge::ChargedPieces,
    pub cycle: super::cycle::RunningCycle,
    pub plans: super::plan_change::PlanState,
    pub till: Till,
    pub books: JudgedBooks,
    pub rows: CycleRows,
    pub blocked: BlockedClock,
    pub alerts: AlertState,
    pub top_ups: TopUps,
    pub people: JudgedPeople,
    pub queue: super::queue::Waiting,
    pub meters: super::limits_meters::JudgedMeters,
    /// Work is being killed, one piece after the other.
    pub kills: bool,
    pub churned: bool,
    pub refusals: Vec<SimTime>,
    pub times_reached: u64,
    pub adopted_overdraft: f64,
}

impl<'a> Judged<'a> {
    pub fn new(case: JudgeCase<'a>) -> Judged<'a> {
        let opens = case.traits.signed_up.max(case.start);
        let work = case.demand.iter().map(JudgedWork::new).collect();
        let scopes = case.policy.scopes(&case.customers.grants);
        let some_are = |wanted: LotOwner| scopes.iter().any(|scope| scope.per == wanted);
        let uniform = case.key.name("adopted").uniform(crate::sampling::Purpose::TopUp, u64::MAX, 0);
        Judged {
            case,
            now: case.start,
            to_come: ToCome::default(),
            facts: Vec::new(),
            unstamped: 0,
            whole_event: None,
            opened: false,
            opened_at: opens,
            plan: 0,
            edition: 0,
            lots: Vec::new(),
            next_id: 1,
            members_differ: some_are(LotOwner::Member),
            projects_differ: some_are(LotOwner::Project),
            own_lots: false,
            of_some: Vec::new(),
            expired: Vec::new(),
            holds: Vec::new(),
            debts: Vec::new(),
            grants: GivenGrants::default(),
            work,
            clients: Vec::new(),
            unrecorded: Vec::new(),
            charged_pieces: Vec::new(),
            cycle: super::cycle::RunningCycle::new(case.traits.signed_up, case.policy.plans[0].cycle.every),
            plans: super::plan_change::PlanState::default(),
            till: Till::default(),
            books: JudgedBooks::default(),
            rows: CycleRows::default(),
            blocked: BlockedClock::new(case.features.len(), opens),
            alerts: AlertState::default(),
            top_ups: TopUps::default(),
            people: JudgedPeople::default(),
            queue: super::queue::Waiting::default(),
            meters: super::limits_meters::JudgedMeters::default(),
            kills: false,
            churned: false,
            refusals: Vec::new(),
            times_reached: 0,
            adopted_overdraft: uniform,
        }
    }

    /// The whole course.
    pub fn run(mut self) -> JudgeFindings {
        self.to_come.add(self.opened_at, (0, 0, 0), Coming::SignUp);
        if self.case.measure_from > self.case.start {
            self.to_come.add(self.case.measure_from, (0, 0, 0), Coming::Measure);
        }
        self.plan_months();
        self.next_arrival(0);
        while let Some((at, what)) = self.to_come.next(self.case.end) {
            self.count_blocked(at);
            self.now = at;
            self.happens(what);
        }
        self.count_blocked(self.case.end);
        let end = self.horizon_ends();
        JudgeFindings { facts: self.facts, blocked: self.blocked.of_a_member(), end }
    }

    /// Demand comes in order: one piece is expected at a time.
    fn next_arrival(&mut self, work: usize) {
        if let Some(operation) = self.case.demand.get(work).map(|asked| asked.operation) {
            self.to_come.add(operation.at, self.tie(work, 0), Coming::Arrives { work });
        }
    }

    fn happens(&mut self, what: Coming) {
        match what {
            Coming::Measure => {
                self.blocked.begin();
                self.books_begin();
                self.limits_begin();
                self.say(Fact::new(self.now, EntryKind::Measure));
            }
            Coming::MonthEnds => self.month_ends(),
            Coming::Void { grant } => self.grant_is_voided(grant),
            Coming::LotEnds { lot } => self.lot_ends(lot),
            Coming::Pools => self.pools(),
            Coming::SignUp => self.opens(),
            Coming::PlanChange { change } => self.plan_change_comes(change),
            Coming::RuleChange { .. } => self.rules_change(),
            Coming::Bill => self.bill_comes(),
            Coming::InvoicePaid { invoice } => self.invoice_paid(invoice),
            Coming::InvoiceWrittenOff { invoice } => self.invoice_written_off(invoice),
            Coming::InvoiceTried { invoice } => self.invoice_tried(invoice),
            Coming::Suspends { invoice } => self.suspends(invoice),
            Coming::Terminates { .. } => self.terminates(),
            Coming::LifeEnds => self.pays_back_as_it_leaves(),
            Coming::Close => self.close_comes(),
            Coming::LimitsReset => self.limits_reset(),
            Coming::OtherRates => self.rates_change(),
            Coming::RaiseAnswered { answer } => self.raise_is_answered(answer),
            Coming::RoomComes => self.room_comes(),
            Coming::Recurs { grant, nth } => self.grant_recurs(grant, nth),
            Coming::Grant { grant } => self.grant_comes(grant),
            Coming::Repay => self.repay_after_grants(),
            Coming::Pay => self.people_pay(),
            Coming::BuyRegularly => self.buy_regularly(),
            Coming::AskAgain => self.ask_again(),
            Coming::Lands { order } => self.order_lands(order),
            Coming::RuleWakes => self.rules_wake(),
            Coming::Record { charge } => self.charge_is_recorded(charge),
            Coming::HoldTimesOut { hold } => self.hold_times_out(hold),
            Coming::PartCharges { work, part } => self.part_charges(work, part),
            Coming::PartEnds { work, part } => self.part_ends(work, part),
            Coming::Resume => self.resume(),
            Coming::Woken => self.woken_tries(),
            Coming::PatienceEnds { work } => self.patience_ends(work),
            Coming::Retry { work, attempt } => self.retry(work, attempt),
            Coming::ClientAsks { client } => self.client_asks(client),
            Coming::Arrives { work } => {
                self.next_arrival(work + 1);
                self.arrives(work);
            }
        }
    }

    /// The rules in force.
    pub fn terms(&self) -> &'a Terms {
        &self.case.policy.plans[self.place_of_terms()]
    }

    /// Where the rules in force stand among those of the policy.
    pub fn place_of_terms(&self) -> usize {
        self.edition * self.case.policy.named_plans() + self.plan
    }

    /// The permission to be in debt; none is unlimited (docs/semantics.md §7.13).
    pub fn limit(&self) -> Option<Credits> {
        self.overdraft().limit
    }

    /// The plan's overdraft, or none where the organization has not switched it on (docs/semantics.md §7.13).
    pub fn overdraft(&self) -> Overdraft {
        let overdraft = &self.terms().overdraft;
        if overdraft.adopted.holds(self.adopted_overdraft) { overdraft.clone() } else { Overdraft::none() }
    }

    /// docs/semantics.md §1.5.
    pub fn has_left(&self) -> bool {
        self.churned || self.now >= self.case.traits.leaves
    }

    pub fn key_of(&self, feature: FeatureIndex) -> StreamKey {
        self.case.key.name(self.case.features[feature.index()].name)
    }

    /// Feature in file order, number of the operation, segment (docs/semantics.md §10.1).
    pub fn tie(&self, work: usize, segment: u32) -> super::agenda::Tie {
        let operation = &self.work[work].operation;
        (u32::from(operation.feature.0), operation.sequence, segment)
    }

    /// A fact that is part of a change of balances.
    pub fn tell(&mut self, fact: Fact) {
        self.books.hear(&fact);
        self.rows.hear(&fact);
        self.facts.push(fact);
    }

    /// A fact that changes no balance.
    pub fn say(&mut self, fact: Fact) {
        self.tell(fact);
        self.stamp();
    }

    /// What has been told stands with the balances of now.
    pub fn stamp(&mut self) {
        let (balances, debt) = (self.balances(), self.debt());
        for fact in &mut self.facts[self.unstamped..] {
            fact.settled = balances.settled;
            fact.available = balances.available;
            fact.debt = debt;
        }
        self.unstamped = self.facts.len();
    }

    pub fn fresh_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }
}
