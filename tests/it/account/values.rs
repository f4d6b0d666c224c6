//! Outcomes of a case by name.

use creditsim::organization::Balances;
use creditsim::outcome::{Entry, EntryKind, FeatureTally, LimitAccountRow, LimitTally, Tally};
use creditsim::units::{Category, Credits, SimTime};

/// A balance by name.
pub fn balance(balances: &Balances, name: &str) -> String {
    match name {
        "settled" => balances.settled,
        "available" => balances.available,
        "ongoing" => balances.ongoing,
        "debt" => balances.debt,
        "held" => balances.held,
        other => panic!("no balance is called {other}"),
    }
    .to_string()
}

/// An outcome by name.
pub fn value(tally: &Tally, name: &str) -> String {
    let of_category = |values: [Credits; 3], word: &str| {
        let category = Category::ALL.into_iter().find(|category| category.name() == word);
        values[category.unwrap_or_else(|| panic!("no category is called {word}")).index()].to_string()
    };
    if let Some((name, word)) = name.split_once(' ')
        && let Some(values) = by_category(tally, name)
    {
        return of_category(values, word);
    }
    if let Some(values) = by_category(tally, name) {
        return values.into_iter().sum::<Credits>().to_string();
    }
    if let Some(id) = name.strip_prefix("grant ") {
        let (id, owner) = id.split_once(" of ").map_or((id, None), |(id, owner)| (id, Some(owner)));
        let owner = owner.map(|owner| owner.parse().expect("the number of an owner"));
        return left_of(&tally.detail.as_ref().unwrap().journal, id.parse().expect("grant ID"), owner);
    }
    credits(tally, name)
        .or_else(|| service(tally, name))
        .or_else(|| money(tally, name))
        .or_else(|| limits(tally, name))
        .or_else(|| journal(tally, name))
        .unwrap_or_else(|| panic!("no outcome is called {name}"))
}

/// What limits met, in the order of their names in the policy.
fn limits(tally: &Tally, name: &str) -> Option<String> {
    let each = |of: fn(&LimitTally) -> String| tally.limits.iter().map(of).collect::<Vec<_>>().join("+");
    Some(match name {
        "limit-refused" => each(|limit| limit.refused.to_string()),
        "limit-queued" => each(|limit| limit.queued.to_string()),
        "limit-members" => each(|limit| limit.members.to_string()),
        "limit-members-met" => each(|limit| limit.members_met.to_string()),
        "limit-lacks" => {
            each(|limit| limit.first_lacking_at.map_or_else(|| String::from("never"), |at| at.to_string()))
        }
        "limit-windows" => each(|limit| limit.windows.to_string()),
        "limit-exhausted" => each(|limit| limit.windows_exhausted.to_string()),
        "limit-unused" => each(|limit| limit.unused.to_string()),
        "limit-offered" => each(|limit| limit.offered.to_string()),
        "limit-asked" => each(|limit| limit.asked.to_string()),
        "limit-raised" => each(|limit| limit.raised.to_string()),
        "limit-raised-by" => each(|limit| limit.raised_by.to_string()),
        "limit-rows" => {
            let row = |row: &LimitAccountRow| {
                let owner = row.owner.name(&[]).map_or_else(String::new, |owner| format!("-of-{owner}"));
                let unused = row.unused.map_or_else(|| "none".to_owned(), |unused| unused.to_string());
                format!("{}/{unused}{owner}", row.used)
            };
            let rows = &tally.detail.as_ref()?.limit_accounts;
            rows.iter().map(row).collect::<Vec<_>>().join("+")
        }
        "limit-firsts" => {
            let day = |at: Option<SimTime>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
            let rows = &tally.detail.as_ref()?.limit_accounts;
            let row = |row: &LimitAccountRow| {
                [row.first_full_at, row.first_lacking_at, row.first_refused_at].map(day).join("/")
            };
            rows.iter().map(row).collect::<Vec<_>>().join("+")
        }
        "limit-overrun" => each(|limit| limit.overrun.to_string()),
        _ => return None,
    })
}

fn by_category(tally: &Tally, name: &str) -> Option<[Credits; 3]> {
    let credits = &tally.credits;
    Some(match name {
        "issued" => credits.issued,
        "burned" => credits.burned,
        "repaid" => credits.repaid,
        "expired" => credits.expired,
        "voided" => credits.voided,
        "remaining" => credits.remaining_end,
        "opening" => credits.remaining_start,
        _ => return None,
    })
}

