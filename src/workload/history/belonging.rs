//! Where a row belongs: its feature, the person who asks, that person's group, the project.
//!
//! Owns names and what they stand for; leaves the rest of a row to `clean`. Invariant: names that stand for nothing are told, all of a
//! column together.

use crate::sampling::{hash_name, mix};
use crate::units::FeatureIndex;

use super::clean::{Cleaner, first_cell};
use super::error::{GatheredProblems, HistoryError};
use super::record::RowPlacing;
use super::spec::{OtherFeatures, OtherGroups};
use super::table::HistoryTable;

/// Whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowOwner {
    Of(FeatureIndex),
    LeftOut,
    Unknown,
}

impl Cleaner<'_> {
    pub fn feature(&mut self, table: &HistoryTable) -> RowOwner {
        let map = &self.spec.features;
        let value = first_cell(table, &self.roles.feature).unwrap_or("");
        let of =
            |wanted: &str| map.map.iter().find(|(known, _)| known == wanted).map(|(_, feature)| *feature);
        // Most scenarios name no unit, and then nothing is put together for each row.
        let names_units = map.map.iter().any(|(known, _)| known.ends_with(']'));
        let unit = first_cell(table, &self.roles.unit).filter(|_| names_units);
        let both = unit.and_then(|unit| of(&format!("{value} [{unit}]")));
        let found = both.or_else(|| of(value)).or_else(|| unit.and_then(|unit| of(&format!("[{unit}]"))));
        if let Some(feature) = found {
            return RowOwner::Of(feature);
        }
        match map.other {
            OtherFeatures::Are(feature) => RowOwner::Of(feature),
            OtherFeatures::Skip => RowOwner::LeftOut,
            OtherFeatures::Refuse => {
                self.strangers.add(value, table.line);
                RowOwner::Unknown
            }
        }
    }

    /// Who asks; the group itself, where a row names one and nobody.
    pub fn member(&self, table: &HistoryTable) -> Option<u64> {
        let of_group = || first_cell(table, &self.roles.group).map(|group| mix(hash_name(group)));
        first_cell(table, &self.roles.member).map(hash_name).or_else(of_group)
    }

    /// Where the row belongs inside its organization, if the file says that of any.
    pub fn placing(&mut self, table: &HistoryTable) -> Option<RowPlacing> {
        if !self.spec.columns.place_rows() {
            return None;
        }
        let group = first_cell(table, &self.roles.group).and_then(|value| {
            let known = self.spec.groups.map.iter().find(|(known, _)| known == value);
            match (known, self.spec.groups.other) {
                (Some(&(_, group)), _) | (None, OtherGroups::Are(group)) => Some(group),
                (None, OtherGroups::None) => None,
                (None, OtherGroups::Refuse) => {
                    self.outsiders.add(value, table.line);
                    None
                }
            }
        });
        // What is for no project is one project of its own.
        let project = match self.roles.project.as_slice() {
            [] => 0,
            columns => hash_name(first_cell(table, columns).unwrap_or("")).max(1),
        };
        Some(RowPlacing { group, project })
    }

    /// Tells the values of the columns of features and groups that are none, all of a column in one.
    pub fn tell_strangers(&self, problems: &mut GatheredProblems) {
        self.tell_outsiders(problems);
        let Some((line, values, are)) = self.strangers.words("feature") else { return };
        let known: Vec<&str> = self.spec.features.map.iter().map(|(value, _)| value.as_str()).collect();
        let hint = format!(
            "known are: {}; write `features = {{ {} }}`, or `other_features = \"skip\"` or the name of a feature",
            known.join(", "),
            self.strangers.entries("FEATURE")
        );
        let error = match self.roles.feature.first() {
            Some(column) => HistoryError::row(&self.spec.path, line, format!("is {values}, which {are}"))
                .in_column(&self.names[*column]),
            None => HistoryError::row(&self.spec.path, line, "has no feature, for no column tells it"),
        };
        problems.add(error.with_hint(hint));
    }

    fn tell_outsiders(&self, problems: &mut GatheredProblems) {
        let Some((line, values, are)) = self.outsiders.words("group") else { return };
        let Some(column) = self.roles.group.first() else { return };
        let known: Vec<&str> = self.spec.groups.map.iter().map(|(value, _)| value.as_str()).collect();
        let known = if known.is_empty() {
            "there are none".to_owned()
        } else {
            format!("known are: {}", known.join(", "))
        };
        let hint = format!(
            "{known}; write `groups = {{ {} }}`, or `other_groups = \"none\"` or the name of a group",
            self.outsiders.entries("GROUP")
        );
        let error = HistoryError::row(&self.spec.path, line, format!("is {values}, which {are}"));
        problems.add(error.in_column(&self.names[*column]).with_hint(hint));
    }
}
