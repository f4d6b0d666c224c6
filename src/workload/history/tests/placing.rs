//! Whose rows are inside an organization: people, their groups, projects.

use super::*;
use crate::sampling::StreamKey;
use crate::units::NO_MEMBER;

const ROWS: &str = "time,org,feature,units,who,centre,repo\n\
    2025-01-05T00:00:00Z,a,image,1,ann,law,r1\n\
    2025-01-02T00:00:00Z,a,chat,2,ann,R&D,r1\n\
    2025-01-03T00:00:00Z,a,chat,3,bob,,r2\n\
    2025-01-04T00:00:00Z,a,chat,4,,law,\n\
    2025-01-06T00:00:00Z,a,chat,5,,,r2\n\
    2025-01-02T00:00:00Z,b,chat,6,ann,law,r9\n";

/// Groups are 0 `engineering` and 1 `law`.
fn placed(path: &Path) -> HistorySpec {
    let plain = spec(path);
    HistorySpec {
        columns: Columns {
            member: names(&["who"]),
            group: names(&["centre"]),
            project: names(&["repo"]),
            ..plain.columns.clone()
        },
        groups: GroupMap {
            map: vec![("R&D".to_owned(), 0), ("engineering".to_owned(), 0), ("law".to_owned(), 1)],
            other: OtherGroups::Refuse,
        },
        ..plain
    }
}

#[test]
fn people_are_in_the_last_group_that_rows_name() {
    let world = HistoryTestWorld::new();
    let history = world.good(&placed(&world.file("usage.csv", ROWS)));
    assert_eq!(history.counts.regrouped, 1, "Ann of the first organization");
    let cohort = StreamKey::cohort(1, 0, "usage");
    let organizations: Vec<_> =
        history.blocks().flat_map(|block| history.open(block).expect("a disk")).collect();
    let of = |label: &str| organizations.iter().find(|found| found.label() == label).expect("it is there");
    let population = Population { groups: vec![(0, 1.0)], ..Population::default() };
    let traits = of("a").traits(&population, of("a").point(cohort));
    // Ann, Bob, and one person who asks for what only the centre `law` is named with.
    assert_eq!((traits.members.len(), traits.projects), (3, 3), "{traits:?}");
    let operations = replay(&history);
    let by_cost = |credits: i64| {
        let found = operations.iter().find(|(_, operation)| operation.cost == Credits::from_whole(credits));
        found.expect("it is there").1
    };
    let group = |operation: Operation| traits.members[usize::from(operation.member)].group;
    assert_eq!(by_cost(1).member, by_cost(2).member);
    assert_eq!(group(by_cost(1)), Some(1), "the later row counts, though its feature comes first or last");
    assert_eq!(group(by_cost(3)), Some(0), "no row says it: drawn as the cohort says");
    assert_eq!(group(by_cost(4)), Some(1));
    assert_eq!(by_cost(5).member, NO_MEMBER);
    assert_eq!((by_cost(1).project, by_cost(3).project), (by_cost(2).project, by_cost(5).project));
    let projects: std::collections::BTreeSet<u16> = [1, 3, 4].map(|credits| by_cost(credits).project).into();
    assert_eq!(projects.len(), 3, "what is for no project is one of its own");
    let other = of("b").traits(&Population::default(), of("b").point(cohort));
    assert_eq!((other.members.len(), other.projects, other.members[0].group), (1, 1, Some(1)));
}

#[test]
fn values_that_are_no_groups_are_told_together() {
    let world = HistoryTestWorld::new();
    let rows =
        format!("{ROWS}2025-01-02T00:00:00Z,b,chat,6,ann,sales,\n2025-01-02T00:00:00Z,b,chat,6,ann,it,\n");
    let mut spec = placed(&world.file("usage.csv", &rows));
    let told = world.prepare(&spec).map(|_| ()).expect_err("no groups").to_string();
    let wanted = "usage.csv:8`: `centre` is `it`, `sales`, which are no groups\nhint: known are: R&D, engineering, law; \
                  write `groups = { \"it\" = \"GROUP\", \"sales\" = \"GROUP\" }`, or `other_groups = \"none\"` or the name of a group";
    assert!(told.contains(wanted), "{told}");
    spec.groups.other = OtherGroups::None;
    assert_eq!(world.good(&spec).counts.regrouped, 1);
    spec.groups.other = OtherGroups::Are(0);
    assert_eq!(world.good(&spec).counts.regrouped, 2, "Ann of the second organization too");
    spec.columns.group = names(&["center"]);
    let told = world.prepare(&spec).map(|_| ()).expect_err("no column").to_string();
    assert!(told.contains("has no column `center`") && told.contains("did you mean `centre`?"), "{told}");
}
