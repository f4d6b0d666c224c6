//! How the command ends: exit codes and the messages that go with them.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::engine::Failure;
use crate::experiment::design::DesignError;
use crate::report::Unplaced;
use crate::scenario;

use super::diagnosis::diagnosis;
use super::{interrupt, terminal};

/// How a command ends if nothing kept it from its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0.
    Fine,
    /// 3: a threshold failed.
    ThresholdFailed,
    /// 4: a threshold or a precision is undecided.
    Undecided,
    /// 130: interrupted; what was finished is kept.
    Interrupted,
}

/// What kept a command from its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandProblem {
    /// 2: problems of a scenario, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Scenario(Vec<scenario::Problem>),
    /// 2: arguments that cannot be meant; with a hint.
    #[error("error: {what}{}", .hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
    Usage {
        /// What is wrong.
        what: String,
        /// How to repair it.
        hint: Option<String>,
    },
    /// 5: a file cannot be read or written.
    #[error("error: `{}`: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// 5, or 2 where some are of something else: parts that cannot be put together.
    #[error("error: the parts cannot be put together\n  {}{}", .what.join("\n  "), parts_hint(*.misplaced))]
    Parts {
        /// Everything that is wrong, a line each.
        what: Vec<String>,
        /// True if files were named that do not belong there.
        misplaced: bool,
    },
    /// 5: results are complete, but could not take their place.
    #[error("error: `{}`: {}; the results are kept in `{}`", .0.target.display(), .0.source, .0.kept.display())]
    Unplaced(Unplaced),
    /// 1: the simulator contradicts theory or itself.
    #[error("error: {wrong} observations contradict theory or another layout")]
    Verification {
        /// How many.
        wrong: usize,
    },
    /// 1, or 5 for a file, or 2 for a scenario that asks for the impossible: the run failed.
    #[error("error: {0}")]
    Run(Failure),
    /// 2: the scenario asks for something that cannot be, found outside a run.
    #[error("error: {0}")]
    Impossible(String),
    /// 1: the program is wrong.
    #[error(
        "error: {0}\nhint: this is a fault of creditsim, not of the scenario; please report it with the scenario"
    )]
    Internal(String),
}

impl From<Vec<scenario::Problem>> for CommandProblem {
    fn from(problems: Vec<scenario::Problem>) -> Self {
        CommandProblem::Scenario(problems)
    }
}

impl From<DesignError> for CommandProblem {
    fn from(error: DesignError) -> Self {
        CommandProblem::usage(error.to_string())
    }
}

impl From<Failure> for CommandProblem {
    fn from(failure: Failure) -> Self {
        CommandProblem::Run(failure)
    }
}

/// What to do about parts.
fn parts_hint(misplaced: bool) -> &'static str {
    if misplaced {
        "\nhint: name the parts of one run alone; the commands on stdout write what is missing"
    } else {
        "\nhint: the commands on stdout write what is missing; parts that are spoilt are written again by them"
    }
}

impl CommandProblem {
    /// A mistake in the arguments.
    #[must_use]
    pub fn usage(what: impl Into<String>) -> Self {
        CommandProblem::Usage { what: what.into(), hint: None }
    }

    fn code(&self) -> u8 {
        match self {
            CommandProblem::Scenario(_) | CommandProblem::Usage { .. } | CommandProblem::Impossible(_) => 2,
            CommandProblem::Run(Failure::Impossible { .. }) => 2,
            CommandProblem::Parts { misplaced: true, .. } => 2,
            CommandProblem::Parts { .. } | CommandProblem::File { .. } | CommandProblem::Unplaced(_) => 5,
            CommandProblem::Run(Failure::Io { .. } | Failure::Unreadable { .. } | Failure::Arbiter(_)) => 5,
            CommandProblem::Run(Failure::History(error)) if error.is_stopped() => interrupt::INTERRUPTED,
            CommandProblem::Run(Failure::History(error)) => {
                if error.is_world() {
                    5
                } else {
                    2
                }
            }
            CommandProblem::Run(_) | CommandProblem::Verification { .. } | CommandProblem::Internal(_) => 1,
        }
    }
}

impl Exit {
    /// Says what went wrong, if something did, and gives the process its exit code.
    #[must_use]
    pub fn report(ended: Result<Exit, CommandProblem>) -> ExitCode {
        interrupt::give_way_to_signals();
        let code = match ended {
            Ok(exit) => exit.code(),
            Err(problem) => {
                match &problem {
                    CommandProblem::Scenario(problems) => {
                        terminal::tell_drawn(&diagnosis(problems, terminal::stderr_look()));
                    }
                    _ => terminal::complain(&problem.to_string()),
                }
                problem.code()
            }
        };
        let Some(source) = terminal::unsaid() else { return ExitCode::from(code) };
        let lost = CommandProblem::File { path: "standard output".into(), source };
        terminal::complain(&lost.to_string());
        ExitCode::from(if code == 0 { lost.code() } else { code })
    }

    fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::ThresholdFailed => 3,
            Exit::Undecided => 4,
            Exit::Interrupted => interrupt::INTERRUPTED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_who_has_to_act() {
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let lost = Failure::Lost { actor: "the collector".to_owned(), panic: None };
        let cases = [
            (CommandProblem::Scenario(Vec::new()), 2),
            (CommandProblem::usage("no such policy"), 2),
            (CommandProblem::File { path: "a".into(), source: denied() }, 5),
            (CommandProblem::Run(Failure::Io { path: "a".into(), source: denied() }), 5),
            (CommandProblem::Run(lost), 1),
        ];
        for (problem, code) in cases {
            assert_eq!(problem.code(), code, "{problem}");
        }
        let exits = [Exit::Fine, Exit::ThresholdFailed, Exit::Undecided, Exit::Interrupted];
        assert_eq!(exits.map(Exit::code), [0, 3, 4, 130]);
    }

    #[test]
    fn the_page_of_exit_codes_has_each_of_them_once() {
        let page = include_str!("../../docs/exit-codes.md");
        let first = |line: &str| line.strip_prefix("| ")?.split(' ').next()?.parse::<u8>().ok();
        let told: Vec<u8> = page.lines().filter_map(first).collect();
        let world = CommandProblem::File { path: "a".into(), source: std::io::ErrorKind::NotFound.into() };
        let problems = [CommandProblem::Internal(String::new()), CommandProblem::usage(""), world];
        let exits = [Exit::Fine, Exit::ThresholdFailed, Exit::Undecided, Exit::Interrupted];
        let mut codes: Vec<u8> = problems.iter().map(CommandProblem::code).collect();
        codes.extend(exits.map(Exit::code));
        codes.sort_unstable();
        assert_eq!(told, codes);
    }
}
