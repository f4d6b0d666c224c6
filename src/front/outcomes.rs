//! The names of all outcomes. `docs/outcomes.md` has the same list with units and scopes.
//!
//! Written by `CREDITSIM_UPDATE=1 cargo test --lib outcome_names`; a test compares it with the list of outcomes.

use super::OutcomeName;

/// Demand for paid features.
pub const OPERATIONS_DEMANDED: OutcomeName = OutcomeName("operations_demanded");

/// Demand for free features, in no rate.
pub const OPERATIONS_FREE: OutcomeName = OutcomeName("operations_free");

/// Operations done as asked.
pub const OPERATIONS_SERVED: OutcomeName = OutcomeName("operations_served");

/// Operations served without AI.
pub const OPERATIONS_DEGRADED: OutcomeName = OutcomeName("operations_degraded");

/// Operations served as another feature, counted at the original one.
pub const OPERATIONS_SUBSTITUTED: OutcomeName = OutcomeName("operations_substituted");

/// Operations that never ran.
pub const OPERATIONS_LOST: OutcomeName = OutcomeName("operations_lost");

/// Lost because they were refused for good.
pub const OPERATIONS_LOST_REFUSED: OutcomeName = OutcomeName("operations_lost_refused");

/// Lost because the customer gave up.
pub const OPERATIONS_LOST_ABANDONED: OutcomeName = OutcomeName("operations_lost_abandoned");

/// Lost because they waited too long.
pub const OPERATIONS_LOST_PATIENCE: OutcomeName = OutcomeName("operations_lost_patience");

/// Lost because the queue was full.
pub const OPERATIONS_LOST_QUEUE_FULL: OutcomeName = OutcomeName("operations_lost_queue_full");

/// Lost because the organization had left.
pub const OPERATIONS_LOST_CHURNED: OutcomeName = OutcomeName("operations_lost_churned");

/// Operations ended by the policy.
pub const OPERATIONS_KILLED: OutcomeName = OutcomeName("operations_killed");

/// Operations that failed by themselves.
pub const OPERATIONS_FAILED: OutcomeName = OutcomeName("operations_failed");

/// Operations cancelled by their users.
pub const OPERATIONS_CANCELLED: OutcomeName = OutcomeName("operations_cancelled");

/// Operations running at the end.
pub const OPERATIONS_IN_FLIGHT_END: OutcomeName = OutcomeName("operations_in_flight_end");

/// Operations awaiting a retry, credits or a purchase at the end.
pub const OPERATIONS_WAITING_END: OutcomeName = OutcomeName("operations_waiting_end");

/// Operations whose first attempt was turned away.
pub const OPERATIONS_REFUSED: OutcomeName = OutcomeName("operations_refused");

/// Tries to start an operation.
pub const ATTEMPTS: OutcomeName = OutcomeName("attempts");

/// Attempts refused for lack of credits.
pub const ATTEMPTS_REFUSED_SHORT: OutcomeName = OutcomeName("attempts_refused_short");

/// Attempts refused because too many operations were in flight.
pub const ATTEMPTS_REFUSED_CONCURRENCY: OutcomeName = OutcomeName("attempts_refused_concurrency");

/// Attempts refused because a limit had no room.
pub const ATTEMPTS_REFUSED_LIMIT: OutcomeName = OutcomeName("attempts_refused_limit");

/// Attempts refused because the organization's budget was spent.
pub const ATTEMPTS_REFUSED_BUDGET: OutcomeName = OutcomeName("attempts_refused_budget");

/// Attempts refused during an outage of the vendor.
pub const ATTEMPTS_REFUSED_OUTAGE: OutcomeName = OutcomeName("attempts_refused_outage");

/// Attempts refused at random, as rate limits do.
pub const ATTEMPTS_REFUSED_DENIAL: OutcomeName = OutcomeName("attempts_refused_denial");

