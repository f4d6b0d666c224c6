//! A history written down as single calls with their costs, so that policies can be replayed on it beside the fit.
//!
//! Owns the file and the demand of a scenario that replays it. It is thinned like the model, buckets are told call by call, and
//! costs are those of the fitted scenario's cost lines. Invariant: nothing but chance of thinning and of places within
//! buckets is added to the history.

use std::io::{self, Write};

use crate::sampling::{Purpose, StreamKey, poisson, uniform};
use crate::units::SimTime;

use super::model::Model;
use super::observe::{End, Observed, ObservedRow};
use super::prices::{allowance, enough, monthly};
use super::text::quoted;

impl Model {
    /// Writes the history's calls.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_calls(&self, observed: &Observed, out: &mut dyn Write) -> io::Result<()> {
        let mut rng = StreamKey::root(1).name("recorded calls").stream(Purpose::Estimate);
        writeln!(out, "at,organization,feature,cost,seconds,status")?;
        for row in &observed.rows {
            let feature = &self.features[usize::from(row.feature)];
            // What has sizes and does not say them costs nobody knows what.
            if !feature.sizes.is_empty() && feature.sizes.iter().all(|size| row.sizes[size.column].is_nan()) {
                continue;
            }
            let cost = feature.credits(row) / row.calls / self.unit;
            let calls = match self.scale < 1.0 {
                true if row.calls == 1.0 => f64::from(u8::from(uniform(&mut rng) < self.scale)),
                true => poisson(row.calls * self.scale, &mut rng),
                false => libm::round(row.calls),
            };
            for _ in 0..calls as u64 {
                let within = (uniform(&mut rng) * observed.resolution as f64) as i64;
                write_call(out, row, row.at + within, cost)?;
            }
        }
        Ok(())
    }

    /// The demand of a scenario that replays such a file: everything but its policies.
    #[must_use]
    pub fn replay_text(&self, observed: &Observed, file: &str) -> String {
        let names = self.features.iter().enumerate();
        let names: Vec<String> =
            names.map(|(index, feature)| format!("f{index} = {}", quoted(&feature.name))).collect();
        let mut text = format!(
            "version = 1\nname = \"replay\"\nstart = {}\nend = {}\nreplications = 1\n\n[histories.usage]\nfile = {}\n\
             time = \"at\"\norganization = \"organization\"\nfeature = \"feature\"\nfeatures = {{ {} }}\ncost = \"cost\"\n\
             duration = {{ column = \"seconds\", unit = \"1s\" }}\n\
             status = {{ column = \"status\", failed = [\"failed\"], cancelled = [\"cancelled\"] }}\nduplicates = \"keep\"\n\n\
             [[cohorts]]\nname = \"customers\"\nhistory = \"usage\"\n",
            self.start(),
            self.end(),
            quoted(file),
            names.join(", ")
        );
        debug_assert_eq!(self.features.len(), observed.features.len(), "a model has its history's features");
        for feature in &self.features {
            text += &format!("\n[features.{}]\ncost = 1\n", quoted(&feature.name));
        }
        text
    }

    /// Allowances a month at which a comparison on the fit is held to the replay, and what each is: the one that is
    /// written, beyond which a quarter of the demand lies; beyond which 30 % lie; what 70 % of the organizations need.
    #[must_use]
    pub fn tried_allowances(&self, observed: &Observed) -> Vec<(&'static str, f64)> {
        let mut demand = monthly(observed, self);
        demand.retain(|credits| *credits > 0.0);
        demand.sort_by(f64::total_cmp);
        let seventieth = demand.get(demand.len() * 7 / 10).copied().unwrap_or(1.0);
        let written = allowance(observed, self);
        let tried = |credits: f64| format!("{:.3e}", credits.clamp(0.01, 1e9)).parse().unwrap_or(written);
        vec![
            ("a quarter of the demand lies beyond it, as written", written),
            ("30 % of the demand lie beyond it", tried(enough(&demand, 0.3))),
            ("enough for 70 % of the organizations", tried(seventieth)),
        ]
    }
}

fn write_call(out: &mut dyn Write, row: &ObservedRow, at: i64, cost: f64) -> io::Result<()> {
    let status = match row.end {
        End::Fine => "ok",
        End::Failed => "failed",
        End::Cancelled => "cancelled",
    };
    let seconds = if row.duration.is_finite() { row.duration } else { 0.0 };
    let at = SimTime::from_micros(at);
    writeln!(out, "{at},o{},f{},{cost:.6},{seconds:.3},{status}", row.organization, row.feature)
}
