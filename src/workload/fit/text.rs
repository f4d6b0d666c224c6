//! Numbers, words and distributions as a scenario writes them.

use crate::sampling::{Dist, TwoLevel};

use super::families::four_digits;

/// Whether values are spans (seconds) or plain numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueForm {
    Numbers,
    Spans,
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key: bare if it can be.
pub(super) fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { text.to_owned() } else { quoted(text) }
}

/// A list of numbers.
pub(super) fn list(numbers: &[f64]) -> String {
    format!("[{}]", numbers.iter().map(|number| plain(*number)).collect::<Vec<_>>().join(", "))
}

/// A number without a needless fraction.
pub(super) fn plain(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e12 { format!("{number}") } else { format!("{number:?}") }
}

/// A distribution; only the forms that a fit makes.
pub(super) fn written(dist: &Dist, values: ValueForm) -> String {
    let value = |value: f64| match values {
        ValueForm::Spans => format!("\"{}s\"", value.max(0.0)),
        ValueForm::Numbers => plain(value),
    };
    let joined = |items: Vec<String>| format!("[{}]", items.join(", "));
    match dist {
        Dist::Fixed(fixed) => value(*fixed),
        Dist::Exponential { mean } => format!("{{ exponential = {} }}", value(four_digits(*mean))),
        Dist::LogNormal { mu, sigma } => {
            format!(
                "{{ lognormal = {{ mu = {}, sigma = {} }} }}",
                plain(four_digits(*mu)),
                plain(four_digits(*sigma))
            )
        }
        Dist::Normal(normal) => {
            format!("{{ normal = {{ mean = {}, sd = {} }} }}", value(normal.mean), value(normal.sd))
        }
        Dist::Gamma { shape, scale } => scaled("gamma", *shape, &value(four_digits(*scale))),
        Dist::Weibull { shape, scale } => scaled("weibull", *shape, &value(four_digits(*scale))),
        Dist::Discrete(discrete) => {
            let pair = |(of, share): (f64, f64)| format!("[{}, {}]", value(of), plain(four_digits(share)));
            format!("{{ discrete = {} }}", joined(discrete.pairs().map(pair).collect()))
        }
        Dist::Quantiles(table) => {
            let knot = |(p, of): &(f64, f64)| format!("[{}, {}]", plain(four_digits(*p)), value(*of));
            format!("{{ quantiles = {} }}", joined(table.knots().iter().map(knot).collect()))
        }
        Dist::TwoLevel(levels) => two_level(levels, values),
        other => value(other.mean()),
    }
}

fn scaled(family: &str, shape: f64, scale: &str) -> String {
    format!("{{ {family} = {{ shape = {}, scale = {scale} }} }}", plain(four_digits(shape)))
}

fn two_level(levels: &TwoLevel, values: ValueForm) -> String {
    match levels {
        TwoLevel::LogNormal { mu, sigma } => {
            let (mu, sigma) = (written(mu, ValueForm::Numbers), written(sigma, ValueForm::Numbers));
            format!("{{ lognormal = {{ mu = {mu}, sigma = {sigma} }} }}")
        }
        TwoLevel::Scaled { by, of } => {
            format!(
                "{{ per_organization = {}, times = {} }}",
                table(by, ValueForm::Numbers),
                table(of, values)
            )
        }
        TwoLevel::Constant(dist) => format!("{{ per_organization = {} }}", table(dist, values)),
        TwoLevel::Gamma { .. } | TwoLevel::Exponential { .. } => String::from("0"),
    }
}

/// A distribution in the form of a table, also where it is one number.
fn table(dist: &Dist, values: ValueForm) -> String {
    let text = written(dist, values);
    if text.starts_with('{') { text } else { format!("{{ fixed = {text} }}") }
}
