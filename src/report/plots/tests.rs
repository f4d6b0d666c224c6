use std::sync::Arc;

use super::super::picture::{
    DrawnCondition, DrawnSearch, Picture, TriedSetting, front_picture, optimum_picture, pictures,
    sweep_picture, swings_picture,
};
use super::*;
use crate::experiment::{Estimate, Findings, Measurements, Objective, PolicyAt, Sweep, SweepPoint, Swing};
use crate::outcome::{Scope, metric_index, synthetic};

const POLICIES: [&str; 8] = [
    "block",
    "overdraft-200",
    "hold-p95",
    "auto-recharge-below-50",
    "rollover-three-months-capped-at-500-credits",
    "queue",
    "degrade",
    "trust",
];

fn made(policies: &[&str], replications: u64) -> Vec<Picture> {
    let shape = synthetic::shape(policies);
    let mut measurements = Measurements::new(Arc::clone(&shape));
    (0..replications).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 60)));
    pictures(&Findings::new(measurements, 0))
}

/// Five limits of two policies, measured as ten accounts of the same organizations.
fn sweep() -> Sweep {
    let names: Vec<String> = (0..10).map(|number| format!("p{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shape = synthetic::shape(&names);
    let mut measurements = Measurements::new(Arc::clone(&shape));
    (0..5).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 30)));
    let point = |number: usize| SweepPoint {
        number,
        settings: vec![(number * 50).to_string()],
        measurements: 0,
        policies: vec![
            PolicyAt { name: "overdraft".to_owned(), index: number },
            PolicyAt { name: "hold-p95".to_owned(), index: 5 },
        ],
    };
    Sweep {
        keys: vec!["policy.overdraft.limit".to_owned()],
        points: (0..5).map(point).collect(),
        measurements: vec![measurements],
        complete: true,
    }
}

fn policies_of_sweep() -> Vec<String> {
    ["overdraft", "hold-p95"].map(str::to_owned).to_vec()
}

fn of_sweep() -> Vec<Picture> {
    let (sweep, policies) = (sweep(), policies_of_sweep());
    let index = |name: &str| metric_index(name).unwrap();
    let objective = |name: &str| Objective::by_direction(index(name), Scope::All).unwrap();
    let objectives = [objective("refusal_rate"), objective("overspend_credits")];
    let candidates = sweep.candidates(&objectives);
    vec![
        sweep_picture(&sweep, (0, index("refusal_rate")), &policies, "refusal_rate-limit").unwrap(),
        front_picture(&sweep, &objectives, &candidates, &policies).unwrap(),
    ]
}

fn swing(key: &str, low: f64, high: f64, ranking_changes: bool) -> Swing {
    let around = |mean: f64| Some((mean - 0.004, mean + 0.006));
    Swing {
        key: key.to_owned(),
        low_setting: "0.5".to_owned(),
        high_setting: "2".to_owned(),
        base: 0.08,
        low,
        high,
        low_interval: around(low),
        high_interval: around(high),
        half_width: Some(0.007),
        ranking_changes,
    }
}

fn of_sensitivity() -> Picture {
    let swings = [
        swing("features.campaign.arrivals.gamma", 0.02, 0.19, true),
        swing("features.agent.steps.work-of-the-second-kind.repeat.lognormal.median", 0.06, 0.14, false),
        swing("policy.buyer.on_refusal", 0.1, 0.12, true),
        swing("policy.buyer.human_delay", 0.081, 0.084, false),
        swing("policy.buyer.age", 0.08, 0.08, false),
    ];
    let metric = metric_index("refusal_rate").unwrap();
    let policies = policies_of_sweep();
    swings_picture((1, &policies), (metric, Some("USD")), 0.08, &swings, "tornado-hold-p95").unwrap()
}

fn of_search() -> Picture {
    let policies = policies_of_sweep();
    let tried = |number: u32| TriedSetting {
        policy: (number % 2) as usize,
        settings: vec![(number * 50).to_string()],
        standing: if number == 0 { "chosen" } else { "worse" }.to_owned(),
        chosen: number == 0,
        objective: (number != 4).then(|| Estimate::made_up(1_000.0 + 40.0 * f64::from(number), 25.0, 8)),
        to_chosen: (number != 0).then(|| Estimate::made_up(40.0 * f64::from(number), 6.0, 8)),
        limited: vec![Some(Estimate::made_up(0.05 + 0.01 * f64::from(number), 0.004, 8))],
    };
    let condition = DrawnCondition {
        text: "refusal_rate < 8%".to_owned(),
        metric: metric_index("refusal_rate").unwrap(),
        limit: 0.08,
    };
    optimum_picture(&DrawnSearch {
        policies: &policies,
        keys: &["policies.hold-p95.overdraft.limit".to_owned()],
        metric: metric_index("overspend_credits").unwrap(),
        currency: Some("USD"),
        tried: (0..6).map(tried).collect(),
        conditions: vec![condition],
        said: "no setting that was tried is lower".to_owned(),
    })
    .unwrap()
}

