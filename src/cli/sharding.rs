//! Which shards a process is asked for: by number, or by the number that a scheduler gives to each of its tasks.
//!
//! Owns the form of `--shard` and the variables of schedulers. Leaves what a shard holds to `engine`. Invariant: shards are
//! numbered from 1, and what a task runs depends on its number and the options alone.

use std::ops::RangeInclusive;

use super::arguments::TaskArguments;
use super::exit::CommandProblem;

/// More shards than anybody can look after.
const MOST: u32 = 10_000_000;

/// A variable in which a scheduler tells a task its number.
#[derive(Debug, PartialEq, Eq)]
struct TaskVariable {
    name: &'static str,
    /// Number of its first task.
    first: u32,
    /// How its tasks come to be numbered so.
    numbered: &'static str,
}

/// Tasks of HyperQueue and Slurm have the numbers that were asked for, so that these are ours; the others count from 0.
const VARIABLES: [TaskVariable; 4] = [
    TaskVariable { name: "HQ_TASK_ID", first: 1, numbered: "submit with `--array 1-TASKS`" },
    TaskVariable { name: "SLURM_ARRAY_TASK_ID", first: 1, numbered: "submit with `--array=1-TASKS`" },
    TaskVariable { name: "JOB_COMPLETION_INDEX", first: 0, numbered: "an Indexed Job counts from 0" },
    TaskVariable { name: "OMPI_COMM_WORLD_RANK", first: 0, numbered: "ranks count from 0" },
];

/// `--shard`, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardAsked {
    which: Which,
    /// How many shards there are.
    pub of: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Numbers(RangeInclusive<u32>),
    /// The task's number is in whichever variable is set.
    Auto,
    /// The task's number is in this one.
    Variable(&'static TaskVariable),
}

/// Reads `FROM-TO/N`, `I/N`, `auto/N` or `VARIABLE/N`.
pub(super) fn shard(text: &str) -> Result<ShardAsked, String> {
    let form = || {
        String::from(
            "wanted shards of how many: `3/64`, `51-100/1000`, or `auto/64` for the task number of a scheduler \
             (HQ_TASK_ID, SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, OMPI_COMM_WORLD_RANK; one can be named: `HQ_TASK_ID/64`)",
        )
    };
    let (which, of) = text.split_once('/').ok_or_else(form)?;
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| (1..=MOST).contains(number));
    let of = number(of).ok_or_else(form)?;
    let which = match which.trim() {
        "auto" => Which::Auto,
        named => match VARIABLES.iter().find(|variable| variable.name == named) {
            Some(variable) => Which::Variable(variable),
            None => {
                let (from, to) = named.split_once('-').unwrap_or((named, named));
                let (from, to) = (number(from).ok_or_else(form)?, number(to).ok_or_else(form)?);
                if from > to {
                    return Err(format!("shard {from} comes after shard {to}; wanted FROM-TO/N"));
                }
                Which::Numbers(from..=to)
            }
        },
    };
    Ok(ShardAsked { which, of })
}