fn credits(tally: &Tally, name: &str) -> Option<String> {
    let sum = |of: fn(&FeatureTally) -> Credits| tally.features.iter().map(of).sum::<Credits>();
    let (debt, holds) = (&tally.debt, &tally.holds);
    let value = match name {
        "debt" => debt.end,
        "debt-start" => debt.start,
        "incurred" => debt.incurred,
        "forgiven" => debt.forgiven,
        "invoiced" => debt.invoiced,
        "max-debt" => debt.max,
        "overspend" => debt.overspend,
        "bunched-overspend" => tally.defaults.restart_overspend,
        "refunded" => tally.credits.refunded,
        "rolled" => tally.credits.rolled_over,
        "rolled-used" => tally.credits.rolled_over_used,
        "charged" => sum(|f| f.charged_credits),
        "due" => sum(|f| f.due_credits),
        "absorbed" => sum(|f| f.absorbed_credits),
        "overcharged" => sum(|f| f.overcharged_credits),
        "killed-work" => sum(|f| f.killed_work_credits),
        "lost-credits" => sum(|f| f.lost_credits),
        "lost-list-credits" => sum(|f| f.lost_credits - f.lost_over_list),
        "demand-credits" => sum(|f| f.demand_credits),
        "demand-list-credits" => sum(|f| f.demand_credits - f.demand_over_list),
        "late" => sum(|f| f.late_credits),
        "repricing" => sum(|f| f.repricing),
        "unused" => holds.unused_credits,
        "overrun" => holds.overrun_credits,
        _ => return None,
    };
    Some(value.to_string())
}

fn service(tally: &Tally, name: &str) -> Option<String> {
    let count = |of: fn(&FeatureTally) -> u64| tally.features.iter().map(of).sum::<u64>();
    let (customer, holds) = (&tally.customer, &tally.holds);
    let value = match name {
        "demanded" => count(|f| f.demanded),
        "free" => count(|f| f.free),
        "served" => count(|f| f.served),
        "degraded" => count(|f| f.degraded),
        "substituted" => count(|f| f.substituted),
        "lost" => count(|f| {
            f.lost_refused + f.lost_abandoned + f.lost_patience + f.lost_queue_full + f.lost_churned
        }),
        "lost-refused" => count(|f| f.lost_refused),
        "lost-abandoned" => count(|f| f.lost_abandoned),
        "lost-patience" => count(|f| f.lost_patience),
        "lost-full" => count(|f| f.lost_queue_full),
        "lost-churned" => count(|f| f.lost_churned),
        "killed" => count(|f| f.killed),
        "failed" => count(|f| f.failed),
        "cancelled" => count(|f| f.cancelled),
        "in-flight" => count(|f| f.in_flight_end),
        "waiting" => count(|f| f.waiting_end),
        "in-flight-start" => count(|f| f.in_flight_start),
        "refused" => count(|f| f.refused),
        "attempts" => count(|f| f.attempts),
        "refusals" => count(|f| f.attempts_refused),
        "refused-short" => count(|f| f.attempts_refused_short),
        "refused-concurrency" => count(|f| f.attempts_refused_concurrency),
        "refused-limit" => count(|f| f.attempts_refused_limit),
        "refused-budget" => count(|f| f.attempts_refused_budget),
        "refused-outage" => count(|f| f.attempts_refused_outage),
        "refused-denial" => count(|f| f.attempts_refused_denial),
        "refused-suspended" => count(|f| f.attempts_refused_suspended),
        "hold-induced" => count(|f| f.hold_induced_refusals),
        "surprises" => count(|f| f.surprise_refusals),
        "overspend-operations" => count(|f| f.overspend_operations),
        "holds" => holds.opened,
        "holds-settled" => holds.settled,
        "holds-released" => holds.released,
        "holds-expired" => holds.expired,
        "holds-open" => holds.open_end,
        "purchases" => customer.purchases,
        "top-ups" => customer.auto_top_ups,
        "declined" => customer.payments_declined,
        "blocked" => customer.budget_blocked,
        "default-queue-full" => tally.defaults.queue_full,
        "default-patience" => tally.defaults.patience,
        "ceilings" => customer.ceilings,
        "runaway" => u64::from(customer.runaway),
        "churned" => u64::from(customer.churned),
        "warnings" => customer.alerts_warning,
        "criticals" => customer.alerts_critical,
        "exceeds" => customer.alerts_would_exceed,
        "blocked-h" => tally.features.iter().map(|f| f.blocked.micros()).sum::<i64>() as u64 / 3_600_000_000,
        "waited-h" => count(|f| f.waits.sum() as u64) / 3_600_000_000,
        "debt-h" => (tally.debt.credit_micros / 3_600_000_000_000_000) as u64,
        "most-in-flight" => u64::from(tally.in_flight_max),
        _ => return None,
    };
    Some(value.to_string())
}

fn money(tally: &Tally, name: &str) -> Option<String> {
    let money = &tally.money;
    let value = match name {
        "cash" => money.subscription_cash + money.package_cash + money.overage_cash,
        "subscriptions" => money.subscription_cash,
        "packages" => money.package_cash,
        "overage" => money.overage_cash,
        "recognized" => money.recognized,
        "breakage" => money.breakage,
        "voided-money" => money.voided,
        "deferred-start" => money.deferred_start,
        "deferred" => money.deferred_end,
        "receivable" => money.receivable_end,
        "written-off" => money.written_off,
        "credit-notes" => money.credit_notes,
        "credit-owed" => money.credit_notes_owed_end,
        "provider-cost" => tally.features.iter().filter_map(|f| f.provider_cost).sum(),
        "priced" => return Some(money.complete.to_string()),
        _ => return None,
    };
    Some(value.to_string())
}