/// Attempts refused because an invoice was overdue.
pub const ATTEMPTS_REFUSED_SUSPENDED: OutcomeName = OutcomeName("attempts_refused_suspended");

/// `operations_refused` / `operations_demanded`.
pub const REFUSAL_RATE: OutcomeName = OutcomeName("refusal_rate");

/// `operations_lost` / `operations_demanded`.
pub const LOSS_RATE: OutcomeName = OutcomeName("loss_rate");

/// Operations lost, degraded, killed or failed among those demanded.
pub const UNDELIVERED_RATE: OutcomeName = OutcomeName("undelivered_rate");

/// Operations served without AI among those demanded.
pub const DEGRADED_RATE: OutcomeName = OutcomeName("degraded_rate");

/// True cost of all demand, by the policy's own rates at its arrival.
pub const DEMAND_CREDITS: OutcomeName = OutcomeName("demand_credits");

/// True cost of what was lost, by the policy's own rates at its arrival.
pub const LOST_CREDITS: OutcomeName = OutcomeName("lost_credits");

/// True cost of all demand by the features' own rates: the same under every price list.
pub const DEMAND_LIST_CREDITS: OutcomeName = OutcomeName("demand_list_credits");

/// True cost of what was lost by the features' own rates: comparable between price lists.
pub const LOST_LIST_CREDITS: OutcomeName = OutcomeName("lost_list_credits");

/// What started costs more by the rates of its start than by those of its arrival; below 0 if it costs less.
pub const REPRICING_CREDITS: OutcomeName = OutcomeName("repricing_credits");

/// Charged after the cycle, or a window of a limit, in which it was incurred had ended.
pub const LATE_CREDITS: OutcomeName = OutcomeName("late_credits");

/// Mean wait of operations served after waiting.
pub const WAIT_S_MEAN: OutcomeName = OutcomeName("wait_s_mean");

/// Median wait of operations served after waiting.
pub const WAIT_S_P50: OutcomeName = OutcomeName("wait_s_p50");

/// 95th percentile of the wait of operations served after waiting.
pub const WAIT_S_P95: OutcomeName = OutcomeName("wait_s_p95");

/// Operations running at once in an organization, mean over time and organizations.
pub const IN_FLIGHT_MEAN: OutcomeName = OutcomeName("in_flight_mean");

/// Most operations running at once in any organization.
pub const IN_FLIGHT_MAX: OutcomeName = OutcomeName("in_flight_max");

/// Organizations with a refused operation.
pub const ORGANIZATIONS_REFUSED_SHARE: OutcomeName = OutcomeName("organizations_refused_share");

/// Time in which the check would fail for the feature's expected cost; features weighted by demand.
pub const BLOCKED_TIME_SHARE: OutcomeName = OutcomeName("blocked_time_share");

/// Median time from the first refusal for credits to the next paid operation served; open ones are left out.
pub const RESTORE_H_P50: OutcomeName = OutcomeName("restore_h_p50");

/// Refusals for credits after which no paid operation has been served until the end.
pub const RESTORE_OPEN_EPISODES: OutcomeName = OutcomeName("restore_open_episodes");

/// Mean time until the settled balance first reached zero, of the organizations where it did.
pub const DEPLETED_H: OutcomeName = OutcomeName("depleted_h");

/// Work done by operations that the policy ended.
pub const KILLED_WORK_CREDITS: OutcomeName = OutcomeName("killed_work_credits");

/// Refused attempts with no alert in the seven days before.
pub const SURPRISE_REFUSAL_SHARE: OutcomeName = OutcomeName("surprise_refusal_share");

/// Organizations that left after refusals, or were terminated because an invoice was overdue.
pub const CHURNED_ORGANIZATIONS_SHARE: OutcomeName = OutcomeName("churned_organizations_share");

/// Organizations that were suspended because an invoice was overdue.
pub const ORGANIZATIONS_SUSPENDED_SHARE: OutcomeName = OutcomeName("organizations_suspended_share");

