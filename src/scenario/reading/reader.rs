//! Gathers the problems of a scenario while its tree is read.
//!
//! Knows the sources, the time zone, the start and the currency, because values are read in their light.

use std::cell::{Cell, Ref, RefCell};
use std::path::PathBuf;

use crate::calendar::Zone;
use crate::units::SimTime;
use crate::units::{Credits, Money};

use super::item::Item;
use crate::scenario::base::{Base, NamedFile, NoFile};
use crate::scenario::sandbox;

use super::problem::{Excerpt, Level, Problem};
use super::tree::{Node, SourceId, SourcePlace, excerpt_of_key, excerpt_of_value, line_of};

/// A named text that nodes come from.
#[derive(Debug, Clone)]
pub(crate) struct SourceText {
    /// As it is named to people.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Gathers problems while a tree is read; knows the sources, the time zone, the start and the currency.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    sources: RefCell<Vec<SourceText>>,
    problems: RefCell<Vec<Problem>>,
    zone: RefCell<Zone>,
    start: Cell<Option<SimTime>>,
    base: RefCell<Option<Base>>,
    /// Files of values so far, in a sandbox.
    columns: Cell<usize>,
    currency: RefCell<Option<String>>,
    most_credits: RefCell<Option<(Credits, String)>>,
    most_money: RefCell<Option<(Money, String)>>,
}

impl Reader {
    /// A reader without sources.
    pub fn new() -> Self {
        Reader::default()
    }

    /// Registers a source of nodes.
    pub fn add_source(&self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let mut sources = self.sources.borrow_mut();
        sources.push(SourceText { name: name.into(), text: text.into() });
        SourceId(u16::try_from(sources.len() - 1).expect("a scenario has a handful of sources"))
    }

    /// Sets the zone in which local dates and times are read.
    pub fn set_zone(&self, zone: Zone) {
        *self.zone.borrow_mut() = zone;
    }

    /// Sets the first instant of the horizon.
    pub fn set_start(&self, start: SimTime) {
        self.start.set(Some(start));
    }

    /// The first instant of the horizon, once it is known.
    pub fn start(&self) -> Option<SimTime> {
        self.start.get()
    }

    /// Sets what names of files are relative to.
    pub fn set_base(&self, base: Base) {
        *self.base.borrow_mut() = Some(base);
    }

    /// A file whose column holds values, and how much text is read of it.
    pub fn column_file(&self, file: &str) -> Result<(NamedFile, Option<u64>), NoFile> {
        let base = self.base.borrow();
        let Some(base) = &*base else { return Ok(((PathBuf::from(file), None), None)) };
        if !base.is_enclosed() {
            return Ok((base.find(file)?, None));
        }
        self.columns.set(self.columns.get() + 1);
        if self.columns.get() > sandbox::COLUMNS {
            let what =
                format!("is one file too many: {} of them are the most in a sandbox", sandbox::COLUMNS);
            return Err((what, "write values into the scenario, or quantiles of them"));
        }
        Ok((base.find(file)?, Some(sandbox::COLUMN_BYTES)))
    }

    /// The zone in which local dates and times are read.
    pub fn zone(&self) -> Ref<'_, Zone> {
        self.zone.borrow()
    }

    /// The currency of every amount read so far.
    pub fn currency(&self) -> Option<String> {
        self.currency.borrow().clone()
    }

    /// The one currency of the scenario: the first that is named.
    pub fn agree_on_currency(&self, currency: &str) -> String {
        self.currency.borrow_mut().get_or_insert_with(|| currency.to_owned()).clone()
    }

    /// Remembers the key of the largest number of credits.
    pub fn note_credits(&self, place: &SourcePlace, credits: Credits) {
        keep_larger(&self.most_credits, place, credits);
    }

    /// Remembers the key of the largest amount of money.
    pub fn note_money(&self, place: &SourcePlace, money: Money) {
        keep_larger(&self.most_money, place, money);
    }

    /// Keys of the largest number of credits and of the largest amount of money, as far as they are written.
    pub fn largest(&self) -> (Option<String>, Option<String>) {
        let key_of = |key: &str| key.to_owned();
        let credits = self.most_credits.borrow().as_ref().map(|(_, key)| key_of(key));
        (credits, self.most_money.borrow().as_ref().map(|(_, key)| key_of(key)))
    }

    /// Adds a problem, once.
    pub fn report(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// A problem at `place`: "`path` what".
    pub fn problem_at(&self, place: &SourcePlace, what: impl Into<String>) -> Problem {
        self.problem(place, what.into(), excerpt_of_key)
    }

    /// A problem of the value at `place`.
    pub fn problem_of_value(&self, place: &SourcePlace, what: impl Into<String>) -> Problem {
        self.problem(place, what.into(), excerpt_of_value)
    }

    fn problem(
        &self,
        place: &SourcePlace,
        what: String,
        shown: fn(&str, &SourcePlace) -> Option<Excerpt>,
    ) -> Problem {
        let sources = self.sources.borrow();
        let source = sources.get(usize::from(place.source.0));
        let file = source.map_or_else(String::new, |source| source.name.clone());
        let written = source.filter(|source| !source.text.is_empty());
        let line = written.map_or(0, |source| line_of(&source.text, place.offset));
        let excerpt = written.and_then(|source| shown(&source.text, place));
        Problem { key: place.path.to_string(), excerpt, ..Problem::of_file(&file, line, what) }
    }

    /// A warning at `place`.
    pub fn warn(&self, place: &SourcePlace, what: impl Into<String>, hint: impl Into<String>) {
        let problem = self.problem_at(place, what);
        self.report(Problem { level: Level::Warning, hint: Some(hint.into()), ..problem });
    }

    /// As [`Reader::warn`], of something that `creditsim run` says too.
    pub fn caution(&self, place: &SourcePlace, what: impl Into<String>, hint: impl Into<String>) {
        let problem = self.problem_at(place, what);
        self.report(Problem { level: Level::Caution, hint: Some(hint.into()), ..problem });
    }

    /// An error at `place` that no single value explains.
    pub fn error(&self, place: &SourcePlace, what: impl Into<String>, hint: Option<String>) {
        let problem = self.problem_at(place, what);
        self.report(Problem { hint, ..problem });
    }

    /// All problems, errors and warnings, in the order of the sources and their lines.
    pub fn into_problems(self) -> Vec<Problem> {
        let sources = self.sources.into_inner();
        let mut problems = self.problems.into_inner();
        let rank = |problem: &Problem| sources.iter().position(|source| source.name == problem.file);
        problems.sort_by_key(|problem| (rank(problem), problem.line));
        problems
    }

    /// True if something was reported that prevents a run.
    pub fn has_errors(&self) -> bool {
        self.problems.borrow().iter().any(Problem::is_error)
    }

    /// `node` as something to read.
    pub fn item<'a>(&'a self, node: &'a Node) -> Item<'a> {
        Item { reader: self, node, kind: None }
    }
}

fn keep_larger<T: PartialOrd>(known: &RefCell<Option<(T, String)>>, place: &SourcePlace, value: T) {
    let mut known = known.borrow_mut();
    if !place.path.is_empty() && known.as_ref().is_none_or(|(most, _)| value > *most) {
        *known = Some((value, place.path.to_string()));
    }
}
