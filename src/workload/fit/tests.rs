//! Fits of the traces beside the project, judged as the acceptance says; skipped where there are none.

use std::path::{Path, PathBuf};

use super::*;

fn trace(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found =
        ["../shared/traces", "../../shared/traces"].into_iter().map(|folder| root.join(folder).join(name));
    found.into_iter().find(|path| path.exists())
}

/// KS of sizes ≤ 0.15, top-10 % share ± 0.08, dispersion within a factor 2, peak of the day within a factor 1.5.
fn check(name: &str, scale: Option<f64>) {
    let Some(path) = trace(name) else { return eprintln!("skipped: there is no ../shared/traces/{name}") };
    let fit = fit(&path, scale).unwrap_or_else(|error| panic!("{error}"));
    let mut misses = Vec::new();
    for good in &fit.goodness {
        println!("{name} {}: {good:?}", good.feature);
        for (column, distance) in &good.sizes {
            if *distance > 0.15 {
                misses.push(format!("{}: KS of {column} is {distance:.3}", good.feature));
            }
        }
        let (history, simulated) = (&good.history, &good.simulated);
        if let (Some(wanted), Some(found)) = (history.top_tenth, simulated.top_tenth)
            && (wanted - found).abs() > 0.08
        {
            misses.push(format!("{}: top-10 % share {found:.3}, history {wanted:.3}", good.feature));
        }
        let ratio =
            |wanted: Option<f64>, found: Option<f64>| wanted.zip(found).map(|(a, b)| (a / b).max(b / a));
        if let Some(ratio) = ratio(history.dispersion, simulated.dispersion).filter(|ratio| *ratio > 2.0) {
            misses.push(format!("{}: dispersion is off by {ratio:.2}", good.feature));
        }
        // A day needs a few hundred calls to have a shape at all.
        if history.calls >= 480.0
            && let Some(ratio) = ratio(history.peak, simulated.peak).filter(|ratio| *ratio > 1.5)
        {
            misses.push(format!("{}: peak of the day is off by {ratio:.2}", good.feature));
        }
    }
    assert!(misses.is_empty(), "{name}:\n{}", misses.join("\n"));
    assert!(fit.model.to_toml("fit", name).contains("[[cohorts]]"));
}

#[test]
fn the_image_service_fits() {
    check("genai-images.csv", None);
}

#[test]
fn the_reasoning_events_fit() {
    check("servegen-reason-events.csv.gz", None);
}

#[test]
fn the_two_services_without_organizations_fit() {
    check("azure-llm-2023.csv", None);
}

#[test]
fn the_hourly_buckets_fit_after_thinning() {
    check("servegen-llm-hourly.csv", Some(1e-3));
}