/// Operations served for each 100 credits charged.
pub const OPERATIONS_PER_100_CREDITS: OutcomeName = OutcomeName("operations_per_100_credits");

/// Credits given or sold.
pub const ISSUED_CREDITS: OutcomeName = OutcomeName("issued_credits");

/// Credits issued as part of a plan.
pub const ISSUED_CREDITS_INCLUDED: OutcomeName = OutcomeName("issued_credits_included");

/// Credits bought.
pub const ISSUED_CREDITS_PURCHASED: OutcomeName = OutcomeName("issued_credits_purchased");

/// Credits given away.
pub const ISSUED_CREDITS_PROMOTIONAL: OutcomeName = OutcomeName("issued_credits_promotional");

/// Credits used, by charges or to repay debt.
pub const BURNED_CREDITS: OutcomeName = OutcomeName("burned_credits");

/// Included credits used.
pub const BURNED_CREDITS_INCLUDED: OutcomeName = OutcomeName("burned_credits_included");

/// Purchased credits used.
pub const BURNED_CREDITS_PURCHASED: OutcomeName = OutcomeName("burned_credits_purchased");

/// Promotional credits used.
pub const BURNED_CREDITS_PROMOTIONAL: OutcomeName = OutcomeName("burned_credits_promotional");

/// Credits that expired, trimmed and replaced ones included.
pub const EXPIRED_CREDITS: OutcomeName = OutcomeName("expired_credits");

/// Included credits that expired.
pub const EXPIRED_CREDITS_INCLUDED: OutcomeName = OutcomeName("expired_credits_included");

/// Purchased credits that expired.
pub const EXPIRED_CREDITS_PURCHASED: OutcomeName = OutcomeName("expired_credits_purchased");

/// Promotional credits that expired.
pub const EXPIRED_CREDITS_PROMOTIONAL: OutcomeName = OutcomeName("expired_credits_promotional");

/// Debt at the end that the next close would invoice.
pub const UNINVOICED_END_CREDITS: OutcomeName = OutcomeName("uninvoiced_end_credits");

/// Overspend of operations that started at one instant after waiting, where no `resume` is written down.
pub const DEFAULT_RESUME_OVERSPEND_CREDITS: OutcomeName = OutcomeName("default_resume_overspend_credits");

/// Operations lost because a queue was full, where no `queue_max` is written down.
pub const DEFAULT_QUEUE_MAX_OPERATIONS: OutcomeName = OutcomeName("default_queue_max_operations");

/// Operations lost because they waited too long, where no `patience` is written down.
pub const DEFAULT_PATIENCE_OPERATIONS: OutcomeName = OutcomeName("default_patience_operations");

/// Credits given back for charges of work that failed, was cancelled or killed, and issued anew because their grants had ended; what goes back to its grant lowers `burned_credits`.
pub const REFUNDED_CREDITS: OutcomeName = OutcomeName("refunded_credits");

/// Credits taken back.
pub const VOIDED_CREDITS: OutcomeName = OutcomeName("voided_credits");

/// Credits moved into a next cycle.
pub const ROLLED_OVER_CREDITS: OutcomeName = OutcomeName("rolled_over_credits");

/// Credits left at the end, reserved ones included.
pub const REMAINING_CREDITS_END: OutcomeName = OutcomeName("remaining_credits_end");

/// Credits taken for operations, burned or turned into debt.
pub const CHARGED_CREDITS: OutcomeName = OutcomeName("charged_credits");

/// Work owed that the vendor paid for.
pub const ABSORBED_CREDITS: OutcomeName = OutcomeName("absorbed_credits");

/// Charges that became debt.
pub const DEBT_INCURRED_CREDITS: OutcomeName = OutcomeName("debt_incurred_credits");

/// Debt paid back with credits.
pub const DEBT_REPAID_CREDITS: OutcomeName = OutcomeName("debt_repaid_credits");

/// Debt forgotten at closes.
pub const DEBT_FORGIVEN_CREDITS: OutcomeName = OutcomeName("debt_forgiven_credits");

