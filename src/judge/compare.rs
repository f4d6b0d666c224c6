//! The judge's facts beside the product's journal.

use std::fmt;

use crate::outcome::Entry;
use crate::units::{Credits, SimTime};

use super::facts::{EntryKind, Fact};

/// Where judge and product first differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeDifference {
    /// When.
    pub at: SimTime,
    /// What the judge finds; nothing if it finds no more.
    pub judged: Option<Fact>,
    /// What the journal says.
    pub written: Option<Fact>,
    /// What both agree on before it, the last ten.
    pub before: Vec<Fact>,
}

impl fmt::Display for JudgeDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in &self.before {
            writeln!(f, "    {fact}")?;
        }
        let told =
            |fact: &Option<Fact>| fact.map_or_else(|| String::from("nothing more"), |fact| fact.to_string());
        writeln!(f, "  the rules say  {}", told(&self.judged))?;
        write!(f, "  the account has {}", told(&self.written))
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.at, self.kind)?;
        if self.reason != super::facts::Reason::None {
            write!(f, " ({:?})", self.reason)?;
        }
        if let Some((feature, number)) = self.operation {
            write!(f, ", operation {}/{number}", feature.0)?;
        }
        if self.segment > 0 {
            write!(f, ", segment {}", self.segment)?;
        }
        if let Some((id, category)) = self.grant {
            write!(f, ", grant {id} {}", category.name())?;
        }
        if let Some(until) = self.until {
            write!(f, ", until {until}")?;
        }
        write!(
            f,
            ", credits {}, money {}; settled {}, available {}, debt {}",
            self.credits, self.money, self.settled, self.available, self.debt
        )
    }
}

/// Kinds of entries that the judge does not judge: how the product carries money from what it paid for to what it pays for.
pub(super) const NOT_JUDGED: &[EntryKind] =
    &[EntryKind::PriceTaken, EntryKind::PriceGiven, EntryKind::PriceOverTime, EntryKind::Metered];

/// The first difference between what the judge found and the journal of the account.
#[must_use]
pub fn compare(judged: &[Fact], journal: &[Entry]) -> Option<JudgeDifference> {
    // A lot of which nothing is left is pooled without a word.
    let empty = |fact: &Fact| fact.kind == EntryKind::Pooled && fact.credits == Credits::ZERO;
    let is_judged = |fact: &Fact| !NOT_JUDGED.contains(&fact.kind) && !empty(fact);
    let judged: Vec<Fact> = judged.iter().copied().filter(is_judged).collect();
    let written: Vec<Fact> = journal.iter().map(Fact::of_entry).filter(is_judged).collect();
    let (judged, written) = (in_order(judged), in_order(written));
    let same = judged.iter().zip(&written).take_while(|(a, b)| a == b).count();
    let (judged_here, written_here) = (judged.get(same).copied(), written.get(same).copied());
    let here = [judged_here, written_here].into_iter().flatten().map(|fact| fact.at).min()?;
    let before = written[same.saturating_sub(10)..same].to_vec();
    Some(JudgeDifference { at: here, judged: judged_here, written: written_here, before })
}

/// Lots that end or roll over in one event do so in no order that a rule gives: theirs are sorted.
fn in_order(facts: Vec<Fact>) -> Vec<Fact> {
    let mut facts = what_holds_lose(facts);
    let rolls = |fact: &Fact| {
        matches!(
            fact.kind,
            EntryKind::Expire | EntryKind::Rollover | EntryKind::IssueRolloverMinimum | EntryKind::Pooled
        )
    };
    let mut from = 0;
    while from < facts.len() {
        let length = facts[from..].iter().take_while(|fact| rolls(fact) && fact.at == facts[from].at).count();
        facts[from..from + length].sort_by_key(|fact| (fact.kind, fact.grant, fact.credits));
        from += length.max(1);
    }
    facts
}

/// What lots that end take from holds may be said lot by lot or of all: it is summed up for each instant, and stands last there.
fn what_holds_lose(facts: Vec<Fact>) -> Vec<Fact> {
    let mut all: Vec<Fact> = Vec::new();
    for same in facts.chunk_by(|a, b| a.at == b.at) {
        let lost = |fact: &&Fact| fact.kind == EntryKind::HoldUncovered;
        all.extend(same.iter().filter(|fact| !lost(fact)));
        let sum: Credits = same.iter().filter(lost).map(|fact| fact.credits).sum();
        if sum.is_positive() {
            all.push(Fact::new(same[0].at, EntryKind::HoldUncovered).of(sum));
        }
    }
    all
}

/// An entry of a journal in the words of the judge.
#[must_use]
pub fn told(entry: &Entry) -> String {
    Fact::of_entry(entry).to_string()
}