/// Facts that only the journal has: `charges 3+2`, `pauses 1`, `closes 2`.
fn journal(tally: &Tally, name: &str) -> Option<String> {
    let journal = &tally.detail.as_ref()?.journal;
    let amounts = |kind: EntryKind| {
        let listed: Vec<String> = journal
            .iter()
            .filter(|entry| entry.kind == kind)
            .map(|entry| entry.credits.to_string())
            .collect();
        if listed.is_empty() { "none".to_owned() } else { listed.join("+") }
    };
    let days = |kind: EntryKind| {
        let listed: Vec<String> =
            journal.iter().filter(|entry| entry.kind == kind).map(|entry| entry.at.to_string()).collect();
        if listed.is_empty() { "none".to_owned() } else { listed.join("+") }
    };
    let grants = |kind: EntryKind| {
        let burns = journal.iter().filter(|entry| entry.kind == kind);
        let listed: Vec<String> = burns.map(|entry| format!("{}:{}", entry.grant, entry.credits)).collect();
        if listed.is_empty() { "none".to_owned() } else { listed.join("+") }
    };
    Some(match name {
        "charges" => amounts(EntryKind::Charge),
        "taken-back" => grants(EntryKind::Unexpire),
        "suspensions" => days(EntryKind::Suspend),
        "resumptions" => days(EntryKind::Resume),
        "payments" => days(EntryKind::InvoicePaid),
        "left" => days(EntryKind::Churned),
        "paid-back" => days(EntryKind::PaidBack),
        "invoices" => amounts(EntryKind::DebtInvoiced),
        "invoice-days" => days(EntryKind::DebtInvoiced),
        "burns" => grants(EntryKind::Burn),
        "repayments" => grants(EntryKind::Repay),
        "expiries" => grants(EntryKind::Expire),
        "landings" => amounts(EntryKind::Land),
        "allowances" => amounts(EntryKind::IssueAllowance),
        "issues" => amounts(EntryKind::Issue),
        "minimums" => amounts(EntryKind::IssueRolloverMinimum),
        "holds-opened" => amounts(EntryKind::HoldOpen),
        "extensions" => amounts(EntryKind::HoldExtend),
        "pauses" => journal.iter().filter(|entry| entry.kind == EntryKind::Paused).count().to_string(),
        "issue-days" => days(EntryKind::Issue),
        "allowance-days" => days(EntryKind::IssueAllowance),
        "close-days" => days(EntryKind::Close),
        "expiry-days" => days(EntryKind::Expire),
        "alert-days" => days(EntryKind::Alert),
        "charge-days" => days(EntryKind::Charge),
        "landing-days" => days(EntryKind::Land),
        "order-days" => days(EntryKind::PurchaseOrdered),
        "start-days" => days(EntryKind::Start),
        "loss-days" => days(EntryKind::Lost),
        "kill-days" => days(EntryKind::Killed),
        "paid-days" => days(EntryKind::InvoicePaid),
        "order" => order(journal),
        "refused-hours" => refused_hours(tally),
        _ => return None,
    })
}

/// Hours of the week in which operations were refused: `Thu-14+Thu-15`.
fn refused_hours(tally: &Tally) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let counted = tally.refused_hours.iter().enumerate();
    let hours = counted.flat_map(|(hour, &count)| std::iter::repeat_n(hour, count as usize));
    let listed: Vec<String> = hours.map(|hour| format!("{}-{}", DAYS[hour / 24], hour % 24)).collect();
    if listed.is_empty() { "none".to_owned() } else { listed.join("+") }
}

/// What is left of a grant, from the journal alone; all lots of the grant together.
fn left_of(journal: &[Entry], id: u32, owner: Option<u16>) -> String {
    let mut left = Credits::ZERO;
    let own = |entry: &&Entry| owner.is_none_or(|owner| entry.owner == owner);
    for entry in journal.iter().filter(|entry| entry.lot > 0 && entry.grant == id).filter(own) {
        match entry.kind {
            EntryKind::OpeningGrant
            | EntryKind::Issue
            | EntryKind::IssueAllowance
            | EntryKind::Land
            | EntryKind::IssueRolloverMinimum
            | EntryKind::RefundBurn
            | EntryKind::RefundRepaid => left += entry.credits,
            EntryKind::Burn | EntryKind::Repay | EntryKind::Expire | EntryKind::Void => left -= entry.credits,
            _ => {}
        }
    }
    left.to_string()
}

/// The kinds of the entries, for cases about the order of events.
fn order(journal: &[Entry]) -> String {
    journal.iter().map(|entry| format!("{:?}", entry.kind)).collect::<Vec<_>>().join("+")
}
