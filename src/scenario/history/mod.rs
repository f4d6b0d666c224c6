//! Reads `[histories.NAME]`: a file of past usage and how its columns are read. The keys stand in `keys`.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::units::{FeatureIndex, SimSpan};
use crate::workload::formula::Formula;
use crate::workload::{
    BucketLength, Buckets, Columns, Demand, Duplicates, DurationColumn, FeatureMap, GroupMap, HistoryError,
    HistoryProblems, HistorySpec, Mapping, OtherFeatures, OtherGroups, Replay, RowCost, RowKinds, Shift,
    StatusColumn, check_history, mapping,
};

mod keys;

use super::base::Base;
use super::facts::Facts;
use super::reading::{Item, Node, Problem, Section, TomlValue};
use super::sandbox;

pub(crate) use keys::HISTORY;
use keys::{BUCKETS, DURATION, KINDS, SHIFT, STATUS, mappings};

/// Reads a history.
pub(super) fn read(section: Section<'_>, name: &str, facts: Facts<'_>) -> HistorySpec {
    let known = section
        .read("mapping", |item| item.as_text().and_then(mapping).or_else(|| item.fail_words(mappings())));
    let (path, bundled) = file(section, facts.base);
    let duplicates = known.as_ref().map_or(Duplicates::Keep, |known| known.duplicates);
    let duplicates =
        if section.has("duplicates") { section.value("duplicates", Item::word) } else { duplicates };
    let buckets = section.read("buckets", buckets);
    HistorySpec {
        rates: Vec::new(),
        name: name.to_owned(),
        mapping: section.get("mapping").and_then(|item| item.as_text()).map(str::to_owned),
        path,
        bundled,
        most_text: facts.base.is_enclosed().then_some(sandbox::TEXT_BYTES),
        format: section.value("format", Item::word),
        columns: columns(section, known.as_ref(), facts),
        cost: cost(section, known.as_ref()),
        features: features(section, facts),
        groups: groups(section, facts),
        kinds: section.read("kinds", kinds).or_else(|| known.as_ref().and_then(|known| known.kinds.clone())),
        buckets: buckets.or_else(|| known.and_then(|known| known.buckets)),
        sizeless: section.value("sizeless", Item::word),
        duplicates,
        zone: section.value("time_zone", Item::zone),
        replay: replay(section, facts),
        accounts: None,
        only: section.value("only", |item| item.list(Item::text)),
        merge_into: section.read("merge_into", Item::count),
    }
}

/// Opens the file and reports what is wrong with its header or first row.
pub(super) fn check(item: Item<'_>, spec: &HistorySpec, demands: &[&Demand]) {
    if spec.path.as_os_str().is_empty() && spec.bundled.is_none() {
        return;
    }
    if let Err(problems) = check_history(spec, demands) {
        tell(item, problems, "be replayed");
    }
}

/// Reports what is wrong with a file that cannot be replayed, or whatever is `wanted` of it.
pub(super) fn tell(item: Item<'_>, problems: HistoryProblems, wanted: &str) {
    let rest = problems.rest();
    for error in problems.told {
        match error {
            HistoryError::World { ref path, ref source } if source.kind() == ErrorKind::NotFound => {
                let what = format!("cannot {wanted}: there is no file `{}`", path.display());
                let hint = "`file` is relative to the folder of the scenario, not to where the command runs";
                item.error::<()>(what, Some(hint.to_owned()));
            }
            HistoryError::World { .. } | HistoryError::Stopped { .. } => {
                item.error::<()>(format!("cannot {wanted}: {error}"), None);
            }
            HistoryError::Row { path, line, column, what, wanted, hint } => {
                let line = usize::try_from(line).unwrap_or(usize::MAX);
                let problem = Problem::of_file(&path.display().to_string(), line, what);
                let key = column.map(String::from).unwrap_or_default();
                item.reader.report(Problem { key, wanted: wanted.map(String::from), hint, ..problem });
            }
        }
    }
    if let Some(rest) = rest {
        item.error::<()>(format!("cannot {wanted}: {rest}"), None);
    }
}

fn file(section: Section<'_>, base: &Base) -> (PathBuf, Option<&'static [u8]>) {
    let Some(file) = section.read("file", Item::text) else { return (PathBuf::new(), None) };
    base.find(&file).unwrap_or_else(|(what, hint)| {
        section.error("file", what, Some(hint));
        (PathBuf::new(), None)
    })
}

