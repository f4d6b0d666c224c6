//! Cycles and validity from an anchor, in a time zone.
//!
//! Owns calendar arithmetic (month ends, leap years, clock changes). Leaves what a period means to its users.
//! Invariants: the n-th instant is computed from the original anchor, never from the previous one; a local time that
//! does not exist moves forward by the gap; one that occurs twice means the first.
//!
//! Each call looks up the zone once or twice (well under a microsecond): good enough for once a cycle, too slow for
//! once an operation.

mod month;
mod period;
mod zone;

#[cfg(test)]
mod tests;

pub use month::YearMonth;
pub use period::{CalendarUnit, MonthEnd, Period};
pub use zone::Zone;
