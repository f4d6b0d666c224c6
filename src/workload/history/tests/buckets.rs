//! Totals of time buckets, spread over them to the last micro-credit.

use super::*;

#[test]
fn buckets_expand_to_their_exact_totals() {
    let world = HistoryTestWorld::new();
    let text = "time,org,feature,units,calls\n\
        2025-01-02T00:00:00Z,a,chat,1000,7\n\
        2025-01-02T01:00:00Z,a,chat,10,3\n\
        2025-01-02T02:00:00Z,a,chat,0,0\n\
        2025-01-02T03:00:00Z,a,chat,1,100\n";
    let buckets = Some(hourly());
    let spec = HistorySpec { buckets, ..spec(&world.file("hourly.csv", text)) };
    let history = world.good(&spec);
    assert_eq!((history.counts.operations, history.counts.empty_buckets), (110, 1));
    let operations = replay(&history);
    assert_eq!((operations.len(), total(&operations)), (110, 1_011_000_000));
    let first_hour = instant("2025-01-02T00:00:00Z")..instant("2025-01-02T01:00:00Z");
    let large = operations.iter().filter(|(_, operation)| operation.cost.micros() >= 100_000_000);
    assert!(
        large.clone().count() == 7 && large.clone().all(|(_, operation)| first_hour.contains(&operation.at))
    );
    assert_eq!(replay(&history), operations, "expansion is deterministic");
    // Times inside a bucket are uniform: the mean of a hundred lies near the middle.
    let small: Vec<i64> = operations
        .iter()
        .filter(|(_, operation)| operation.cost.micros() <= 10_000)
        .map(|(_, operation)| (operation.at - instant("2025-01-02T03:00:00Z")).micros())
        .collect();
    let mean = small.iter().sum::<i64>() as f64 / small.len() as f64 / 3.6e9;
    assert!(small.len() == 100 && (mean - 0.5).abs() < 4.3 * 0.0289, "{} with mean {mean}", small.len());
}

fn hourly() -> Buckets {
    Buckets { length: BucketLength::Is(SimSpan::HOUR), end: Vec::new(), requests: Some("calls".to_owned()) }
}

/// A bucket of a history: its start in hours since the horizon's, requests, micro-credits.
type BucketRow = (i64, u32, i64);

fn expanded(
    rows: &[BucketRow],
    length: SimSpan,
    replay_as: Replay,
) -> (PreparedHistory, Vec<(String, Operation)>) {
    let world = HistoryTestWorld::new();
    let text: String = rows
        .iter()
        .map(|(hour, calls, micros)| {
            let at = instant("2025-01-01") + SimSpan::from_seconds(3_600 * hour);
            format!("{at},a,chat,{}.{:06},{calls}\n", micros / 1_000_000, micros % 1_000_000)
        })
        .collect();
    let buckets = Some(Buckets { length: BucketLength::Is(length), ..hourly() });
    let path = world.file("buckets.csv", &format!("time,org,feature,units,calls\n{text}"));
    let history = world.good(&HistorySpec { buckets, replay: replay_as, ..spec(&path) });
    let operations = replay(&history);
    (history, operations)
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    /// Requests and credits are kept exactly, hourly and daily, scaled or not, however often repeated; every
    /// operation lies in its bucket; thinning takes operations away and changes none.
    #[test]
    fn any_buckets_keep_their_totals(
        rows in proptest::collection::vec((0..240_i64, 1..60_u32, 0..5_000_000_000_i64), 1..12),
        daily in proptest::bool::ANY,
        scale in 1..4_000_u32,
        repeat in 1..3_u32,
        thin in 0.05..0.95_f64,
    ) {
        let length = if daily { SimSpan::DAY } else { SimSpan::HOUR };
        // Buckets of days begin at midnight.
        let rows: Vec<BucketRow> =
            rows.into_iter().map(|(hour, calls, micros)| (if daily { hour / 24 * 24 } else { hour }, calls, micros)).collect();
        let plain = Replay { repeat, ..Replay::default() };
        let (history, operations) = expanded(&rows, length, plain.clone());
        let rounds = repeat as usize;
        let calls: usize = rows.iter().map(|(_, calls, _)| *calls as usize).sum();
        let micros: i128 = rows.iter().map(|(.., micros)| i128::from(*micros)).sum();
        // An empty bucket costs nothing and still has its requests, so nothing is left out.
        proptest::prop_assert_eq!(operations.len(), calls * rounds);
        proptest::prop_assert_eq!(total(&operations), micros * rounds as i128);
        proptest::prop_assert_eq!(history.counts.demanded_micros, micros);
        let covered = |at: SimTime| rows.iter().any(|(hour, ..)| (0..repeat).any(|round| {
            let from = instant("2025-01-01") + SimSpan::from_seconds(3_600 * hour)
                + SimSpan::from_micros(history.period.micros() * i64::from(round));
            (from..from + length).contains(&at)
        }));
        proptest::prop_assert!(operations.iter().all(|(_, operation)| covered(operation.at)));
        let by = f64::from(scale) / 1_000.0;
        let (_, scaled) = expanded(&rows, length, Replay { scale: by, ..plain.clone() });
        let wanted: i128 = rows.iter().map(|(.., micros)| {
            i128::from(Credits::from_f64(*micros as f64 / 1e6 * by).micros())
        }).sum();
        proptest::prop_assert_eq!((scaled.len(), total(&scaled)), (calls * rounds, wanted * rounds as i128));
        let (_, thinned) = expanded(&rows, length, Replay { thin, ..plain });
        let mut all = operations.iter();
        proptest::prop_assert!(thinned.iter().all(|kept| all.any(|one| one == kept)), "thinning changes something");
    }
}