fn columns(section: Section<'_>, known: Option<&Mapping>, facts: Facts<'_>) -> Columns {
    let mut columns = known.map(|known| known.columns.clone()).unwrap_or_default();
    let names = |key: &str, columns: &mut Vec<String>| {
        if let Some(names) = section.read(key, |item| item.one_or_many(Item::text)) {
            *columns = names;
        }
    };
    names("time", &mut columns.time);
    names("end", &mut columns.end);
    names("organization", &mut columns.organization);
    names("feature", &mut columns.feature);
    names("member", &mut columns.member);
    names("group", &mut columns.group);
    names("project", &mut columns.project);
    if facts.groups.is_empty() && !section.has("group") {
        // Nothing of the scenario asks for the groups that an export happens to name.
        columns.group.clear();
    }
    names("id", &mut columns.id);
    names("unit", &mut columns.unit);
    if columns.time.is_empty() {
        columns.time = vec!["timestamp".to_owned()];
    }
    columns.duration = section.read("duration", duration).or(columns.duration);
    columns.status = section.read("status", status).or(columns.status);
    columns
}

fn duration(item: Item<'_>) -> Option<DurationColumn> {
    if !item.is_table() {
        return item.text().map(|column| DurationColumn { column, unit: SimSpan::from_seconds(1) });
    }
    let section = item.section(&DURATION)?;
    Some(DurationColumn {
        column: section.read("column", Item::text)?,
        unit: section.read("unit", Item::span)?,
    })
}

fn status(item: Item<'_>) -> Option<StatusColumn> {
    if !item.is_table() {
        let columns = item.one_or_many(Item::text)?;
        return Some(StatusColumn { columns, usual_words: true, ..StatusColumn::default() });
    }
    let section = item.section(&STATUS)?;
    let words = |key: &str| section.value(key, |item| item.list(Item::text));
    Some(StatusColumn {
        columns: section.read("column", |item| item.one_or_many(Item::text))?,
        failed: words("failed"),
        cancelled: words("cancelled"),
        usual_words: !section.has("failed") && !section.has("cancelled"),
    })
}

fn kinds(item: Item<'_>) -> Option<RowKinds> {
    let section = item.section(&KINDS)?;
    Some(RowKinds {
        columns: section.read("column", |item| item.one_or_many(Item::text))?,
        usage: section.read("usage", |item| item.list(Item::text))?,
    })
}

fn buckets(item: Item<'_>) -> Option<Buckets> {
    let section = item.section(&BUCKETS)?;
    if !section.has("length") && !section.has("end") {
        section.error(
            "length",
            "is missing",
            Some("say how long a bucket is, or which column tells its `end`"),
        );
    }
    Some(Buckets {
        length: section.read("length", bucket_length).unwrap_or(BucketLength::Told),
        end: section.value("end", |item| item.one_or_many(Item::text)),
        requests: section.read("requests", Item::text),
    })
}

fn bucket_length(item: Item<'_>) -> Option<BucketLength> {
    if item.is_word("as found") { Some(BucketLength::AsFound) } else { item.span().map(BucketLength::Is) }
}

