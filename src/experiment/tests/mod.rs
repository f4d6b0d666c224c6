//! Tests of the room as a whole: whether verdicts and intervals are as often right as they say, and whether outcomes stay
//! within their bounds.

mod bounds;
mod honesty;
