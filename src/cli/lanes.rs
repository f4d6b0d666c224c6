//! Shards side by side: each on threads of its own, so that one is written while the next is simulated.
//!
//! Owns who takes which shard, and what is shown of all of them together. Leaves what a shard is, and its part, to `shards`.
//! Invariants: every shard is taken once, in the order of numbers; after a failure nobody takes another.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::{Layout, Progress, Stopwatch};

use super::exit::CommandProblem;
use super::progress::Meter;

/// Where shards are simulated, one after the other.
pub(super) struct ShardLane {
    /// From 0.
    pub number: usize,
    /// The threads and cores that are its own.
    pub layout: Layout,
}

/// Shards of which some are simulated at once.
pub(super) struct ShardLanes {
    lanes: usize,
    since: Stopwatch,
    state: Mutex<LanesState>,
}

struct LanesState {
    /// Those to be taken, the next one last.
    left: Vec<u32>,
    meter: Meter,
    /// What all lanes have finished, and what there is in all.
    finished: Progress,
    /// How far each lane is with what it works on.
    under_way: Vec<Progress>,
}

impl ShardLanes {
    /// Shards of so many organizations in all, on so many threads: as many at once as there are threads and shards.
    pub fn new(mut shards: Vec<u32>, threads: usize, (organizations, meter): (u64, Meter)) -> Self {
        shards.reverse();
        let lanes = threads.min(shards.len()).max(1);
        let finished = Progress { organizations_total: organizations, ..Progress::default() };
        let under_way = vec![Progress::default(); lanes];
        let state = Mutex::new(LanesState { left: shards, meter, finished, under_way });
        ShardLanes { lanes, since: Stopwatch::start(), state }
    }

    /// Has `write` write every shard; false if it said that somebody asked for the end.
    ///
    /// # Errors
    /// The first that `write` gave, by the number of its lane.
    pub fn work(
        self,
        layout: &Layout,
        write: impl Fn(u32, &ShardLane, &ShardLanes) -> Result<bool, CommandProblem> + Sync,
    ) -> Result<bool, CommandProblem> {
        let ended: Vec<_> = std::thread::scope(|scope| {
            let begin = |lane: ShardLane| {
                scope.spawn(|| {
                    let lane = lane;
                    self.one(&lane, &write)
                })
            };
            let running: Vec<_> = (0..self.lanes).map(|number| begin(self.lane(number, layout))).collect();
            running.into_iter().map(|thread| thread.join()).collect()
        });
        self.into_meter().end();
        let mut whole = true;
        for lane in ended {
            whole &= lane.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(whole)
    }

    /// The threads of the layout, shared out.
    fn lane(&self, number: usize, layout: &Layout) -> ShardLane {
        let (each, more) = (layout.threads.max(1) / self.lanes, layout.threads.max(1) % self.lanes);
        let threads = each + usize::from(number < more);
        let first_core = layout.first_core + number * each + number.min(more);
        ShardLane { number, layout: Layout { threads, first_core, ..layout.clone() } }
    }

    /// What one lane does.
    fn one(
        &self,
        lane: &ShardLane,
        write: impl Fn(u32, &ShardLane, &ShardLanes) -> Result<bool, CommandProblem>,
    ) -> Result<bool, CommandProblem> {
        while let Some(number) = self.take() {
            let written = write(number, lane, self);
            if !matches!(written, Ok(true)) {
                self.state().left.clear();
                return written;
            }
        }
        Ok(true)
    }

    fn take(&self) -> Option<u32> {
        self.state().left.pop()
    }

    /// Shows how far all are, one of which is so far; returns the operations of all.
    pub fn show(&self, lane: &ShardLane, progress: Progress) -> u64 {
        let mut state = self.state();
        state.under_way[lane.number] = progress;
        let mut all = Progress { elapsed: self.since.elapsed(), ..state.finished };
        for one in &state.under_way {
            all.operations += one.operations;
            all.organizations += one.organizations;
        }
        state.meter.show(all);
        all.operations
    }

    /// What one lane worked on is finished.
    pub fn passed(&self, lane: &ShardLane, progress: Progress) {
        let mut state = self.state();
        state.under_way[lane.number] = Progress::default();
        state.finished.operations += progress.operations;
        state.finished.organizations += progress.organizations;
    }

    fn state(&self) -> MutexGuard<'_, LanesState> {
        // A lane that panicked ends the command with that panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_meter(self) -> Meter {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).meter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(shards: u32, threads: usize) -> ShardLanes {
        ShardLanes::new((1..=shards).collect(), threads, (0, Meter::Silent))
    }

    #[test]
    fn threads_and_cores_are_shared_out_without_overlap() {
        for (shards, threads, wanted) in [
            (9, 2, vec![(1, 0), (1, 1)]),
            (1, 4, vec![(4, 0)]),
            (2, 5, vec![(3, 0), (2, 3)]),
            (3, 8, vec![(3, 0), (3, 3), (2, 6)]),
        ] {
            let lanes = lanes(shards, threads);
            let layout = Layout { threads, ..Layout::default() };
            let shared = (0..lanes.lanes).map(|number| lanes.lane(number, &layout).layout);
            let shared: Vec<_> = shared.map(|layout| (layout.threads, layout.first_core)).collect();
            assert_eq!(shared, wanted, "{shards} shards on {threads} threads");
        }
    }

    #[test]
    fn every_shard_is_written_once() {
        let written = Mutex::new(Vec::new());
        let whole = lanes(100, 3).work(&Layout { threads: 3, ..Layout::default() }, |number, _, _| {
            written.lock().unwrap().push(number);
            Ok(true)
        });
        assert!(whole.unwrap());
        let mut written = written.into_inner().unwrap();
        written.sort_unstable();
        assert_eq!(written, (1..=100).collect::<Vec<_>>());
    }

    #[test]
    fn after_a_failure_nobody_takes_another() {
        let taken = Mutex::new(Vec::new());
        let ended = lanes(1_000, 2).work(&Layout { threads: 2, ..Layout::default() }, |number, _, _| {
            taken.lock().unwrap().push(number);
            if number == 7 { Err(CommandProblem::Internal(String::from("seven"))) } else { Ok(true) }
        });
        assert!(matches!(ended, Err(CommandProblem::Internal(what)) if what == "seven"));
        assert!(taken.into_inner().unwrap().len() < 1_000);
    }

    #[test]
    fn one_lane_that_is_asked_for_the_end_ends_all() {
        let ended =
            lanes(1_000, 2).work(&Layout { threads: 2, ..Layout::default() }, |number, _, _| Ok(number != 3));
        assert!(!ended.unwrap());
    }

    #[test]
    fn what_is_shown_is_all_of_them_together() {
        let both = lanes(4, 2);
        let [first, second] =
            [0, 1].map(|number| both.lane(number, &Layout { threads: 2, ..Layout::default() }));
        let progress = |operations| Progress { operations, organizations: 1, ..Progress::default() };
        assert_eq!(both.show(&first, progress(10)), 10);
        assert_eq!(both.show(&second, progress(5)), 15);
        both.passed(&first, progress(12));
        assert_eq!(both.show(&second, progress(6)), 18);
        assert_eq!(both.show(&first, progress(1)), 19);
    }
}
