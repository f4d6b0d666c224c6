//! The account as a specification: small cases written in scenario words, read through one `check`.

mod harness;

use harness::check;

#[test]
fn a_charge_burns_the_grant_that_expires_first() {
    check(
        r#"
        admission = "positive"
        charge = "start"
        "#,
        r#"
        grants = [
          { id = 1, credits = 100, category = "included", effective_at = 2025-01-01T00:00:00Z },
          { id = 2, credits = 10, category = "included", effective_at = 2025-01-01T00:00:00Z, expires_at = 2025-01-10T00:00:00Z },
        ]
        operations = [{ at = 2025-01-02T00:00:00Z, feature = "work", credits = 4 }, { at = 2025-01-03T00:00:00Z, feature = "work", credits = 8 }]
        "#,
        "issued 110, burned 12, expired 0, remaining 98, served 2",
    );
}

#[test]
fn a_blocked_account_refuses_and_a_late_charge_becomes_debt() {
    check(
        r#"
        admission = "positive"
        charge = "completion"
        "#,
        r#"
        grants = [{ credits = 5, category = "included" }]
        operations = [
          { at = 2025-01-02T00:00:00Z, feature = "work", credits = 4, duration = "10 min" },
          { at = 2025-01-02T00:01:00Z, feature = "work", credits = 4, duration = "10 min" },
          { at = 2025-01-02T01:00:00Z, feature = "work", credits = 1 },
        ]
        "#,
        "issued 5, burned 5, debt 3, overspend 3, served 2, lost 1",
    );
}
