//! One table, four forms: text for a terminal, CSV, Markdown, JSON.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement};
use serde_json::{Map, Value, json};

use crate::units::{is_unsafe, visible, visible_lines};

use super::cell::Records;
use super::number;

/// Columns that a terminal is assumed to have.
const WIDTH: u16 = 100;

/// A form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For a terminal, 100 columns wide at most.
    #[default]
    Text,
    /// With full precision.
    Csv,
    /// For documents.
    Markdown,
    /// An object a table, an object a row, with full precision.
    Json,
}

/// A titled table with notes below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Heads of the columns.
    pub columns: Vec<Column>,
    /// Rows as long as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences below it, for people only.
    pub notes: Vec<String>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in files, one word.
    pub name: String,
    /// Its head for people, if it differs; may have several lines.
    pub heading: Option<String>,
    /// Numbers stand to the right.
    pub right: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A number, and how it is written for people.
    Number {
        /// The number in full.
        value: f64,
        /// For people, with its uncertainty.
        text: String,
    },
    /// A value that does not apply.
    Absent,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(name: &str) -> Self {
        Column { name: name.to_owned(), heading: None, right: false }
    }

    /// A column of numbers.
    #[must_use]
    pub fn numbers(name: &str) -> Self {
        Column { name: name.to_owned(), heading: None, right: true }
    }

    /// Another head for people.
    #[must_use]
    pub fn headed(mut self, heading: String) -> Self {
        self.heading = Some(heading);
        self
    }

    pub(super) fn shown(&self) -> &str {
        self.heading.as_deref().unwrap_or(&self.name)
    }
}

impl Cell {
    /// A word.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }

    /// A number with four digits for people; absent values stay so.
    #[must_use]
    pub fn number(value: impl Into<Option<f64>>) -> Self {
        value.into().map_or(Cell::Absent, |value| Cell::Number { value, text: number::short(value) })
    }

    pub(super) fn shown(&self) -> &str {
        match self {
            Cell::Text(text) | Cell::Number { text, .. } => text,
            Cell::Absent => "n/a",
        }
    }

