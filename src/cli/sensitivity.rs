use super::arguments::SensitivityArguments;
use super::exit::{Exit, Problem};
pub(super) fn carry_out(_arguments: &SensitivityArguments) -> Result<Exit, Problem> {
    Err(Problem::usage("later"))
}
