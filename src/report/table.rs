//! One table, four forms: text for a terminal, CSV, Markdown, JSON.

use serde_json::{Map, Value, json};

use crate::experiment::Estimate;
use crate::units::{is_unsafe, visible_lines};

use super::cell::Records;
use super::grid::draw_tables;
use super::look::Look;
use super::number;

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
    /// Left out of text that has no room for it.
    pub if_room: bool,
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
        /// For people.
        text: String,
    },
    /// A mean, or a difference of means, with the half-width of its interval, which files give a column of its own.
    Estimate {
        /// The mean in full.
        value: f64,
        /// The wider side of its interval in full, if it has one.
        half_width: Option<f64>,
        /// For people.
        text: String,
    },
    /// A word or a number whose last word is a verdict.
    Toned {
        /// The number in full, if it is one.
        value: Option<f64>,
        /// For people.
        text: String,
        /// What its last word means.
        tone: Tone,
    },
    /// A value that does not apply.
    Absent,
}

/// What a verdict means to its reader; a terminal shows it as a colour, and never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// No verdict.
    #[default]
    Plain,
    /// Better, passed, agrees.
    Good,
    /// Worse, failed, differs.
    Bad,
    /// Undecided, and that matters.
    Doubtful,
    /// A difference that is neither better nor worse.
    Notable,
    /// Nothing to see.
    Faint,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(name: &str) -> Self {
        Column { name: name.to_owned(), heading: None, right: false, if_room: false }
    }

    /// A column of numbers.
    #[must_use]
    pub fn numbers(name: &str) -> Self {
        Column { name: name.to_owned(), heading: None, right: true, if_room: false }
    }

    /// The same, left out of text that has no room for it.
    #[must_use]
    pub fn if_room(mut self) -> Self {
        self.if_room = true;
        self
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

    /// A mean with its half-width; people read both times `factor`.
    #[must_use]
    pub fn estimate(own: &Estimate, factor: f64) -> Self {
        let text = number::estimated(&own.scaled(factor));
        Cell::Estimate { value: own.mean, half_width: own.half_width, text }
    }

    /// A word or a number whose last word is a verdict.
    #[must_use]
    pub fn toned(value: impl Into<Option<f64>>, text: impl Into<String>, tone: Tone) -> Self {
        Cell::Toned { value: value.into(), text: text.into(), tone }
    }

    pub(super) fn tone(&self) -> Tone {
        match self {
            Cell::Toned { tone, .. } => *tone,
            _ => Tone::Plain,
        }
    }

    pub(super) fn shown(&self) -> &str {
        match self {
            Cell::Text(text)
            | Cell::Number { text, .. }
            | Cell::Estimate { text, .. }
            | Cell::Toned { text, .. } => text,
            Cell::Absent => "n/a",
        }
    }

    fn exact(&self) -> String {
        match self {
            Cell::Text(text) | Cell::Toned { value: None, text, .. } => text.clone(),
            Cell::Number { value, .. }
            | Cell::Estimate { value, .. }
            | Cell::Toned { value: Some(value), .. } => number::exact(*value),
            Cell::Absent => String::new(),
        }
    }

    fn half_width(&self) -> Option<f64> {
        match self {
            Cell::Estimate { half_width, .. } => *half_width,
            _ => None,
        }
    }

    fn json(&self) -> Value {
        match self {
            Cell::Text(text) | Cell::Toned { value: None, text, .. } => json!(text),
            Cell::Number { value, .. }
            | Cell::Estimate { value, .. }
            | Cell::Toned { value: Some(value), .. } => json!(value),
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

    /// As plain text of 100 columns, for files and pipes.
    #[must_use]
    pub fn to_text(&self) -> String {
        draw_tables(std::slice::from_ref(self), Look::PLAIN)
    }

    /// True if a column has means with intervals.
    fn has_estimates(&self, column: usize) -> bool {
        self.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Estimate { .. })))
    }

    /// With full precision and one line of names; a column of means is followed by one of half-widths.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = Vec::new();
        let estimated: Vec<bool> = (0..self.columns.len()).map(|column| self.has_estimates(column)).collect();
        let doubled = |index: usize, own: String, half: &dyn Fn() -> String| {
            std::iter::once(own).chain(estimated[index].then(half))
        };
        let heads = self.columns.iter().enumerate();
        let names: Vec<String> = heads
            .flat_map(|(index, Column { name, .. })| {
                doubled(index, name.clone(), &|| format!("{name}_half_width"))
            })
            .collect();
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().enumerate();
            cells
                .flat_map(|(index, cell)| {
                    doubled(index, cell.exact(), &|| number::exact_or_empty(cell.half_width()))
                })
                .collect()
        });
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
        let escaped = |text: &str| {
            inline(&text.replace("_\n", "_").replace('\n', " ")).replace('|', "\\|").trim().to_owned()
        };
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
        let estimated: Vec<bool> = (0..self.columns.len()).map(|column| self.has_estimates(column)).collect();
        let row = |cells: &Vec<Cell>| {
            let fields =
                self.columns.iter().zip(cells).zip(&estimated).flat_map(|((column, cell), estimated)| {
                    let half =
                        estimated.then(|| (format!("{}_half_width", column.name), json!(cell.half_width())));
                    std::iter::once((column.name.clone(), cell.json())).chain(half)
                });
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
        let loss =
            Cell::Estimate { value: 0.043_21, half_width: Some(0.001_2), text: "4.32 ±0.12".to_owned() };
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
            "policy,loss_rate,loss_rate_half_width,cash_money\n\"block, hard\",0.04321,0.0012,12345.678\n\
             hold|soft,0,,\n"
        );
        let text = table.to_text();
        assert!(text.contains("block, hard  4.32 ±0.12      12,346"), "{text}");
        assert!(text.contains("n/a") && text.ends_with("± is a 95 % interval.\n"), "{text}");
        let markdown = table.to_markdown();
        assert!(
            markdown.contains("| policy | loss_rate % | cash_money |\n| :-- | --: | --: |\n"),
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
            table.to_text().lines().all(|line| line.chars().count() <= Look::PLAIN.width),
            "{}",
            table.to_text()
        );
    }
}
