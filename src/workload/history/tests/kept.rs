//! Sorted histories that are kept.

use super::*;

#[test]
fn a_kept_history_is_taken_up_and_replays_alike() {
    let world = HistoryTestWorld::new();
    let rows: String = (0..600)
        .map(|row| format!("2025-01-{:02}T00:00:00Z,team-{},chat,{}\n", row % 28 + 1, row % 300, row % 7))
        .collect();
    let path =
        world.file("usage.csv", &format!("time,org,feature,units,note\n{}", rows.replace('\n', ",x\n")));
    let shelf = world.folder.path().join("shelf");
    let prepare = |spec: &HistorySpec| {
        let demands = [&Demand::default(), &Demand::default()];
        let (start, end) = (instant("2025-01-01"), instant("2025-02-01"));
        let preparation =
            Preparation { demands: &demands, start, end, folder: world.folder.path(), watch: &|_| true };
        PreparedHistory::prepare_or_take_up(spec, &preparation, &shelf)
    };
    let wanted = world.good(&spec(&path));
    let (sorted, first) = prepare(&spec(&path)).expect("a disk");
    let KeptAs::Sorted(folder, None) = first else { panic!("{first:?}") };
    let (taken_up, again) = prepare(&spec(&path)).expect("a disk");
    assert_eq!(again, KeptAs::TakenUp(folder.clone()));
    for history in [&sorted, &taken_up] {
        assert_eq!(history.counts, wanted.counts);
        assert_eq!(history.costs(FeatureIndex(0)), wanted.costs(FeatureIndex(0)));
        assert_eq!((history.span, &history.unread), (wanted.span, &names(&["note"])));
        assert_eq!(replay(history), replay(&wanted));
    }
    // Read in another way, it is another.
    let scaled = HistorySpec { replay: Replay { scale: 2.0, ..Replay::default() }, ..spec(&path) };
    assert!(matches!(prepare(&scaled).expect("a disk").1, KeptAs::Sorted(other, None) if other != folder));
    // A file that has changed is another; one that was damaged is refused and sorted anew.
    std::fs::write(&path, "time,org,feature,units,note\n2025-01-02,a,chat,1,x\n").expect("a disk");
    let (changed, how) = prepare(&spec(&path)).expect("a disk");
    assert_eq!(changed.counts.rows, 1);
    let KeptAs::Sorted(folder, None) = how else { panic!("{how:?}") };
    std::fs::write(folder.join("part-000.records"), "short").expect("a disk");
    let (_, how) = prepare(&spec(&path)).expect("a disk");
    let KeptAs::Sorted(_, Some(why)) = how else { panic!("{how:?}") };
    assert!(why.contains("`part-000.records` should have 64 bytes"), "{why}");
    assert!(matches!(prepare(&spec(&path)).expect("a disk").1, KeptAs::TakenUp(_)));
    // A bad file leaves nothing.
    std::fs::write(&path, "time,org,feature,units,note\nsoon,a,chat,1,x\n").expect("a disk");
    let before = std::fs::read_dir(&shelf).expect("a folder").count();
    prepare(&spec(&path)).expect_err("it is bad");
    assert_eq!(std::fs::read_dir(&shelf).expect("a folder").count(), before);
}
