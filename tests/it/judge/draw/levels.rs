//! Which features of the format are drawn: all of a level (`CREDITSIM_JUDGE_LEVEL=1,3`), or one kind of it (`1,34`).
//!
//! Level 1 is grants, cycles, debt, checks, charges, refunds, alerts; level 2 is work that waits, is held or killed, and people;
//! level 3 is money, time and terms that change; level 5 is limits;
//! level 6 is rates; level 7 is money and scopes; level 9 is parts of charges and lots of single owners. A kind has the digit of its level before its own.

/// Clients who wait for what their last request met.
pub const CLIENTS: u64 = 30;
/// Prices of plans, billed in advance.
pub const SUBSCRIPTIONS: u64 = 31;
/// Changes of plan.
pub const PLANS: u64 = 32;
/// Changes of rules.
pub const RULES: u64 = 33;
/// Charges that are recorded late.
pub const LAG: u64 = 34;
/// Organizations that leave.
pub const LIFETIMES: u64 = 35;
/// Outcomes that begin to count later.
pub const MEASURE: u64 = 36;
/// Demand that is drawn and not written down.
pub const DRAWN: u64 = 37;
/// Invoices on terms, outages, denials, refunds that end.
pub const TERMS: u64 = 38;
/// Lots that a change of plan gives another end, and changes of the precision with which the burn order compares ends.
pub const OTHER_ENDS: u64 = 39;

/// Limits, and kinds of what hangs on them.
pub const LIMITS: u64 = 51;
/// Queues for room.
pub const ROOM_QUEUES: u64 = 52;
/// Falling back on another feature.
pub const FALLBACKS: u64 = 53;
/// Chains of limits.
pub const CHAINS: u64 = 54;
/// Limits that begin anew.
pub const RESETS: u64 = 55;
/// Resets that their owners keep.
pub const BANKS: u64 = 56;
/// Amounts by heads, or drawn.
pub const VARYING: u64 = 57;

/// Limits of quantities, and gauges.
pub const QUANTITIES: u64 = 58;
/// Limits that people raise.
pub const ASKS: u64 = 59;

/// Cards of rates.
pub const CARDS: u64 = 61;
/// Packages and subscriptions by date and sign-up.
pub const DATED_PRICES: u64 = 62;
/// Falling back on another feature for lack of credits, or at a cap.
pub const SHORT_FALLBACKS: u64 = 63;

/// Money and scopes.
pub const MONEY: u64 = 7;
/// Credits for some features and groups.
pub const SCOPES: u64 = 71;
/// Overage that is invoiced before the close, and debt that closes forgive.
pub const OVERAGE: u64 = 72;
/// Charges that burn what was usable when they were incurred.
pub const LATE: u64 = 73;
/// Invoices that are tried again, and accounts that are suspended.
pub const DUNNING: u64 = 74;
/// Purchased credits that are paid back.
pub const PAID_BACK: u64 = 75;
/// Prices earned over time.
pub const RATABLE: u64 = 76;

/// What has shown differences, and seldom meets: many changes, lots that holds keep, grants that roll over, ends by the
/// microsecond. Drawn where it is named: a hunt, not a sample.
pub const SELDOM: u64 = 81;

/// Ceilings over parts of charges.
pub const CEILINGS: u64 = 91;
/// Limits of money.
pub const MONEY_LIMITS: u64 = 92;

/// Lots of single groups, members and projects.
pub const OWN_LOTS: u64 = 93;
/// Amounts of grants and allowances by heads.
pub const HEADS: u64 = 94;

/// The levels and kinds that are drawn: level 1, in every second file with level 2, in two of four with level 3, in every third
/// with limits, in two of five with rates, in three of seven with money and scopes, and in three of eleven with parts of charges, unless the
/// environment names some.
pub fn levels(seed: u64) -> Vec<u64> {
    let named = std::env::var("CREDITSIM_JUDGE_LEVEL").unwrap_or_default();
    let named: Vec<u64> = named.split(',').filter_map(|level| level.trim().parse().ok()).collect();
    if !named.is_empty() {
        return named;
    }
    let mut levels = match seed % 4 {
        0 => vec![1, 2],
        1 => vec![1],
        2 => vec![1, 2, 3],
        _ => vec![1, 3],
    };
    levels.extend((seed.is_multiple_of(3)).then_some(5));
    levels.extend((seed % 5 < 2).then_some(6));
    levels.extend((seed % 7 < 3).then_some(7));
    if seed % 11 < 3 {
        // Parts of charges are what limits count.
        levels.retain(|level| *level != 5);
        levels.extend([5, 9]);
    }
    levels
}

/// True if a kind, or a whole level, is among those that are drawn.
pub fn has(levels: &[u64], kind: u64) -> bool {
    levels.contains(&kind) || levels.contains(&(kind / 10)) || levels.iter().any(|level| level / 10 == kind)
}
