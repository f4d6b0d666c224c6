//! What the columns of a file of rows hold, so that Parquet can type them.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    /// A name, or anything else that is read as it stands.
    Text,
    /// A whole number of 64 bits.
    Count,
    /// Credits to a millionth, or money to a billionth, exactly.
    Decimal { places: usize },
    /// A number as the summary has it.
    Real,
    /// An instant in UTC, to a microsecond.
    Instant,
}

const CREDITS: CellKind = CellKind::Decimal { places: 6 };
const MONEY: CellKind = CellKind::Decimal { places: 9 };

/// The kind of a column of the CSV file of this name.
pub(super) fn kind_of(file: &str, column: &str) -> CellKind {
    match (file, column) {
        (_, "replication" | "replications") => CellKind::Count,
        (_, "scenario" | "policy" | "scope" | "metric" | "unit" | "cohort" | "organization" | "plan") => {
            CellKind::Text
        }
        // Outcomes: means and sums as the summary writes them.
        ("summary.csv" | "organizations.csv", _) => CellKind::Real,
        ("organizations-change.csv", "standing") => CellKind::Text,
        ("organizations-change.csv", _) if column.starts_with("operations_") => CellKind::Count,
        ("organizations-change.csv", _) if column.ends_with("_credits") => CREDITS,
        ("organizations-change.csv", _) if column.ends_with("_money") => MONEY,
        ("organizations-change.csv", _) => CellKind::Real,
        ("limit-accounts.csv", "used" | "unused") => CREDITS,
        (_, "meter_before" | "meter_after" | "meter_reserved" | "meter_amount") => CREDITS,
        (_, "meter_until") => CellKind::Instant,
        ("limit-accounts.csv", _) if column.starts_with("first_") => CellKind::Instant,
        (_, "from" | "to" | "arrived" | "decided" | "ended" | "at") => CellKind::Instant,
        ("cycles.csv", "cycle" | "demanded" | "refused") => CellKind::Count,
        (_, "operation" | "attempt" | "seq" | "segment" | "project" | "grant" | "parent") => CellKind::Count,
        ("cycles.csv", "issued" | "burned" | "repaid" | "expired" | "carried" | "debt") => CREDITS,
        (_, "charged" | "estimate" | "cost" | "credits") => CREDITS,
        (_, "settled_after" | "available_after" | "debt_after") => CREDITS,
        (_, "money") => MONEY,
        _ => CellKind::Text,
    }
}