/// Debt invoiced at closes.
pub const DEBT_INVOICED_CREDITS: OutcomeName = OutcomeName("debt_invoiced_credits");

/// Debt left at the end.
pub const DEBT_END_CREDITS: OutcomeName = OutcomeName("debt_end_credits");

/// `burned_credits` / `issued_credits`.
pub const UTILISATION: OutcomeName = OutcomeName("utilisation");

/// `expired_credits` / `issued_credits`.
pub const EXPIRY_RATE: OutcomeName = OutcomeName("expiry_rate");

/// Rolled-over credits that were used.
pub const ROLLOVER_USED_SHARE: OutcomeName = OutcomeName("rollover_used_share");

/// Largest debt of any organization.
pub const OVERDRAFT_CREDITS_MAX: OutcomeName = OutcomeName("overdraft_credits_max");

/// Mean over organizations of each one's largest debt.
pub const OVERDRAFT_CREDITS_MEAN: OutcomeName = OutcomeName("overdraft_credits_mean");

/// 99th percentile over organizations of each one's largest debt.
pub const OVERDRAFT_CREDITS_P99: OutcomeName = OutcomeName("overdraft_credits_p99");

/// Debt times the days it lasted.
pub const OVERDRAFT_CREDIT_DAYS: OutcomeName = OutcomeName("overdraft_credit_days");

/// Longest time in debt without a break of any organization.
pub const OVERDRAFT_DAYS_LONGEST: OutcomeName = OutcomeName("overdraft_days_longest");

/// Organizations that were ever in debt.
pub const ORGANIZATIONS_OVERDRAWN_SHARE: OutcomeName = OutcomeName("organizations_overdrawn_share");

/// Sum over charges of the rise of debt beyond the overdraft's limit (0 where no overdraft is permitted); debt that is repaid and made again counts again.
pub const OVERSPEND_CREDITS: OutcomeName = OutcomeName("overspend_credits");

/// Operations whose charge raised the overspend.
pub const OVERSPEND_OPERATIONS: OutcomeName = OutcomeName("overspend_operations");

/// Held credits that were not used.
pub const HOLD_UNUSED_SHARE: OutcomeName = OutcomeName("hold_unused_share");

/// Attempts refused that would have passed had holds not counted.
pub const HOLD_INDUCED_REFUSALS: OutcomeName = OutcomeName("hold_induced_refusals");

/// Holds ended by their timeout.
pub const HOLDS_EXPIRED: OutcomeName = OutcomeName("holds_expired");

/// Actual cost above holds.
pub const HOLD_OVERRUN_CREDITS: OutcomeName = OutcomeName("hold_overrun_credits");

/// Mean of (actual − estimate) / estimate.
pub const ESTIMATE_ERROR_MEAN: OutcomeName = OutcomeName("estimate_error_mean");

/// 95th percentile of (actual − estimate) / estimate.
pub const ESTIMATE_ERROR_P95: OutcomeName = OutcomeName("estimate_error_p95");

/// Packages bought by people.
pub const PURCHASES: OutcomeName = OutcomeName("purchases");

/// Automatic top-ups.
pub const AUTO_TOP_UPS: OutcomeName = OutcomeName("auto_top_ups");

/// Payments that were declined.
pub const PAYMENTS_DECLINED: OutcomeName = OutcomeName("payments_declined");

/// Purchases not made because they would exceed the organization's budget.
pub const BUDGET_BLOCKED_PURCHASES: OutcomeName = OutcomeName("budget_blocked_purchases");

/// Purchases and automatic top-ups of an organization in 30 days.
pub const TOP_UPS_PER_ORGANIZATION_MONTH: OutcomeName = OutcomeName("top_ups_per_organization_month");

/// Organizations with five automatic top-ups within 24 hours, or at the ceiling.
pub const RUNAWAY_TOP_UP_ORGANIZATIONS: OutcomeName = OutcomeName("runaway_top_up_organizations");

