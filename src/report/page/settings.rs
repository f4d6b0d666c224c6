//! What was compared: the settings of every policy, where they differ first.

use crate::scenario::{PolicySetting, SettingValue};

use super::super::table::Tone;
use super::{PageBlock, PageCell, PageHead, PageSection, PageTable};

/// The section of settings. Those in which no policy differs from the baseline are folded.
#[must_use]
pub fn settings_section(settings: &[PolicySetting], policies: &[String], baseline: usize) -> PageSection {
    let differs =
        |row: &&PolicySetting| row.values.iter().any(|value| value.text() != row.values[baseline].text());
    let (apart, alike): (Vec<&PolicySetting>, Vec<&PolicySetting>) = settings.iter().partition(differs);
    let mut blocks = Vec::new();
    if !apart.is_empty() {
        let note = format!(
            "marked: not as `{}`, the baseline; faint: a default that nobody wrote; keys: docs/scenario-format.md",
            policies[baseline]
        );
        let mut table = table("Where policies differ", &apart, policies, baseline);
        table.notes.push(note);
        blocks.extend(table.narrow(2).into_iter().map(PageBlock::Table));
    }
    if !alike.is_empty() {
        let one = policies.len() == 1;
        let summary = match (alike.len(), one) {
            (1, false) => "1 setting is the same in every policy".to_owned(),
            (1, true) => "1 setting".to_owned(),
            (count, false) => format!("{count} settings are the same in every policy"),
            (count, true) => format!("{count} settings"),
        };
        let same = [String::from("value")];
        let rows: Vec<PolicySetting> = alike
            .iter()
            .map(|row| PolicySetting { key: row.key.clone(), values: vec![row.values[baseline].clone()] })
            .collect();
        let rows: Vec<&PolicySetting> = rows.iter().collect();
        let caption =
            if one { format!("Settings of {}", policies[0]) } else { "The same in every policy".to_owned() };
        let inside = vec![PageBlock::Table(table(&caption, &rows, &same, 0))];
        blocks.push(PageBlock::Folded { summary, open: apart.is_empty(), blocks: inside });
    }
    PageSection::new("settings", "Settings", blocks)
}

/// Keys as rows; the baseline is the first policy.
fn table(caption: &str, settings: &[&PolicySetting], policies: &[String], baseline: usize) -> PageTable {
    let others = (0..policies.len()).filter(|&policy| policy != baseline);
    let order: Vec<usize> = std::iter::once(baseline).chain(others).collect();
    let head = |&policy: &usize| {
        let note = if policy == baseline && policies.len() > 1 { "\n(baseline)" } else { "" };
        PageHead { label: format!("{}{note}", policies[policy]), right: false }
    };
    let row = |row: &&PolicySetting| {
        let cell = |&policy: &usize| cell(&row.values[policy], &row.values[baseline]);
        std::iter::once(PageCell::text(&row.key)).chain(order.iter().map(cell)).collect()
    };
    PageTable {
        caption: caption.to_owned(),
        heads: std::iter::once(PageHead { label: "key".to_owned(), right: false })
            .chain(order.iter().map(head))
            .collect(),
        rows: settings.iter().map(row).collect(),
        notes: Vec::new(),
    }
}

fn cell(own: &SettingValue, base: &SettingValue) -> PageCell {
    let differs = own.text() != base.text();
    let text = match own {
        SettingValue::Absent if differs => "not set",
        own => own.text(),
    };
    let tone = if matches!(own, SettingValue::Written(_)) { Tone::Plain } else { Tone::Faint };
    PageCell { differs, tone, ..PageCell::text(text) }
}
