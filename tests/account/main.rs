//! The account as a specification: small cases in a line language (see `language`), read through one `check`.

mod burning;
mod harness;
mod language;
mod values;
