//! What a user is told of a file that cannot be replayed: everything, with file, line, column, found, wanted, hint.

use super::*;

#[test]
fn mistakes_name_file_line_and_column() {
    let world = HistoryTestWorld::new();
    let check = |text: &str, change: fn(&mut HistorySpec), wanted: &str| {
        let mut spec = spec(&world.file("bad.csv", text));
        change(&mut spec);
        let error = world.prepare(&spec).map(|_| ()).expect_err(wanted).to_string();
        assert!(error.contains("bad.csv") && error.contains(wanted), "`{wanted}` is not in: {error}");
    };
    let head = "time,org,feature,units\n";
    let row = |row: &str| format!("{head}2025-01-02T00:00:00Z,a,chat,1\n{row}\n");
    check(&row("soon,a,chat,1"), |_| (), "bad.csv:3`: `time` is `soon`\n  wanted a time");
    check(&row(",a,chat,1"), |_| (), "bad.csv:3`: `time` is empty\n  wanted a time");
    check(&row("2025-01-02T00:00:00Z,a,chat,many"), |_| (), ":3`: `units` is `many`\n  wanted a number");
    check(&row("2025-01-02T00:00:00Z,a,chat,\"1,5\""), |_| (), "hint: write decimals with a point");
    check(&row("2025-01-02T00:00:00Z,a,chat,-1"), |_| (), ":3`: costs -1 credits");
    check(
        &row("2025-01-02T00:00:00Z,a,video,1"),
        |_| (),
        ":3`: `feature` is `video`, which is no feature\nhint: known are: chat, image; write `features",
    );
    check(&row("2025-01-02T00:00:00Z,a,video,1"), |_| (), "or `other_features = \"skip\"`");
    check(&row("2025-01-02T00:00:00Z,a,chat"), |_| (), ":3`: has 3 cells, the header has 4");
    let refuse = |spec: &mut HistorySpec| spec.sizeless = Sizeless::Refuse;
    check(&row("2025-01-02T00:00:00Z,a,chat,"), refuse, ":3`: has no size");
    let refuse = |spec: &mut HistorySpec| spec.duplicates = Duplicates::Refuse;
    check(&row("2025-01-02T00:00:00Z,a,chat,1"), refuse, ":3`: repeats an earlier row");
    let other = |spec: &mut HistorySpec| spec.columns.organization = names(&["organization"]);
    check(head, other, ":1`: has no column `organization`");
    check(head, |spec| spec.cost = priced("unit * 2"), "did you mean `units`?");
    check("time,org,feature,units,units\n", |_| (), "`units` stands twice in the header");
    check("", |_| (), ":1`: has no header");
    let late = format!("{head}2026-03-02T00:00:00Z,a,chat,1\n2026-03-05T00:00:00Z,a,chat,1\n");
    check(
        &late,
        |_| (),
        "holds no row inside the horizon: after moving, its 2 rows lie between 2026-03-02T00",
    );
    check(&late, |_| (), "hint: `shift = \"to start\"`");
    check(
        &row("2025-01-02T00:00:00Z,a,chat,1"),
        |spec| spec.only = names(&["b-*"]),
        "has nothing to replay: 2 rows, 2 of organizations not chosen",
    );
    check("[{\"time\": 1}, 7]", |_| (), ":1`: is a number, where a row should be");
    check("[{\"time\": 1},\n}", |_| (), ":2`: is no JSON");
    check("PK\u{3}\u{4}sheet", |_| (), ":1`: is a spreadsheet or an archive\nhint: save the sheet as CSV");
    let missing = spec(&world.folder.path().join("missing.csv"));
    assert!(world.prepare(&missing).is_err_and(|error| error.is_world()));
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    let world = HistoryTestWorld::new();
    let mut text = "time,org,feature,units\n".to_owned();
    text += "soon,a,chat,many\n2025-01-02T00:00:00Z,a\n2025-01-02T00:00:00Z,a,video,1\n";
    text += "2025-01-02T00:00:00Z,a,film,1\n2025-01-02T00:00:00Z,a,film,1\n";
    for row in 0..50 {
        text += &format!("2025-01-02T00:00:00Z,a,chat,x{row}\n");
    }
    text += "2025-01-02T00:00:00Z,a,chat,1\n\"2025-13-02\",a,chat,2\n";
    let told = world.prepare(&spec(&world.file("bad.csv", &text))).expect_err("it is bad");
    let lines: Vec<String> = told.told.iter().map(ToString::to_string).collect();
    let starts = [
        "bad.csv:2`: `time` is `soon`",
        "bad.csv:3`: has 2 cells",
        "bad.csv:7`: `units` is `x0`",
        "bad.csv:8`: `units` is `x1`",
        "bad.csv:9`: `units` is `x2`",
        "bad.csv:58`: `time` is `2025-13-02`",
        "bad.csv:4`: `feature` is `film`, `video`, which are no features",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.contains(start), "`{start}` is not in {line}");
    }
    assert_eq!((told.more, told.rest().as_deref()), (47, Some("47 more problems like these")));
    // Both columns that a header lacks, and the first thousand rows, are told by a check too.
    let mut wrong = spec(&world.file("bad.csv", &text));
    let Err(checked) = check_history(&wrong, &[&Demand::default()]) else { panic!("it is bad") };
    assert_eq!(checked.to_string(), told.to_string());
    (wrong.columns.time, wrong.columns.organization) = (names(&["at"]), names(&["team"]));
    let Err(checked) = check_history(&wrong, &[&Demand::default()]) else { panic!("it is bad") };
    let text = checked.to_string();
    assert!(text.contains("has no column `at`") && text.contains("has no column `team`"), "{text}");
    assert_eq!(checked.more, 0);
    assert!(text.contains("wanted one of its columns: time, org, feature, units"), "{text}");
}