    fn exact(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number { value, .. } => number::exact(*value),
            Cell::Absent => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Cell::Text(text) => json!(text),
            Cell::Number { value, .. } => json!(value),
            Cell::Absent => Value::Null,
        }
    }
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(title: impl Into<String>, columns: Vec<Column>) -> Self {
        Table { title: title.into(), columns, ..Table::default() }
    }

    /// In the form asked for, ending in a newline.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => self.to_text(),
            Format::Csv => self.to_csv(),
            Format::Markdown => self.to_markdown(),
            Format::Json => pretty(&self.to_json()),
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut grid = comfy_table::Table::new();
        grid.load_style(comfy_table::presets::NOTHING);
        grid.set_width(WIDTH).set_content_arrangement(ContentArrangement::Dynamic);
        // A first column without a head of its own lends the place to the title.
        let title_in_head = self.columns.first().is_some_and(|column| column.shown().is_empty());
        let mut heads: Vec<Cow<'_, str>> =
            self.columns.iter().map(|column| visible_lines(column.shown())).collect();
        let title = visible(&self.title);
        if let Some(first) = heads.first_mut().filter(|_| title_in_head) {
            first.clone_from(&title);
        }
        grid.set_header(heads);
        grid.add_rows(
            self.rows.iter().map(|row| row.iter().map(|cell| visible(cell.shown())).collect::<Vec<_>>()),
        );
        for (column, head) in grid.column_iter_mut().zip(&self.columns) {
            column.set_padding((0, 2));
            column.set_cell_alignment(if head.right { CellAlignment::Right } else { CellAlignment::Left });
        }
        let lines: Vec<String> = grid.lines().map(|line| line.trim_end().to_owned()).collect();
        let rule = "─".repeat(lines.iter().map(|line| line.chars().count()).max().unwrap_or(0));
        let head_lines = self.columns.iter().map(|column| column.shown().lines().count()).max().unwrap_or(1);
        let mut out = if title_in_head { String::new() } else { titled(&title, &rule) };
        for (index, line) in lines.iter().enumerate() {
            if index == head_lines {
                out.push_str(&format!("{rule}\n"));
            }
            out.push_str(&format!("{line}\n"));
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        self.notes.iter().for_each(|note| out.push_str(&format!("{}\n", visible_lines(note))));
        out
    }

    /// With full precision and one line of names.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = Vec::new();
        let names = self.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::exact).collect::<Vec<_>>());
        let mut records = Records::new(&mut out);
        for record in std::iter::once(names).chain(rows) {
            records.write(&record).expect("rows are as long as there are columns, and memory does not fail");
        }
        records.flush().expect("memory does not fail");
        drop(records);
        String::from_utf8(out).expect("cells are UTF-8")
    }

    /// For documents.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        // A browser must find no tag in a name.
        let inline = |text: &str| visible_lines(text).replace('<', "&lt;");
        let escaped = |text: &str| inline(&text.replace('\n', " ")).replace('|', "\\|").trim().to_owned();
        let mut out =
            if self.title.is_empty() { String::new() } else { format!("### {}\n\n", inline(&self.title)) };
        out += &line(self.columns.iter().map(|column| escaped(column.shown())).collect());
        out += &line(
            self.columns.iter().map(|column| if column.right { "--:" } else { ":--" }.to_owned()).collect(),
        );
        for row in &self.rows {
            out += &line(row.iter().map(|cell| escaped(cell.shown())).collect());
        }
        self.notes.iter().for_each(|note| out.push_str(&format!("\n{}\n", inline(note))));
        out
    }

    /// An object with a title and rows.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let row = |cells: &Vec<Cell>| {
            let fields =
                self.columns.iter().zip(cells).map(|(column, cell)| (column.name.clone(), cell.json()));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        json!({ "title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

/// JSON for people and programs, ending in a newline. What a terminal would take for more than text is escaped as JSON
/// does it.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    for c in format!("{value:#}\n").chars() {
        if is_unsafe(c) && c != '\n' {
            // All of them are below U+10000.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

fn titled(title: &str, rule: &str) -> String {
    if title.is_empty() { String::new() } else { format!("{title}\n{rule}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specimen() -> Table {
        let columns = vec![
            Column::words("policy"),
            Column::numbers("loss_rate").headed("loss_\nrate %".to_owned()),
            Column::numbers("cash_money"),
        ];
        let mut table = Table::new("Service", columns);
        let loss = Cell::Number { value: 0.043_21, text: "4.32 ±0.12".to_owned() };
        table.rows.push(vec![Cell::text("block, hard"), loss, Cell::number(12_345.678)]);
        table.rows.push(vec![Cell::text("hold|soft"), Cell::number(0.0), Cell::Absent]);
        table.notes.push("± is a 95 % interval.".to_owned());
        table
    }

    #[test]
    fn one_table_reads_well_in_every_form() {
        let table = specimen();
        assert_eq!(
            table.to_csv(),
            "policy,loss_rate,cash_money\n\"block, hard\",0.04321,12345.678\nhold|soft,0,\n"
        );
        let text = table.to_text();
        assert!(text.contains("block, hard  4.32 ±0.12      12,346"), "{text}");
        assert!(text.contains("n/a") && text.ends_with("± is a 95 % interval.\n"), "{text}");
        let markdown = table.to_markdown();
        assert!(
            markdown.contains("| policy | loss_ rate % | cash_money |\n| :-- | --: | --: |\n"),
            "{markdown}"
        );
        assert!(markdown.contains("| hold\\|soft | 0 | n/a |"), "{markdown}");
        assert_eq!(table.to_json()["rows"][1]["cash_money"], Value::Null);
    }

    #[test]
    fn text_stays_within_a_hundred_columns() {
        let mut table = specimen();
        table.rows[0][0] = Cell::text("a policy with a very long name ".repeat(6));
        assert!(
            table.to_text().lines().all(|line| line.chars().count() <= usize::from(WIDTH)),
            "{}",
            table.to_text()
        );
    }
}
