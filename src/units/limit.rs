//! The way out of arithmetic that has no other: what a scenario asks for and no integer can hold.
//!
//! Sums of credits and money are everywhere and return no errors. Whoever finds that a scenario asks for the impossible
//! raises it here as a panic with a payload of its own, and whoever catches panics (actors, the command) tells it from a
//! broken program by that payload.

/// What the scenario asks for that cannot be, as a sentence for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible(pub String);

/// Ends the work at hand with [`Impossible`].
#[cold]
#[inline(never)]
pub fn impossible(what: impl Into<String>) -> ! {
    std::panic::panic_any(Impossible(what.into()))
}

/// A sum of credits that passes 64 bits of micro-credits.
#[cold]
#[inline(never)]
pub(super) fn too_many_credits() -> ! {
    impossible("a sum of credits passes 9,223,372,036,854, the most that 64 bits of micro-credits hold")
}

/// A sum of money that passes 64 bits of nano-units.
#[cold]
#[inline(never)]
pub(super) fn too_much_money() -> ! {
    impossible("a sum of money passes 9,223,372,036, the most that 64 bits of nano-units hold")
}