fn every() -> Vec<(&'static str, Picture)> {
    let runs = [
        ("many", made(&POLICIES, 12)),
        ("three", made(&POLICIES[..3], 6)),
        ("single", made(&POLICIES[..5], 1)),
        ("only", made(&["only"], 1)),
    ];
    let runs = runs.into_iter().flat_map(|(label, own)| own.into_iter().map(move |picture| (label, picture)));
    let others = of_sweep().into_iter().chain([of_sensitivity(), of_search()]);
    runs.chain(others.map(|picture| ("other", picture))).collect()
}

#[test]
fn no_text_lies_on_another_or_leaves_the_sheet() {
    let mut wrong = Vec::new();
    for (label, picture) in every() {
        let Sheet { svg, texts } = draw(&picture).unwrap();
        let height = svg.split("height=\"").nth(1).and_then(|rest| rest.split('"').next());
        let height: f64 = height.unwrap().parse().unwrap();
        for (index, text) in texts.iter().enumerate() {
            if text.left < 0.0 || text.right > WIDTH || text.top < 0.0 || text.bottom > height {
                wrong.push(format!("{label} {}: `{}` leaves the sheet", picture.name, text.text));
            }
            for other in texts[..index].iter().filter(|other| other.meets(text)) {
                wrong.push(format!("{label} {}: `{}` lies on `{}`", picture.name, text.text, other.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_drawing_has_a_role_a_title_and_a_description_and_is_the_same_every_time() {
    for (_, picture) in every() {
        let drawn = svg(&picture).unwrap();
        let title =
            format!("<title id=\"{}-title\">{}", picture.name, plain(&picture.title).replace('&', "&amp;"));
        assert!(drawn.starts_with("<svg role=\"img\" aria-labelledby="), "{}", picture.name);
        assert!(drawn.contains(title.split('<').nth(1).unwrap()), "{}", picture.name);
        assert!(drawn.contains("</desc>") && !drawn.contains("NaN"), "{}", picture.name);
        assert_eq!(drawn, svg(&picture).unwrap());
    }
}

#[test]
fn a_policy_is_drawn_in_one_colour_in_every_picture_of_a_folder() {
    // Of the third policy, whatever else a picture shows.
    let green = "#009E73";
    // The hours are shades of it.
    for picture in made(&POLICIES[..3], 6).into_iter().filter(|picture| picture.name != "hours") {
        let drawn = svg(&picture).unwrap();
        let shown =
            picture.panels.iter().any(|panel| serde_json::to_string(panel).unwrap().contains("\"series\":2"));
        assert_eq!(drawn.contains(green), shown, "{}", picture.name);
    }
}

#[test]
fn titles_name_what_was_found() {
    let [swept, front] = <[Picture; 2]>::try_from(of_sweep()).unwrap();
    assert!(
        swept.title.contains("refusal_rate") && swept.title.contains("overdraft.limit from 0 to 200"),
        "{}",
        swept.title
    );
    assert!(front.title.contains("settings"), "{}", front.title);
    let moved = of_sensitivity();
    assert!(
        moved.title.starts_with("features.campaign.arrivals.gamma moves refusal_rate of `hold-p95` most"),
        "{}",
        moved.title
    );
    assert_eq!(moved.left_out[0].why, "moves nothing");
    assert!(
        of_search().title.starts_with("`overdraft` with overdraft.limit = 0 is chosen"),
        "{}",
        of_search().title
    );
}

#[test]
fn what_a_key_does_not_reach_has_no_difference_and_a_label_of_its_own() {
    let [swept, front] = <[Picture; 2]>::try_from(of_sweep()).unwrap();
    assert!(swept.left_out.iter().any(|left| left.what == "hold-p95"), "{:?}", swept.left_out);
    let PanelContent::Points { points, .. } = &front.panels[0].content else { panic!("points") };
    assert!(points.iter().any(|point| point.label == "hold-p95" || !point.marked), "{points:?}");
}

#[test]
fn a_png_has_its_texts_on_a_machine_without_fonts() {
    let picture = of_search();
    let first = png(&svg(&picture).unwrap()).unwrap();
    assert_eq!(first, png(&svg(&picture).unwrap()).unwrap());
    let pixels = resvg::tiny_skia::Pixmap::decode_png(&first).unwrap();
    assert_eq!(pixels.width(), 1_920);
    let dark = |y: u32| (0..pixels.width()).filter(|&x| pixels.pixel(x, y).unwrap().red() < 128).count();
    // The title's lines of pixels; nothing else is drawn there.
    let most = (36..76).map(dark).max().unwrap_or(0);
    assert!(most > 100, "only {most} dark pixels in a line of the title");
}

/// Writes the pictures where `CREDITSIM_PLOTS` says, to be looked at.
#[test]
#[ignore = "writes files to look at"]
fn write_specimens() {
    let Ok(folder) = std::env::var("CREDITSIM_PLOTS") else { return };
    for (label, picture) in every() {
        std::fs::write(format!("{folder}/{label}-{}.svg", picture.name), svg(&picture).unwrap()).unwrap();
    }
}