/// Alerts of every kind.
pub const ALERTS: OutcomeName = OutcomeName("alerts");

/// Alerts of level warning.
pub const ALERTS_WARNING: OutcomeName = OutcomeName("alerts_warning");

/// Alerts of level critical.
pub const ALERTS_CRITICAL: OutcomeName = OutcomeName("alerts_critical");

/// Alerts that an operation would exceed the balance.
pub const ALERTS_WOULD_EXCEED: OutcomeName = OutcomeName("alerts_would_exceed");

/// Median time from an alert to zero.
pub const ALERT_LEAD_H_P50: OutcomeName = OutcomeName("alert_lead_h_p50");

/// Inequality of refused operations among organizations with demand.
pub const REFUSAL_GINI: OutcomeName = OutcomeName("refusal_gini");

/// Inequality of the effective price of a credit among organizations with demand.
pub const PRICE_GINI: OutcomeName = OutcomeName("price_gini");

/// Median over organizations of the top member's share of demand.
pub const TOP_MEMBER_SHARE_P50: OutcomeName = OutcomeName("top_member_share_p50");

/// Organization-months above twice the trailing three months' positive median.
pub const BILL_SHOCK_SHARE: OutcomeName = OutcomeName("bill_shock_share");

/// Money received, net of refunds.
pub const CASH_MONEY: OutcomeName = OutcomeName("cash_money");

/// Money received for subscriptions.
pub const SUBSCRIPTION_CASH_MONEY: OutcomeName = OutcomeName("subscription_cash_money");

/// Money received for packages.
pub const PACKAGE_CASH_MONEY: OutcomeName = OutcomeName("package_cash_money");

/// Money received for invoiced debt and fees.
pub const OVERAGE_CASH_MONEY: OutcomeName = OutcomeName("overage_cash_money");

/// Credit notes given for unused parts of plans that were left, and for invoiced debt of work that then was not owed; they lower the next bill or invoice.
pub const CREDIT_NOTES_MONEY: OutcomeName = OutcomeName("credit_notes_money");

/// Revenue earned.
pub const RECOGNIZED_MONEY: OutcomeName = OutcomeName("recognized_money");

/// Revenue earned from paid credits that expired unused.
pub const BREAKAGE_MONEY: OutcomeName = OutcomeName("breakage_money");

/// Paid and still owed in credits or time at the end.
pub const DEFERRED_END_MONEY: OutcomeName = OutcomeName("deferred_end_money");

/// Largest deferred revenue at an instant of the timeline.
pub const DEFERRED_MAX_MONEY: OutcomeName = OutcomeName("deferred_max_money");

/// Invoices open at the end.
pub const RECEIVABLE_END_MONEY: OutcomeName = OutcomeName("receivable_end_money");

/// Price of the debt at the end that the next close would invoice.
pub const UNINVOICED_END_MONEY: OutcomeName = OutcomeName("uninvoiced_end_money");

/// Invoices issued before the end that are paid after it.
pub const PAYABLE_BEYOND_HORIZON_MONEY: OutcomeName = OutcomeName("payable_beyond_horizon_money");

/// Revenue earned from an organization in 30 days.
pub const REVENUE_PER_ORGANIZATION_MONTH_MONEY: OutcomeName =
    OutcomeName("revenue_per_organization_month_money");

/// `cash_money` / `burned_credits`.
pub const PRICE_PER_CREDIT_MONEY: OutcomeName = OutcomeName("price_per_credit_money");

/// Money the vendor paid its providers.
pub const PROVIDER_COST_MONEY: OutcomeName = OutcomeName("provider_cost_money");

/// Revenue earned less what providers cost.
pub const MARGIN_MONEY: OutcomeName = OutcomeName("margin_money");

/// `margin_money` / `recognized_money`.
pub const MARGIN_RATE: OutcomeName = OutcomeName("margin_rate");
