//! The account as a specification: small cases in a line language (see `language`), read through one `check`.

mod admission;
mod alerts;
mod auditor;
mod burning;
mod charging;
mod customers;
mod debt;
mod expiry;
mod harness;
mod holds;
mod in_flight;
mod instants;
mod lag;
mod language;
mod money;
mod opening;
mod people;
mod plans;
mod purchases;
mod queue;
mod recurrence;
mod refunds;
mod rollover;
mod rules;
mod top_ups;
mod values;
