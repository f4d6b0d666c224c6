//! The judge beside the product: random scenario files through both.

mod both;
mod draw;
mod keys;
mod once;
mod swarm;

use std::collections::BTreeSet;

use both::{Both, both};
use swarm::{cases, first_seed, shrunk};

/// Kinds of journal entries that a thousand scenarios have.
const REACHED: &[&str] = &[
    "OpeningGrant",
    "OpeningUsed",
    "OpeningDebt",
    "Issue",
    "IssueAllowance",
    "IssueRolloverMinimum",
    "Burn",
    "Repay",
    "DebtIncurred",
    "DebtForgiven",
    "DebtInvoiced",
    "Expire",
    "Void",
    "Rollover",
    "Charge",
    "Refund",
    "RefundBurn",
    "RefundDebt",
    "RefundIssued",
    "Demanded",
    "Start",
    "Served",
    "Failed",
    "Cancelled",
    "Degraded",
    "Refused",
    "Lost",
    "Alert",
    "Close",
    "Fee",
    "InvoicePaid",
    "HoldOpen",
    "HoldExtend",
    "HoldSettle",
    "HoldRelease",
    "HoldExpire",
    "HoldCharged",
    "HoldUncovered",
    "Absorb",
    "Queued",
    "Paused",
    "Resumed",
    "Killed",
    "Substituted",
    "Churned",
    "PurchaseOrdered",
    "Land",
    "PaymentDeclined",
    "BudgetBlocked",
    "TopUpCeiling",
];

#[test]
fn the_judge_and_the_product_agree_on_random_scenarios() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut failure = None;
    let (first, count) = (first_seed(), cases());
    let (mut refused, mut reached) = (0, BTreeSet::new());
    for seed in first..first + count {
        let file = draw::file(seed);
        match both(&file.text()) {
            Both::Agree(entries) => reached.extend(entries.iter().map(|entry| format!("{:?}", entry.kind))),
            Both::Refused(why) => {
                refused += 1;
                if std::env::var_os("CREDITSIM_JUDGE_SAYS").is_some() {
                    eprintln!("{seed}: {why}");
                }
            }
            Both::Broken(_) | Both::Differ(_) => {
                failure = Some((seed, shrunk(file)));
                break;
            }
        }
    }
    std::panic::set_hook(hook);
    if let Some((seed, file)) = failure {
        let text = file.text();
        let said = match both(&text) {
            Both::Differ(said) | Both::Broken(said) => said,
            Both::Refused(why) => why,
            Both::Agree(_) => String::from("it agrees when it is run again"),
        };
        panic!("seed {seed}: judge and product differ\n{text}\n{said}");
    }
    let missing: Vec<_> = REACHED.iter().filter(|kind| !reached.contains(**kind)).collect();
    assert!(count < 1_000 || missing.is_empty(), "no scenario has {missing:?}");
    assert!(refused * 10 < count.max(10), "{refused} of {count} scenarios could not be read");
}
