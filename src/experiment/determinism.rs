//! The same scenario on different layouts must give the same bytes, organization by organization (law 7), and so must
//! accounts that are followed one operation at a time (law 8).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{
    Failure, Interrupt, JobOptions, Layout, NoOutcomes, RowWriter, RunSpec, prepare_histories, prepare_with,
    run,
};
use crate::organization::{DetailOptions, OrganizationOutcome};
use crate::outcome::Detail;
use crate::sampling::hash_name;
use crate::scenario::Scenario;
use crate::units::OrganizationId;

/// A layout and whether it gave what the first one gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutRun {
    /// The layout in words.
    pub layout: String,
    /// Organizations compared, over all replications.
    pub organizations: usize,
    /// The first that differs, as `COHORT/NUMBER in replication R`; none if all are alike.
    pub differs: Option<String>,
}

/// Runs a scenario on one thread first and then on every other layout, and compares what each organization did: every
/// counter and every cycle of the program as it runs by default. Then follows every account one operation at a time, and
/// compares those numbers with the first ones, and its rows of operations and of the journal over layouts.
///
/// # Errors
/// What a run finds wrong.
pub fn compare_layouts(scenario: &Scenario, first: Option<u32>) -> Result<Vec<LayoutRun>, Failure> {
    let by_default = DetailOptions { cycles: true, limit_accounts: true, ..DetailOptions::default() };
    let followed = DetailOptions { operations: true, journal: true, followed: true, ..by_default };
    let (mut reference, mut rows) = (None, None);
    let mut runs = Vec::new();
    let of_default = layouts().into_iter().map(|(words, layout)| (words, layout, by_default));
    let of_followed = followed_layouts().into_iter().map(|(words, layout)| (words, layout, followed));
    for (words, layout, detail) in of_default.chain(of_followed) {
        let (prints, of_rows) = fingerprints(scenario, first, layout, detail)?;
        let (organizations, mut differs) = (prints.len(), None);
        if let Some(reference) = &reference {
            differs = first_difference(scenario, reference, &prints);
        }
        if let Some(rows) = rows.as_ref().filter(|_| detail.followed) {
            differs = differs.or_else(|| first_difference(scenario, rows, &of_rows));
        }
        runs.push(LayoutRun { layout: words.to_owned(), organizations, differs });
        reference.get_or_insert(prints);
        if detail.followed {
            rows.get_or_insert(of_rows);
        }
    }
    Ok(runs)
}

fn layouts() -> Vec<(&'static str, Layout)> {
    let usual = Layout::default();
    let on = |threads| Layout { threads, ..usual.clone() };
    vec![
        ("1 thread", on(1)),
        ("2 threads", on(2)),
        ("4 threads", on(4)),
        ("8 threads", on(8)),
        ("batches of 1", Layout { batch: 1, ..on(2) }),
        ("batches of 7", Layout { batch: 7, ..on(2) }),
        ("batches of 4096", Layout { batch: 4096, ..on(2) }),
        ("waves of 1", Layout { wave: 1, ..on(2) }),
        ("waves of 64, shuffled", Layout { wave: 64, shuffle: Some(7), ..on(2) }),
        ("chunks of 3, shuffled", Layout { chunk: Some(3), shuffle: Some(11), ..on(2) }),
    ]
}

fn followed_layouts() -> Vec<(&'static str, Layout)> {
    let on = |threads| Layout { threads, ..Layout::default() };
    vec![
        ("followed, 1 thread", on(1)),
        ("followed, batches of 7, shuffled", Layout { batch: 7, shuffle: Some(3), ..on(2) }),
    ]
}

type Prints = BTreeMap<(u32, OrganizationId), u64>;

/// Prints of everything that all ways keep, and of the rows that only accounts keep which are followed.
fn fingerprints(
    scenario: &Scenario,
    first: Option<u32>,
    layout: Layout,
    detail: DetailOptions,
) -> Result<(Prints, Prints), Failure> {
    let printer = Arc::new(Printer::default());
    let writer: Arc<dyn RowWriter> = printer.clone();
    // Nobody else can have made it, and it goes whatever happens.
    let scratch = tempfile::Builder::new().prefix("creditsim-").tempdir();
    let scratch = scratch.map_err(|source| Failure::Io { path: std::env::temp_dir(), source })?;
    let spill = scratch.path().join("scratch");
    let histories = prepare_histories(scenario, &spill, &|_| true).map_err(Failure::History)?;
    let job = prepare_with(scenario, JobOptions { detail, first }, writer, &histories);
    let spec = RunSpec {
        job: Arc::new(job),
        replications: 0..scenario.replications,
        layout,
        spill,
        sink: Box::new(NoOutcomes),
        interrupt: Interrupt::default(),
        keep: None,
    };
    run(spec, &mut |_| {})?;
    Ok(std::mem::take(&mut *printer.prints.lock().unwrap_or_else(PoisonError::into_inner)))
}

fn first_difference(scenario: &Scenario, reference: &Prints, prints: &Prints) -> Option<String> {
    let all = reference.keys().chain(prints.keys()).filter(|key| reference.get(key) != prints.get(key));
    let (replication, id) = all.min()?;
    let cohort = scenario.cohorts.get(id.cohort.index()).map_or("?", |cohort| cohort.name.as_str());
    Some(format!("{cohort}/{} in replication {replication}", id.number))
}

/// Keeps a hash of all that an organization did.
#[derive(Default)]
struct Printer {
    /// Of counters and cycles; of rows of operations and the journal.
    prints: Mutex<(Prints, Prints)>,
}

impl RowWriter for Printer {
    fn files(&self) -> usize {
        0
    }

    fn write(&self, replication: u32, organization: &OrganizationOutcome, _into: &mut [Vec<u8>]) {
        // The debug form shows every counter, sample and row; nothing of a tally is left out.
        let (mut counters, mut rows) = (String::new(), String::new());
        for tally in &organization.tallies {
            let mut tally = tally.clone();
            let Detail { cycles, limit_accounts, attempts, quantities, groups, journal } =
                *tally.detail.take().unwrap_or_default();
            // Writing to memory cannot fail.
            let _ = write!(counters, "{tally:?}{cycles:?}{limit_accounts:?}");
            let _ = write!(rows, "{attempts:?}{quantities:?}{groups:?}{journal:?}");
        }
        let key = (replication, organization.id);
        let mut prints = self.prints.lock().unwrap_or_else(PoisonError::into_inner);
        prints.0.insert(key, hash_name(&counters));
        prints.1.insert(key, hash_name(&rows));
    }
}
