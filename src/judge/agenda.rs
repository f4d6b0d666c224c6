//! What is to happen, and in which order at one instant (docs/semantics.md §10.1).

use crate::units::SimTime;

/// A thing that is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coming {
    Measure,
    /// A calendar month ends.
    MonthEnds,
    Void {
        grant: usize,
    },
    LotEnds {
        lot: usize,
    },
    /// Unused lots of single owners become everybody's who is inside.
    Pools,
    SignUp,
    PlanChange {
        change: usize,
    },
    RuleChange {
        change: usize,
    },
    Bill,
    InvoicePaid {
        invoice: usize,
    },
    InvoiceWrittenOff {
        invoice: usize,
    },
    /// An invoice that was declined is tried again.
    InvoiceTried {
        invoice: usize,
    },
    /// An unpaid invoice suspends the account.
    Suspends {
        invoice: usize,
    },
    /// An unpaid invoice ends it.
    Terminates {
        invoice: usize,
    },
    /// The organization's life ends.
    LifeEnds,
    Close,
    /// Limits begin anew.
    LimitsReset,
    /// Other rates are in force.
    OtherRates,
    /// Whoever was asked for more room answers.
    RaiseAnswered {
        answer: usize,
    },
    /// There may be room for what waits.
    RoomComes,
    Recurs {
        grant: usize,
        nth: i64,
    },
    Grant {
        grant: usize,
    },
    Repay,
    Pay,
    BuyRegularly,
    AskAgain,
    Lands {
        order: usize,
    },
    RuleWakes,
    Record {
        charge: usize,
    },
    HoldTimesOut {
        hold: usize,
    },
    /// What a part's end charges.
    PartCharges {
        work: usize,
        part: usize,
    },
    PartEnds {
        work: usize,
        part: usize,
    },
    Resume,
    /// What waits for credits outside the queue tries again.
    Woken,
    PatienceEnds {
        work: usize,
    },
    Retry {
        work: usize,
        attempt: u32,
    },
    Arrives {
        work: usize,
    },
    /// A reactive client makes its next request.
    ClientAsks {
        client: usize,
    },
}

impl Coming {
    /// Its class among what happens at one instant.
    const fn class(self) -> u8 {
        match self {
            Coming::Measure => 5,
            Coming::MonthEnds => 6,
            Coming::Void { .. } => 10,
            Coming::LotEnds { .. } => 11,
            Coming::Pools => 12,
            Coming::SignUp => 19,
            Coming::PlanChange { .. } => 20,
            Coming::RuleChange { .. } => 21,
            Coming::Bill => 22,
            Coming::InvoicePaid { .. } | Coming::InvoiceWrittenOff { .. } | Coming::InvoiceTried { .. } => 23,
            Coming::Suspends { .. } => 24,
            Coming::Terminates { .. } => 25,
            Coming::LifeEnds => 26,
            Coming::Close => 27,
            Coming::RoomComes => 28,
            Coming::LimitsReset | Coming::OtherRates | Coming::RaiseAnswered { .. } => 29,
            Coming::Recurs { .. } => 30,
            Coming::Grant { .. } => 31,
            Coming::Repay => 32,
            Coming::Pay | Coming::BuyRegularly | Coming::AskAgain => 40,
            Coming::Lands { .. } => 41,
            Coming::RuleWakes => 42,
            Coming::Record { .. } | Coming::PartCharges { .. } => 50,
            Coming::HoldTimesOut { .. } => 60,
            Coming::PartEnds { .. } => 70,
            Coming::Resume => 80,
            Coming::Woken => 81,
            Coming::PatienceEnds { .. } => 82,
            Coming::Retry { .. } => 90,
            Coming::Arrives { .. } | Coming::ClientAsks { .. } => 91,
        }
    }
}

/// Feature in file order, number of the operation, segment; or the id of a grant.
pub(super) type Tie = (u32, u32, u32);

#[derive(Debug, Clone, Copy)]
struct Line {
    at: SimTime,
    tie: Tie,
    what: Coming,
}

/// Everything that is to happen, in the order in which it was decided.
#[derive(Debug, Default)]
pub(super) struct ToCome(Vec<Line>);

impl ToCome {
    pub fn add(&mut self, at: SimTime, tie: Tie, what: Coming) {
        self.0.push(Line { at, tie, what });
    }

    /// Takes the first thing before `end`; of equal ones the one decided first.
    pub fn next(&mut self, end: SimTime) -> Option<(SimTime, Coming)> {
        let mut first: Option<usize> = None;
        for (index, line) in self.0.iter().enumerate() {
            let key = |line: &Line| (line.at, line.what.class(), line.tie);
            if first.is_none_or(|first| key(line) < key(&self.0[first])) {
                first = Some(index);
            }
        }
        let index = first.filter(|&index| self.0[index].at < end)?;
        let line = self.0.remove(index);
        Some((line.at, line.what))
    }

    /// True if such a thing is to happen at `at`.
    pub fn has(&self, at: SimTime, wanted: impl Fn(Coming) -> bool) -> bool {
        self.0.iter().any(|line| line.at == at && wanted(line.what))
    }

    /// True if such a thing is to happen at all.
    pub fn has_any(&self, wanted: impl Fn(Coming) -> bool) -> bool {
        self.when(wanted).is_some()
    }

    /// When such a thing is to happen first.
    pub fn when(&self, wanted: impl Fn(Coming) -> bool) -> Option<SimTime> {
        self.0.iter().filter(|line| wanted(line.what)).map(|line| line.at).min()
    }

    /// Calls off what `unwanted` says.
    pub fn call_off(&mut self, unwanted: impl Fn(Coming) -> bool) {
        self.0.retain(|line| !unwanted(line.what));
    }
}

impl ToCome {
    /// Takes the first thing of a kind that is to happen at `at`.
    pub fn take_at(&mut self, at: SimTime, wanted: impl Fn(Coming) -> bool) -> Option<Coming> {
        let mut found: Vec<usize> =
            (0..self.0.len()).filter(|&index| self.0[index].at == at && wanted(self.0[index].what)).collect();
        found.sort_by_key(|&index| (self.0[index].what.class(), self.0[index].tie));
        found.first().map(|&index| self.0.remove(index).what)
    }
}