#[test]
fn daily_buckets_follow_each_other_without_a_gap_when_repeated() {
    let rows: Vec<BucketRow> = (0..3).map(|day| (24 * day, 10, 1_000_000)).collect();
    let (history, operations) = expanded(&rows, SimSpan::DAY, Replay { repeat: 3, ..Replay::default() });
    assert_eq!(history.period, SimSpan::from_micros(3 * SimSpan::DAY.micros()));
    for day in 0..9 {
        let from = instant("2025-01-01") + SimSpan::from_micros(day * SimSpan::DAY.micros());
        let of_day =
            operations.iter().filter(|(_, operation)| (from..from + SimSpan::DAY).contains(&operation.at));
        assert_eq!(of_day.count(), 10, "day {day}");
    }
}

#[test]
fn buckets_that_the_horizon_cuts_are_counted() {
    let world = HistoryTestWorld::new();
    let text = "time,org,feature,units,calls\n\
        2024-12-31T12:00:00Z,a,chat,100,1000\n2025-01-31T12:00:00Z,a,chat,100,1000\n\
        2024-12-30T12:00:00Z,a,chat,100,1000\n2025-01-30T12:00:00Z,a,chat,100,1000\n";
    let buckets = Some(Buckets { length: BucketLength::Is(SimSpan::DAY), ..hourly() });
    let history = world.good(&HistorySpec { buckets, ..spec(&world.file("daily.csv", text)) });
    let counts = &history.counts;
    assert_eq!((counts.replayed, counts.cut_by_horizon, counts.outside_horizon), (3, 2, 1));
    let left = replay(&history).len() as f64;
    assert!((left - 2_000.0).abs() < 4.3 * 22.4, "{left} of two halves and a whole");
}

