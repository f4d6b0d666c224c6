use super::arguments::OptimizeArguments;
use super::exit::{Exit, Problem};
pub(super) fn carry_out(_arguments: &OptimizeArguments) -> Result<Exit, Problem> {
    Err(Problem::usage("later"))
}