fn cost(section: Section<'_>, known: Option<&Mapping>) -> RowCost {
    let mut optional: Vec<String> = section.value("optional", |item| item.list(Item::text));
    if let Some(item) = section.get("cost") {
        if section.has("quantities") {
            section.error("quantities", "stands beside `cost`", Some("keep one of the two"));
        }
        return if item.is_word("drawn") { RowCost::Drawn } else { formula(item, optional) };
    }
    if let Some(entries) = section.get("quantities").and_then(Item::entries) {
        let quantity = |(name, item): (&str, Item<'_>)| Some((name.to_owned(), item.text()?));
        let mut quantities: Vec<_> = entries.into_iter().filter_map(quantity).collect();
        for (name, column) in known.iter().flat_map(|known| &known.quantities) {
            if !quantities.iter().any(|(written, _)| written == name) {
                optional.push(name.clone());
                quantities.push((name.clone(), column.clone()));
            }
        }
        return RowCost::OfFeature { quantities, optional };
    }
    match known {
        Some(known) => {
            // Exports leave cells empty where there was nothing, and lack columns that their plan does not have.
            optional.extend(known.quantities.iter().map(|(name, _)| name.clone()));
            RowCost::OfFeature { quantities: known.quantities.clone(), optional }
        }
        None => {
            let hint = "a formula over columns, such as `cost = \"tokens_in * 0.003\"` or `cost = \"1\"`; or `quantities`";
            section.error("cost", "is missing", Some(hint));
            RowCost::One
        }
    }
}

fn formula(item: Item<'_>, optional: Vec<String>) -> RowCost {
    let Some(text) = item.text() else { return RowCost::One };
    let columns = Formula::names_in(&text);
    match Formula::compile(&text, &columns) {
        Ok(formula) => RowCost::Columns { formula, columns, optional },
        Err(error) => {
            item.error::<()>(format!("is no formula: {error}"), None);
            RowCost::One
        }
    }
}

/// The map of feature values: what the scenario writes, then the names of its features.
fn features(section: Section<'_>, facts: Facts<'_>) -> FeatureMap {
    let names = || facts.features.iter().map(String::as_str);
    let index = |item: Item<'_>| item.name_of("feature", names()).map(|index| FeatureIndex(index as u16));
    let mut map = Vec::new();
    for (value, item) in section.get("features").and_then(Item::entries).unwrap_or_default() {
        map.extend(index(item).map(|feature| (value.to_owned(), feature)));
    }
    for (number, name) in names().enumerate() {
        if !map.iter().any(|(value, _)| value == name) {
            map.push((name.to_owned(), FeatureIndex(number as u16)));
        }
    }
    let only_one =
        (facts.features.len() == 1 && !section.has("feature")).then_some(OtherFeatures::Are(FeatureIndex(0)));
    let other = section.read("other_features", |item| match item.as_text() {
        Some("refuse") => Some(OtherFeatures::Refuse),
        Some("skip") => Some(OtherFeatures::Skip),
        _ => index(item).map(OtherFeatures::Are),
    });
    FeatureMap { map, other: other.or(only_one).unwrap_or_default() }
}

/// Names of groups that a history declares, each as often as it does; nothing is checked here.
pub(super) fn declared_groups(history: &Node) -> Vec<String> {
    let text = |node: &Node| match &node.value {
        TomlValue::Text(text) => Some(text.clone()),
        _ => None,
    };
    let written = |key: &str| history.as_table().and_then(|table| table.get(key));
    match written("groups").map(|node| &node.value) {
        Some(TomlValue::List(names)) => names.iter().filter_map(text).collect(),
        Some(TomlValue::Table(map)) => map.entries.iter().filter_map(|(_, node)| text(node)).collect(),
        _ => Vec::new(),
    }
}

/// Every group of the scenario by its name.
pub(super) fn groups_by_name(facts: Facts<'_>) -> GroupMap {
    let map = facts.groups.iter().zip(0..).map(|(name, number)| (name.clone(), number)).collect();
    GroupMap { map, other: OtherGroups::default() }
}

/// The map of group values: what the scenario writes, then the names of its groups.
pub(super) fn groups(section: Section<'_>, facts: Facts<'_>) -> GroupMap {
    let names = || facts.groups.iter().map(String::as_str);
    let index = |item: Item<'_>| item.name_of("group", names()).map(|index| index as u16);
    let mut map = Vec::new();
    let written = section.get("groups").filter(|item| item.is_table()).and_then(Item::entries);
    for (value, item) in written.unwrap_or_default() {
        map.extend(index(item).map(|group| (value.to_owned(), group)));
    }
    for (number, name) in names().enumerate() {
        if !map.iter().any(|(value, _)| value == name) {
            map.push((name.to_owned(), number as u16));
        }
    }
    let other = section.read("other_groups", |item| match item.as_text() {
        Some("refuse") => Some(OtherGroups::Refuse),
        Some("none") => Some(OtherGroups::None),
        _ => index(item).map(OtherGroups::Are),
    });
    GroupMap { map, other: other.unwrap_or_default() }
}

fn replay(section: Section<'_>, facts: Facts<'_>) -> Replay {
    let one = |item: Item<'_>| item.number();
    Replay {
        shift: section.value("shift", |item| shift(item, facts)),
        thin: section.read("thin", Item::probability).map_or(1.0, |share| share.get()),
        scale: section.read_or("scale", 1.0, one),
        repeat: section.read_or("repeat", 1, Item::count),
        repeat_every: section.read("repeat_every", Item::span),
    }
}

fn shift(item: Item<'_>, facts: Facts<'_>) -> Option<Shift> {
    match item.as_text() {
        Some("to start") => return Some(Shift::To(facts.start)),
        Some("to week") => return Some(Shift::ToWeek(facts.start)),
        Some(_) => return item.fail_words(vec!["to start", "to week"]),
        None => {}
    }
    let section = item.section(&SHIFT)?;
    let (tag, value) = section.tag()?;
    Some(match tag {
        "later" => Shift::By(value.span()?),
        "earlier" => Shift::By(SimSpan::from_micros(-value.span()?.micros())),
        "to" => Shift::To(value.instant()?),
        "to_week" => Shift::ToWeek(value.instant()?),
        tag => return section.unread_tag(tag),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Problem, Scenario, ScenarioSource, read};
    use crate::workload::MAPPINGS;

    fn scenario(folder: &std::path::Path, history: &str, features: &str) -> Result<Scenario, Vec<Problem>> {
        let csv = "timestamp,org,kind,units,ms\n2025-01-01T00:00:00Z,a,chat,3,20\n";
        std::fs::write(folder.join("usage.csv"), csv).expect("a disk");
        let head =
            "start = 2025-01-01\nhorizon = \"30 days\"\n[[cohorts]]\nname = \"past\"\nhistory = \"log\"\n";
        let text = format!(
            "{head}[histories.log]\n{history}\n{features}\n[policies.a]\n[policies.b]\nadmission = \"none\"\n"
        );
        let path = folder.join("replay.toml");
        std::fs::write(&path, text).expect("a disk");
        ScenarioSource::from_path(&path).map_err(|problem| vec![problem]).and_then(|source| read(&source))
    }

    const FEATURES: &str = "[features.chat]\n[features.image]";

    #[test]
    fn histories_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = r#"
            file = "usage.csv"
            organization = ["team", "org"]
            feature = "kind"
            features = { txt_2_img = "image" }
            other_features = "skip"
            cost = "units * 2"
            duration = { column = "ms", unit = "1 ms" }
            shift = "to start"
            thin = "50%"
            duplicates = "drop""#;
        let scenario =
            scenario(folder.path(), history, FEATURES).unwrap_or_else(|problems| panic!("{problems:?}"));
        let spec = &scenario.histories[0];
        assert_eq!(scenario.cohorts[0].history, Some(0));
        assert_eq!((spec.columns.time.len(), spec.columns.organization.len()), (1, 2));
        let map = [("txt_2_img", 1), ("chat", 0), ("image", 1)];
        assert_eq!(spec.features.map, map.map(|(value, index)| (value.to_owned(), FeatureIndex(index))));
        assert_eq!((spec.features.other, spec.duplicates), (OtherFeatures::Skip, Duplicates::Drop));
        assert_eq!((spec.replay.shift, spec.replay.thin), (Shift::To(scenario.start), 0.5));
        assert!(spec.path.ends_with("usage.csv"));
    }

    #[test]
    fn mistakes_are_found_before_the_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |history: &str, wanted: &str| {
            let problems = scenario(folder.path(), history, FEATURES).map(|_| ()).expect_err(wanted);
            let text = problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
            assert!(text.contains(wanted), "`{wanted}` is not in:\n{text}");
        };
        check("cost = \"1\"", "`histories.log.file` is missing");
        check("file = \"usage.csv\"", "`histories.log.cost` is missing");
        check("file = \"missing.csv\"\ncost = \"1\"", "missing.csv");
        check("file = \"usage.csv\"\ncost = \"unit * 2\"", "did you mean `units`?");
        check("file = \"usage.csv\"\ncost = \"1\"\norganization = \"tenant\"", "has no column `tenant`");
        check("file = \"usage.csv\"\ncost = \"1\"\nfeature = \"org\"", "`org` is `a`, which is no feature");
        check("file = \"usage.csv\"\ncost = \"1\"\nmapping = \"litelm\"", "did you mean \"litellm\"?");
        check("file = \"usage.csv\"\ncost = \"1 +\"", "is no formula");
    }

    #[test]
    fn every_mapping_reads() {
        for name in MAPPINGS {
            let known = mapping(name).expect(name);
            assert!(!known.columns.time.is_empty() && !known.quantities.is_empty(), "{name}");
        }
    }
}
