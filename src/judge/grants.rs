//! Grants written down: when they come, recur and are voided (docs/semantics.md §3.3 to §3.6).

use crate::calendar::MonthEnd;
use crate::policy::{Boundary, Expiry, GrantSpec, RecurrenceMode};
use crate::units::{Credits, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::EntryKind;
use super::lots::{JudgedLot, LotOrigin};
use super::scopes::Holder;

/// A grant of the account and what has come of it.
#[derive(Debug, Clone)]
pub(super) struct GivenGrant {
    pub spec: GrantSpec,
    pub id: u32,
    /// When it begins for this account.
    pub effective_at: SimTime,
    /// As written.
    pub end: Option<SimTime>,
    pub lots: Vec<usize>,
    /// The list that writes it down, that of a plan or (none) of the policy; its recurrences pause while the account is on a
    /// plan with another list. None for a grant of the customer.
    pub list: Option<Option<usize>>,
    pub voided: bool,
}

#[derive(Debug, Default)]
pub(super) struct GivenGrants(pub Vec<GivenGrant>);

impl Judged<'_> {
    /// Takes grants up, numbered in file order after the highest id (docs/semantics.md §3.3). Returns their places.
    pub fn take_up_grants(
        &mut self,
        specs: &[GrantSpec],
        list: Option<Option<usize>>,
        from: SimTime,
    ) -> Vec<usize> {
        let highest = specs.iter().filter_map(|spec| spec.id).max();
        if let Some(highest) = highest {
            self.next_id = self.next_id.max(highest + 1);
        }
        let mut places = Vec::new();
        for spec in specs {
            let id = match spec.id {
                Some(id) => id,
                None => self.fresh_id(),
            };
            let effective_at = spec.effective_at.unwrap_or(from);
            let end = match spec.expires {
                Expiry::Never => None,
                Expiry::At(at) => Some(at),
                Expiry::After(period) => {
                    Some(self.case.zone.add(effective_at, period, self.terms().month_end))
                }
            };
            places.push(self.grants.0.len());
            self.grants.0.push(GivenGrant {
                spec: spec.clone(),
                id,
                effective_at,
                end,
                lots: Vec::new(),
                list,
                voided: false,
            });
        }
        places
    }

    /// The end that is acted upon: an inclusive boundary adds a microsecond (docs/semantics.md §3.1).
    pub fn acted_end(&self, end: SimTime) -> SimTime {
        match self.terms().expiry_boundary {
            Boundary::Exclusive => end,
            Boundary::Inclusive => end + SimSpan::from_micros(1),
        }
    }

    /// What has begun by now is there at once, in the order of ids; the rest comes at its instant (docs/semantics.md §3.4).
    pub fn begin_grants(&mut self, places: &[usize]) {
        let mut by_id = places.to_vec();
        by_id.sort_by_key(|&place| self.grants.0[place].id);
        for &place in &by_id {
            let grant = &self.grants.0[place];
            let over = grant.end.is_some_and(|end| self.acted_end(end) <= self.now)
                || grant.spec.voided_at.is_some_and(|at| at <= self.now);
            if over {
                self.grants.0[place].voided = true;
                continue;
            }
            let (id, effective_at) = (grant.id, grant.effective_at);
            if let Some(at) = grant.spec.voided_at {
                self.to_come.add(at, (id, 0, 0), Coming::Void { grant: place });
            }
            if effective_at > self.now {
                self.to_come.add(effective_at, (id, 0, 0), Coming::Grant { grant: place });
                continue;
            }
            self.issue_first(place);
            self.next_recurrence(place, self.now, true);
            // A recurrence dated at the opening is part of it (docs/semantics.md §3.5, §10.4).
            let mine = |what: Coming| matches!(what, Coming::Recurs { grant, .. } if grant == place);
            if let Some(Coming::Recurs { grant, nth }) = self.to_come.take_at(self.now, mine) {
                self.grant_recurs(grant, nth);
                self.to_come.call_off(|what| what == Coming::Repay);
            }
        }
    }

    /// The first amount, to each owner (docs/semantics.md §14.10).
    fn issue_first(&mut self, place: usize) {
        let grant = self.grants.0[place].clone();
        let spec = &grant.spec;
        let amounts = self.amounts_for(&spec.scope, spec.credits, spec.by_heads.as_ref());
        for (holder, credits) in self.holders(&spec.scope).into_iter().zip(amounts) {
            let origin = LotOrigin::Grant(place);
            let mut lot = JudgedLot::new(grant.id, spec.category, credits, grant.effective_at, origin)
                .held_by(&spec.scope, holder);
            lot.priority = spec.priority;
            lot.created_at = spec.created_at.unwrap_or(grant.effective_at);
            lot.end = grant.end;
            lot.price = spec.price;
            let mut kind = EntryKind::Issue;
            if grant.effective_at < self.opened_at && self.now == self.opened_at {
                lot.remaining = spec.remaining.unwrap_or(credits).min(credits);
                lot.burned = credits - lot.remaining;
                self.books.bring_in(lot.earned(self.now), lot.owed(self.now));
                kind = EntryKind::OpeningGrant;
            }
            let lot = self.issue(lot, kind);
            self.grants.0[place].lots.push(lot);
        }
        self.stamp();
    }

    /// A lot begins; it ends by itself if it has an end.
    pub fn issue(&mut self, lot: JudgedLot, kind: EntryKind) -> usize {
        let (place, id) = (self.lots.len(), lot.id);
        let end = match lot.origin {
            // It ends with the lot whose minimum it makes up (docs/semantics.md §4.10).
            LotOrigin::GrantMinimum(of) => self.to_come.when(|what| what == Coming::LotEnds { lot: of }),
            _ => lot.end.map(|end| self.acted_end(end)),
        };
        if let Some(end) = end {
            self.to_come.add(end, (id, 0, 0), Coming::LotEnds { lot: place });
        }
        self.own_lots |= lot.given_to != Holder::All;
        let (credits, price) = (lot.remaining, lot.price);
        self.alerts.issued += credits;
        if credits.is_positive() {
            self.credits_have_come();
        }
        self.lots.push(lot);
        if kind != EntryKind::OpeningGrant {
            self.spreads_over_time(place);
        }
        let names = self.lots[place].names();
        let used = self.lots[place].burned;
        if kind == EntryKind::OpeningGrant && used.is_positive() {
            self.lot_fact(EntryKind::OpeningUsed, place, used);
        }
        self.tell(super::facts::Fact {
            grant: names,
            ..super::facts::Fact::new(self.now, kind).of(self.lots[place].issued.min(credits)).paid(price)
        });
        place
    }

    /// A grant begins.
    pub fn grant_comes(&mut self, place: usize) {
        if self.grants.0[place].voided {
            return;
        }
        let before = self.balances();
        self.issue_first(place);
        self.next_recurrence(place, self.now, false);
        self.follow(before, None);
        self.repay_soon();
    }

    /// The next later amount after `from`, at `anchor + n · every` (docs/semantics.md §3.5).
    pub fn next_recurrence(&mut self, place: usize, from: SimTime, including: bool) {
        let grant = &self.grants.0[place];
        let Some(recurrence) = &grant.spec.recurrence else { return };
        let anchor = recurrence.anchor.or(grant.spec.effective_at).unwrap_or(self.case.traits.signed_up);
        let from = if including { from - SimSpan::from_micros(1) } else { from };
        let after = from.max(grant.effective_at);
        let nth = self.case.zone.first_after(anchor, recurrence.every, after, MonthEnd::Clamp);
        let at = self.case.zone.nth(anchor, recurrence.every, nth, MonthEnd::Clamp);
        if grant.end.is_some_and(|end| at >= self.acted_end(end)) {
            return;
        }
        let id = grant.id;
        self.to_come.add(at, (id, 0, 0), Coming::Recurs { grant: place, nth });
    }

    /// A later amount (docs/semantics.md §3.5, §16.10).
    pub fn grant_recurs(&mut self, place: usize, _nth: i64) {
        if self.grants.0[place].voided {
            return;
        }
        self.next_recurrence(place, self.now, false);
        let grant = self.grants.0[place].clone();
        let present = self.terms().own_grants.then_some(self.plan);
        if grant.list.is_some_and(|list| list != present) {
            return;
        }
        let Some(recurrence) = grant.spec.recurrence.clone() else { return };
        let before = self.balances();
        let end = match recurrence.valid {
            Some(period) => Some(self.case.zone.add(self.now, period, self.terms().month_end)),
            None => grant.end,
        };
        match recurrence.mode {
            RecurrenceMode::Set => {
                for old in 0..self.lots.len() {
                    if self.lots[old].origin != LotOrigin::Grant(place) {
                        continue;
                    }
                    // Each lot goes with what made up its minimum.
                    for ending in 0..self.lots.len() {
                        let mine = ending == old || self.lots[ending].origin == LotOrigin::GrantMinimum(old);
                        if mine && !self.lots[ending].over {
                            self.lots[ending].over = true;
                            let rest = self.lots[ending].remaining;
                            self.take_away(EntryKind::Expire, ending, rest, true);
                        }
                    }
                    self.stamp();
                }
            }
            RecurrenceMode::Add => {}
        }
        let adds = recurrence.mode == RecurrenceMode::Add;
        let (spec, effective) = (&grant.spec, if adds { self.now } else { grant.effective_at });
        let amounts = self.amounts_for(&spec.scope, spec.credits, spec.by_heads.as_ref());
        let id = if adds && !amounts.is_empty() { self.fresh_id() } else { grant.id };
        for (holder, credits) in self.holders(&spec.scope).into_iter().zip(amounts) {
            let lot = JudgedLot::new(id, spec.category, credits, effective, LotOrigin::Grant(place));
            let mut lot = lot.held_by(&spec.scope, holder);
            lot.created_at = if adds { self.now } else { spec.created_at.unwrap_or(grant.effective_at) };
            lot.priority = spec.priority;
            lot.end = end;
            let lot = self.issue(lot, EntryKind::Issue);
            self.grants.0[place].lots.push(lot);
        }
        self.follow(before, None);
        self.repay_soon();
    }

    /// What remains of grants is taken back; of one instant lot by lot, in the order of their ids, each an event with what makes up
    /// its minimum
    /// (docs/semantics.md §3.5, §3.6, §4.10, §10.1).
    pub fn grant_is_voided(&mut self, place: usize) {
        let mut places = vec![place];
        let void = |what: Coming| matches!(what, Coming::Void { .. });
        while let Some(Coming::Void { grant }) = self.to_come.take_at(self.now, void) {
            places.push(grant);
        }
        let mut mine: Vec<usize> = Vec::new();
        for &place in &places {
            self.grants.0[place].voided = true;
            let lots = &self.grants.0[place].lots;
            mine.extend((0..self.lots.len()).filter(|&lot| match self.lots[lot].origin {
                LotOrigin::Grant(of) => of == place,
                LotOrigin::GrantMinimum(of) => lots.contains(&of),
                _ => false,
            }));
        }
        // What makes up the minimum of a lot goes with it.
        mine.sort_by_key(|&lot| match self.lots[lot].origin {
            LotOrigin::GrantMinimum(of) => (self.lots[of].id, of, true, lot),
            _ => (self.lots[lot].id, lot, false, lot),
        });
        let with = |judged: &Self, lot: usize| match judged.lots[lot].origin {
            LotOrigin::GrantMinimum(of) => of,
            _ => lot,
        };
        let mut before = self.balances();
        for (place, &lot) in mine.iter().enumerate() {
            self.lots[lot].over = true;
            let rest = self.lots[lot].remaining;
            self.take_away(EntryKind::Void, lot, rest, false);
            self.stamp();
            if mine.get(place + 1).is_none_or(|&next| with(self, next) != with(self, lot)) {
                self.follow(before, None);
                before = self.balances();
            }
        }
    }

    /// Debt is repaid after all grants of the instant (docs/semantics.md §6.21).
    pub fn repay_soon(&mut self) {
        if !self.to_come.has(self.now, |what| what == Coming::Repay) {
            self.to_come.add(self.now, (0, 0, 0), Coming::Repay);
        }
    }

    /// The amount of a share, rounded half-up to a micro-credit.
    pub fn share_of(&self, credits: Credits, part: SimSpan, whole: SimSpan) -> Credits {
        if whole.is_zero() { Credits::ZERO } else { credits.scale_half_up(part.micros(), whole.micros()) }
    }
}