#[test]
fn a_bucket_ends_where_its_row_says() {
    let world = HistoryTestWorld::new();
    let text = "time,until,org,feature,units,calls\n\
        2025-01-02T00:00:00Z,2025-01-02T00:01:00Z,a,chat,1,50\n\
        2025-01-02T00:01:00Z,1735776180,a,chat,1,50\n\
        2025-01-03T00:00:00Z,,a,chat,1,50\n";
    let buckets = Some(Buckets { end: names(&["until"]), ..hourly() });
    let history = world.good(&HistorySpec { buckets, ..spec(&world.file("minutes.csv", text)) });
    let operations = replay(&history);
    let within = |from: &str, to: &str| {
        let range = instant(from)..instant(to);
        operations.iter().filter(|(_, operation)| range.contains(&operation.at)).count()
    };
    assert_eq!(within("2025-01-02T00:00:00Z", "2025-01-02T00:01:00Z"), 50);
    assert_eq!(within("2025-01-02T00:01:00Z", "2025-01-02T00:03:00Z"), 50);
    assert_eq!(within("2025-01-03T00:00:00Z", "2025-01-03T01:00:00Z"), 50);
    let last = operations.iter().map(|(_, operation)| operation.at).max();
    assert!(last > Some(instant("2025-01-03T00:30:00Z")), "an empty end falls back to the length");
}

#[test]
fn a_thinned_large_bucket_draws_what_it_keeps_alone() {
    // Forty million calls would take seconds one by one.
    let rows: Vec<BucketRow> = vec![(0, 40_000_000, 400_000_000), (1, 2_000_000, 4_000_000)];
    let thin = 1e-4;
    let (_, operations) = expanded(&rows, SimSpan::HOUR, Replay { thin, ..Replay::default() });
    let hour = |number: i64| {
        let from = instant("2025-01-01") + SimSpan::from_seconds(3_600 * number);
        let within = operations.iter().filter(move |(_, one)| (from..from + SimSpan::HOUR).contains(&one.at));
        within.map(move |(_, one)| (one.at - from).as_seconds_f64() / 3_600.0).collect::<Vec<f64>>()
    };
    for (number, (_, calls, micros)) in rows.iter().enumerate() {
        let found = hour(number as i64);
        let (n, wanted) = (found.len() as f64, f64::from(*calls) * thin);
        assert!((n - wanted).abs() < 4.3 * libm::sqrt(wanted), "{n} kept of {wanted}");
        // Uniform in the hour: Kolmogorov and Smirnov at one in ten thousand.
        let distance = found.iter().enumerate().map(|(index, at)| (at - (index as f64 + 0.5) / n).abs());
        let worst = distance.fold(0.0, f64::max);
        assert!(worst < 2.225 / libm::sqrt(n), "{worst} off the uniform of {n}");
        // Each keeps its own share of the total: ten micro-credits, or two.
        let each = micros / i64::from(*calls);
        let of_hour = operations.iter().filter(|(_, one)| one.cost.micros() == each).count();
        assert_eq!(of_hour, found.len());
    }
    let (_, nothing) = expanded(&rows, SimSpan::HOUR, Replay { thin: 0.0, ..Replay::default() });
    assert!(nothing.is_empty());
}

#[test]
fn a_length_that_does_not_fit_the_file_is_refused_and_one_as_found_fits() {
    let world = HistoryTestWorld::new();
    let text = "time,org,feature,units,calls\n2025-01-02T00:00:00Z,a,chat,9,9\n\
        2025-01-02T02:00:00Z,a,chat,1,40\n2025-01-02T03:00:00Z,a,chat,1,40\n";
    let path = world.file("hours.csv", text);
    let of = |length| HistorySpec { buckets: Some(Buckets { length, ..hourly() }), ..spec(&path) };
    let said = world.prepare(&of(BucketLength::Is(SimSpan::DAY))).expect_err("these are no days").to_string();
    assert!(said.contains("hours.csv:3`: begins at 2025-01-02T02:00:00Z, off the grid"), "{said}");
    let history = world.good(&of(BucketLength::AsFound));
    assert_eq!(history.length, Some(SimSpan::HOUR));
    let operations = replay(&history);
    let within = |from: &str, to: &str| {
        let range = instant(from)..instant(to);
        operations.iter().filter(|(_, operation)| range.contains(&operation.at)).count()
    };
    assert_eq!(within("2025-01-02T02:00:00Z", "2025-01-02T03:00:00Z"), 40);
    assert_eq!(within("2025-01-02T03:00:00Z", "2025-01-02T04:00:00Z"), 40);
}
