//! Which parts of a charge limits speak of: credits of lots by category, and overage, which is what lots do not cover.

use crate::units::{Category, Credits};

/// Parts of charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChargeParts(u8);

/// One part of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargedPart {
    /// Credits of lots of a category.
    Lots(Category),
    /// What became debt.
    Overage,
}

impl ChargedPart {
    /// All of them: lots in the order of their categories, then overage.
    pub const ALL: [ChargedPart; 4] = [
        ChargedPart::Lots(Category::Included),
        ChargedPart::Lots(Category::Purchased),
        ChargedPart::Lots(Category::Promotional),
        ChargedPart::Overage,
    ];

    const fn bit(self) -> u8 {
        match self {
            ChargedPart::Lots(Category::Included) => 1,
            ChargedPart::Lots(Category::Purchased) => 2,
            ChargedPart::Lots(Category::Promotional) => 4,
            ChargedPart::Overage => 8,
        }
    }
}

impl ChargeParts {
    /// Nothing.
    pub const NONE: ChargeParts = ChargeParts(0);
    /// The whole charge.
    pub const ALL: ChargeParts = ChargeParts(15);

    /// Also this part.
    #[must_use]
    pub const fn with(self, part: ChargedPart) -> ChargeParts {
        ChargeParts(self.0 | part.bit())
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: ChargeParts) -> ChargeParts {
        ChargeParts(self.0 | other.0)
    }

    /// Whether a part is among these.
    #[inline]
    #[must_use]
    pub const fn hold(self, part: ChargedPart) -> bool {
        self.0 & part.bit() != 0
    }

    /// Whether lots of a category are among these.
    #[inline]
    #[must_use]
    pub const fn hold_lots_of(self, category: Category) -> bool {
        self.hold(ChargedPart::Lots(category))
    }

    /// Whether overage is among these.
    #[inline]
    #[must_use]
    pub const fn hold_overage(self) -> bool {
        self.hold(ChargedPart::Overage)
    }

    /// Whether lots of any category are among these.
    #[inline]
    #[must_use]
    pub const fn hold_lots(self) -> bool {
        self.0 & 7 != 0
    }

    /// True of the whole charge.
    #[inline]
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.0 == ChargeParts::ALL.0
    }
}

/// What all charges of one operation together may still take under one ceiling (docs/semantics.md §15.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CeilingShare {
    /// Whose share it is: the ceiling's place among the policy's limits by name.
    pub limit: u16,
    /// What the ceiling covers.
    pub covers: ChargeParts,
    /// How much of it may still be taken (credits).
    pub left: Credits,
}