#[test]
fn json_lines_are_judged_like_csv() {
    let world = HistoryTestWorld::new();
    let text = "{\"time\":\"2025-01-02T00:00:00Z\",\"feature\":\"chat\"}\n{\"time\":\n[1]\n";
    let mut broken = spec(&world.file("bad.jsonl", text));
    broken.columns.organization = names(&["who.org"]);
    let text = world.prepare(&broken).expect_err("it is bad").to_string();
    for wanted in [
        "bad.jsonl:2`: is no JSON",
        "bad.jsonl:3`: is an array, where a row should be",
        "ends without any `who.org`",
        "`units`",
    ] {
        assert!(text.contains(wanted), "`{wanted}` is not in {text}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let world = HistoryTestWorld::new();
    let row = |org: &[u8]| {
        [b"{\"time\":\"2025-01-02\",\"org\":\"", org, b"\",\"feature\":\"chat\",\"units\":1}\n"].concat()
    };
    let jsonl = [row(b"a"), row(b"M\xfcller"), row(b"b")].concat();
    let csv = [b"time,org,feature,units\n2025-01-02,a,chat,1\n".as_slice(), b"2025-01-02,M\xfcller,chat,1\n"]
        .concat();
    for (name, bytes, line) in [("latin.jsonl", jsonl, 2), ("latin.csv", csv, 3)] {
        let path = world.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a disk");
        let told = world.prepare(&spec(&path)).expect_err("it is no text");
        let text = told.to_string();
        let wanted = format!("{name}:{line}`: is no UTF-8 text\nhint: save the file as UTF-8");
        assert!(told.told.len() == 1 && text.contains(&wanted), "{text}");
    }
}

#[test]
fn semicolons_and_tabs_separate_cells_too() {
    let world = HistoryTestWorld::new();
    let wanted = replay(&world.good(&spec(&world.file("usage.csv", CLEAN))));
    for delimiter in [";", "\t"] {
        let text = CLEAN.replace(',', delimiter).replace('\n', "\r\n");
        assert_eq!(replay(&world.good(&spec(&world.file("usage.csv", &text)))), wanted, "{delimiter:?}");
    }
}

#[test]
fn every_form_of_time_in_one_column_is_counted() {
    let world = HistoryTestWorld::new();
    let times = [
        "2025-01-02T00:00:00Z",
        "2025-01-02T01:00:00+01:00",
        "2025-01-02 00:00:00",
        "2025-01-02",
        "1735776000",
        "1735776000.0",
        "1735776000000",
        "1735776000000000",
        "1735776000000000000",
    ];
    let rows: String = times.iter().map(|time| format!("{time},a,chat,1\n")).collect();
    let history = world.good(&spec(&world.file("times.csv", &format!("time,org,feature,units\n{rows}"))));
    let counts = &history.counts;
    assert_eq!((counts.times_with_zone, counts.times_without_zone, counts.times_in_seconds), (2, 2, 2));
    let rest = (counts.times_in_milliseconds, counts.times_in_microseconds, counts.times_in_nanoseconds);
    assert_eq!(rest, (1, 1, 1));
    let midnight = instant("2025-01-02");
    assert!(replay(&history).iter().all(|(_, operation)| operation.at == midnight));
    let remarks = counts.remarks();
    assert!(remarks.contains(&"2 times without a zone among others with one".to_owned()), "{remarks:?}");
    assert!(!remarks.iter().any(|remark| remark.contains("repeat")), "{remarks:?}");
}

#[test]
fn ties_keep_the_order_of_the_file_and_gaps_are_counted() {
    let world = HistoryTestWorld::new();
    let text = "time,org,feature,units\n\
        2025-01-09T00:00:00Z,a,chat,7\n\
        2025-01-02T00:00:00Z,a,chat,3\n\
        2025-01-02T00:00:00Z,a,chat,1\n\
        2025-01-02T00:00:00Z,a,chat,2\n\
        2025-01-04T00:00:00Z,a,chat,5\n";
    let history = world.good(&spec(&world.file("ties.csv", text)));
    let costs: Vec<i64> = replay(&history).iter().map(|row| row.1.cost.micros() / 1_000_000).collect();
    assert_eq!(costs, [3, 1, 2, 5, 7]);
    assert_eq!((history.counts.unsorted, history.counts.days_without_rows), (1, 5));
}

#[test]
fn ids_tell_repetitions_across_time_and_features_in_little_memory() {
    let world = HistoryTestWorld::new();
    let mut text = "time,org,feature,units,id\n".to_owned();
    for row in 0..2_000 {
        // Every id comes twice, an hour later and for another feature; rows without an id are no repetitions.
        let feature = if row < 1_000 { "chat" } else { "image" };
        text += &format!("2025-01-02T{:02}:00:00Z,a,{feature},1,event-{}\n", row / 1_000, row % 1_000);
    }
    text += "2025-01-02T05:00:00Z,a,chat,1,\n2025-01-02T05:00:00Z,a,chat,1,\n2025-01-02T05:00:00Z,b,chat,1,event-1\n";
    let mut by_id = spec(&world.file("ids.csv", &text));
    by_id.columns.id = names(&["id"]);
    let kept = world.good(&by_id);
    assert_eq!((kept.counts.duplicates, kept.counts.dropped, kept.counts.replayed), (1_000, 0, 2_003));
    by_id.duplicates = Duplicates::Drop;
    let dropped = world.good(&by_id);
    assert_eq!(
        (dropped.counts.duplicates, dropped.counts.dropped, dropped.counts.replayed),
        (1_000, 1_000, 1_003)
    );
    assert!(
        replay(&dropped).iter().all(|(_, operation)| operation.feature == FeatureIndex(0)),
        "the first row in the file stays"
    );
    by_id.duplicates = Duplicates::Refuse;
    let refused = world.prepare(&by_id).expect_err("they repeat");
    assert_eq!((refused.told.len(), refused.more), (3, 997));
    assert!(refused.to_string().contains("ids.csv:"), "{refused}");
}