impl ShardAsked {
    /// The shards that this process runs; `last` is the highest that there can be. `variable` reads the environment.
    ///
    /// # Errors
    /// Numbers beyond the last shard; a task without a number, with two, or with one that is none.
    pub(super) fn numbers(
        &self,
        tasks: &TaskArguments,
        last: u32,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<RangeInclusive<u32>, CommandProblem> {
        let (task, by) = match &self.which {
            Which::Numbers(numbers) if *numbers.end() > last => {
                return Err(usage(
                    format!("`--shard {}-{}/{}`", numbers.start(), numbers.end(), self.of),
                    &format!("the last shard is {last}"),
                ));
            }
            Which::Numbers(numbers) => return Ok(numbers.clone()),
            Which::Auto => self.only_one_set(variable)?,
            Which::Variable(named) => {
                let text = variable(named.name).ok_or_else(|| {
                    usage(
                        format!("`--shard {}/{}`: `{}` is not set", named.name, self.of, named.name),
                        "it is set by the scheduler, in its tasks alone",
                    )
                })?;
                (task_number(&text, named)?, *named)
            }
        };
        let task = i64::from(task) + i64::from(tasks.task_offset);
        let Some(task) = u64::try_from(task).ok().filter(|&task| task > 0) else {
            return Err(usage(format!("`{}` is 0, and tasks are numbered from 1", by.name), by.numbered));
        };
        let first = (task - 1) * u64::from(tasks.shards_per_task) + 1;
        if first > u64::from(last) {
            let most = last.div_ceil(tasks.shards_per_task);
            return Err(usage(
                format!("task {task} by `{}` would begin with shard {first} of {last}", by.name),
                &format!("{most} tasks are enough; {}", by.numbered),
            ));
        }
        let behind = (first - 1 + u64::from(tasks.shards_per_task)).min(u64::from(last));
        // Both are at most `last`.
        Ok(first as u32..=behind as u32)
    }

    fn only_one_set(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(i32, &'static TaskVariable), CommandProblem> {
        let set: Vec<(&TaskVariable, String)> =
            VARIABLES.iter().filter_map(|known| Some((known, variable(known.name)?))).collect();
        match &set[..] {
            [(known, text)] => Ok((task_number(text, known)?, *known)),
            [] => Err(usage(
                format!("`--shard auto/{}`: no scheduler says which task this is", self.of),
                &format!(
                    "it is read from {}; or name shards: `--shard 1-{1}/{1}`",
                    names(&VARIABLES),
                    self.of
                ),
            )),
            several => Err(usage(
                format!(
                    "`--shard auto/{}`: several schedulers number this task ({})",
                    self.of,
                    several
                        .iter()
                        .map(|(known, text)| format!("{}={text}", known.name))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
                &format!("name the one that is meant: `--shard {}/{}`", several[0].0.name, self.of),
            )),
        }
    }
}

/// A task's number, from 1; 0 where whoever numbers tasks from 0 has to say so by an offset.
fn task_number(text: &str, variable: &TaskVariable) -> Result<i32, CommandProblem> {
    let number = text.trim().parse::<u32>().ok().filter(|&number| number <= MOST);
    // `MOST` is far within 31 bits.
    number.map(|number| number as i32 + 1 - variable.first as i32).ok_or_else(|| {
        usage(format!("`{}={text}` is the number of no task", variable.name), variable.numbered)
    })
}

fn names(variables: &[TaskVariable]) -> String {
    variables.iter().map(|variable| variable.name).collect::<Vec<_>>().join(", ")
}

fn usage(what: String, hint: &str) -> CommandProblem {
    CommandProblem::Usage { what, hint: Some(hint.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(
        text: &str,
        (shards_per_task, task_offset): (u32, u32),
        set: &[(&str, &str)],
    ) -> Result<RangeInclusive<u32>, String> {
        let asked = shard(text).expect("readable");
        let variable =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let tasks = TaskArguments { shards_per_task, task_offset };
        asked.numbers(&tasks, asked.of, &variable).map_err(|problem| problem.to_string())
    }

    #[test]
    fn shards_are_named_or_read_from_the_variable_of_a_scheduler() {
        let one = (1, 0);
        assert_eq!(numbers("3/64", one, &[]), Ok(3..=3));
        assert_eq!(numbers("51-100/1000", one, &[("HQ_TASK_ID", "7")]), Ok(51..=100));
        let first = [
            ("HQ_TASK_ID", "1"),
            ("SLURM_ARRAY_TASK_ID", "1"),
            ("JOB_COMPLETION_INDEX", "0"),
            ("OMPI_COMM_WORLD_RANK", "0"),
        ];
        for set in first {
            assert_eq!(numbers("auto/64", one, &[set]), Ok(1..=1), "{set:?}");
            assert_eq!(numbers("auto/1000", (50, 0), &[set]), Ok(1..=50), "{set:?}");
            assert_eq!(numbers("auto/1000", (1, 900), &[set]), Ok(901..=901), "{set:?}");
            assert_eq!(numbers(&format!("{}/64", set.0), one, &first), Ok(1..=1), "{set:?}");
        }
        // Whoever numbers tasks from 0 says so.
        assert_eq!(numbers("auto/64", (8, 1), &[("HQ_TASK_ID", "0")]), Ok(1..=8));
        assert_eq!(numbers("auto/1000", (30, 0), &[("SLURM_ARRAY_TASK_ID", "34")]), Ok(991..=1000));
    }

    #[test]
    fn what_is_no_task_is_refused() {
        /// Variables of a scheduler's task, with their values.
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(&str, Variables, &str); 6] = [
            ("65-70/64", &[], "the last shard is 64"),
            ("auto/64", &[], "no scheduler says which task this is"),
            ("auto/64", &[("HQ_TASK_ID", "0")], "numbered from 1"),
            ("auto/64", &[("SLURM_ARRAY_TASK_ID", "x")], "the number of no task"),
            ("auto/64", &[("JOB_COMPLETION_INDEX", "64")], "64 tasks are enough"),
            ("auto/64", &[("HQ_TASK_ID", "1"), ("SLURM_ARRAY_TASK_ID", "2")], "`--shard HQ_TASK_ID/64`"),
        ];
        for (text, set, expected) in cases {
            let said = numbers(text, (1, 0), set).expect_err(text);
            assert!(said.contains(expected), "{text}: {said}");
        }
        for text in ["", "3", "0/4", "3/0", "5-3/9", "a/4", "1-/4", "auto", "auto/", "1/99999999999"] {
            assert!(shard(text).is_err(), "{text}");
        }
    }
}
