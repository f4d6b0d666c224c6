//! Tables as text: aligned columns, as many side by side as the screen holds, and never a broken word.
//!
//! Owns how tables are laid out and coloured. Leaves what they say to whoever made them. Invariants: no line is wider than
//! the look allows unless a single word is; colours change no column, so that the text without them is the same.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::UnicodeWidthStr;

use crate::units::{visible, visible_lines};

use super::look::{Look, wrapped};
use super::table::{Cell, Format, Table, Tone};

/// Between two columns.
const GAP: usize = 2;
/// Between the columns of two tables that stand side by side.
const WIDE_GAP: usize = 4;
/// Columns of words are wrapped to fewer characters only if nothing else helps …
const LEGIBLE: usize = 20;
/// … and never to fewer than these.
const NARROWEST: usize = 12;

/// Tables one below the other; those about the same rows stand side by side as far as there is room.
#[must_use]
pub fn draw_tables(tables: &[Table], look: Look) -> String {
    let mut groups: Vec<Vec<TableBlock>> = Vec::new();
    for table in tables {
        for block in TableBlock::of(table).split(look.width) {
            match groups.last_mut() {
                Some(group) if fits_beside(group, &block, look.width) => group.push(block),
                _ => groups.push(vec![block]),
            }
        }
    }
    groups.iter().map(|group| draw_group(group, look)).collect::<Vec<_>>().join("\n")
}

/// Tables in the form asked for; `look` is for text alone.
#[must_use]
pub fn render_tables(tables: &[Table], format: Format, look: Look) -> String {
    match format {
        Format::Text => draw_tables(tables, look),
        _ => tables.iter().map(|table| table.render(format)).collect::<Vec<_>>().join("\n"),
    }
}

/// A column that is ready to be drawn.
#[derive(Debug, Clone)]
struct DrawnColumn {
    head: Vec<String>,
    cells: Vec<DrawnCell>,
    right: bool,
    if_room: bool,
}

#[derive(Debug, Clone)]
struct DrawnCell {
    lines: Vec<String>,
    tone: Tone,
}

impl DrawnColumn {
    fn width(&self) -> usize {
        let cells = self.cells.iter().flat_map(|cell| cell.lines.iter());
        cells.chain(&self.head).map(|line| line.width()).max().unwrap_or(0)
    }

    /// Cells of words broken at spaces, and keys behind their dots, so that the column has at most this width.
    fn wrap(&mut self, width: usize) {
        let broken = |line: &String| -> Vec<String> {
            let lines = wrapped(line, width);
            lines.split('\n').flat_map(|line| broken_behind_dots(line, width)).collect()
        };
        for cell in &mut self.cells {
            cell.lines = cell.lines.iter().flat_map(broken).collect();
        }
        self.head = self.head.iter().flat_map(broken).collect();
    }
}

/// A path such as `policies.hold.admission` in several lines, each but the last with its dot.
fn broken_behind_dots(line: &str, width: usize) -> Vec<String> {
    if line.width() <= width {
        return vec![line.to_owned()];
    }
    let mut lines = vec![String::new()];
    for part in line.split_inclusive('.') {
        match lines.last_mut() {
            Some(last) if last.is_empty() || last.width() + part.width() <= width => last.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

/// A table, or as many of its columns as fit; columns that name its rows come first.
#[derive(Debug, Clone)]
struct TableBlock {
    title: String,
    /// The title stands over the first column, which has no head of its own.
    titled_in_head: bool,
    keys: Vec<DrawnColumn>,
    values: Vec<DrawnColumn>,
    notes: Vec<String>,
}

impl TableBlock {
    fn of(table: &Table) -> TableBlock {
        let drawn = |(index, column): (usize, &super::table::Column)| DrawnColumn {
            head: visible_lines(column.shown()).split('\n').map(str::to_owned).collect(),
            cells: table.rows.iter().map(|row| drawn_cell(&row[index])).collect(),
            right: column.right,
            if_room: column.if_room,
        };
        let columns: Vec<DrawnColumn> = table.columns.iter().enumerate().map(drawn).collect();
        let keys = table.columns.iter().take_while(|column| !column.right).count();
        let (keys, values) = columns.split_at(keys);
        TableBlock {
            title: visible(&table.title).into_owned(),
            titled_in_head: table.columns.first().is_some_and(|column| column.shown().is_empty()),
            keys: keys.to_vec(),
            values: values.to_vec(),
            notes: table.notes.iter().map(|note| visible_lines(note).replace('\n', " ")).collect(),
        }
    }

    fn width(&self) -> usize {
        self.width_behind(&self.keys)
    }

    /// The width with other names of rows.
    fn width_behind(&self, keys: &[DrawnColumn]) -> usize {
        let gap = if keys.is_empty() || self.values.is_empty() { 0 } else { GAP };
        width_of(keys) + gap + width_of(&self.values)
    }

    /// The table in as few pieces that fit as names of rows, in full or wrapped, allow; the notes stand under the last.
    /// A title that would make a piece too wide as the head of its names stands above it.
    fn split(self, width: usize) -> Vec<TableBlock> {
        let mut pieces = self.cut(width);
        for piece in &mut pieces {
            piece.titled_in_head &= piece.width_behind(&piece.keys_headed()) <= width;
        }
        pieces
    }

    fn cut(mut self, width: usize) -> Vec<TableBlock> {
        if self.width() > width {
            self.values.retain(|column| !column.if_room);
        }
        if self.width() <= width {
            return vec![self];
        }
        let widest = self.values.iter().map(DrawnColumn::width).max().unwrap_or(0);
        let rest = |taken: usize| width.saturating_sub(taken + GAP);
        let one_piece = rest(width_of(&self.values));
        let tries = [(width, LEGIBLE), (one_piece, LEGIBLE), (width / 2, LEGIBLE), (rest(widest), NARROWEST)];
        let pieces = tries.map(|(room, least)| {
            let mut tried = self.clone();
            narrow(&mut tried.keys, room.min(width), least);
            tried.pieces(width)
        });
        let fits = |pieces: &Vec<TableBlock>| pieces.iter().all(|piece| piece.width() <= width);
        let [.., last] = &pieces;
        let last = last.clone();
        pieces.into_iter().filter(fits).min_by_key(Vec::len).unwrap_or(last)
    }

    /// As many columns in each piece as fit.
    fn pieces(mut self, width: usize) -> Vec<TableBlock> {
        if self.width() > width {
            narrow_words(&mut self.values, width.saturating_sub(width_of(&self.keys) + GAP));
        }
        let notes = std::mem::take(&mut self.notes);
        let mut pieces: Vec<TableBlock> = Vec::new();
        for column in std::mem::take(&mut self.values) {
            let fits = |piece: &&mut TableBlock| piece.width() + GAP + column.width() <= width;
            match pieces.last_mut().filter(fits) {
                Some(piece) => piece.values.push(column),
                None => pieces.push(TableBlock { values: vec![column], ..self.clone() }),
            }
        }
        if pieces.is_empty() {
            pieces.push(self);
        }
        if let Some(last) = pieces.last_mut() {
            last.notes = notes;
        }
        pieces
    }

    /// What the first column has as its head: the title, if it has none of its own.
    fn keys_headed(&self) -> Vec<DrawnColumn> {
        let mut keys = self.keys.clone();
        if let Some(first) = keys.first_mut().filter(|_| self.titled_in_head) {
            first.head = vec![self.title.clone()];
        }
        keys
    }
}

fn width_of(columns: &[DrawnColumn]) -> usize {
    columns.iter().map(DrawnColumn::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

fn drawn_cell(cell: &Cell) -> DrawnCell {
    DrawnCell { lines: vec![visible(cell.shown()).into_owned()], tone: cell.tone() }
}

/// Wraps columns of words, the widest first, until all of them fit or have the least width.
fn narrow(columns: &mut [DrawnColumn], width: usize, least: usize) {
    for _ in 0..columns.len() {
        let excess = width_of(columns).saturating_sub(width);
        let widest = columns.iter_mut().max_by_key(|column| column.width());
        let Some(widest) = widest.filter(|widest| excess > 0 && widest.width() > least) else { return };
        let to = widest.width().saturating_sub(excess).max(least);
        widest.wrap(to);
    }
}

/// As [`narrow`], of those among figures that hold words.
fn narrow_words(columns: &mut [DrawnColumn], width: usize) {
    let figures: usize =
        columns.iter().filter(|column| column.right).map(|column| column.width() + GAP).sum();
    let mut words: Vec<&mut DrawnColumn> = columns.iter_mut().filter(|column| !column.right).collect();
    let room = width.saturating_sub(figures).max(NARROWEST);
    let taken: usize = words.iter().map(|column| column.width() + GAP).sum();
    if let Some(widest) = words.iter_mut().max_by_key(|column| column.width()).filter(|_| taken > room) {
        let to = widest.width().saturating_sub(taken - room).max(NARROWEST);
        widest.wrap(to);
    }
}

/// True if the block has the rows of the group and room beside it.
fn fits_beside(group: &[TableBlock], block: &TableBlock, width: usize) -> bool {
    let Some(first) = group.first() else { return false };
    let same_rows = |one: &TableBlock| -> Vec<Vec<String>> {
        one.keys.iter().flat_map(|key| key.cells.iter().map(|cell| cell.lines.clone())).collect()
    };
    let taken: usize = group.iter().map(|block| width_of(&block.values)).sum();
    let gaps = GAP + WIDE_GAP * group.len();
    first.titled_in_head
        && block.titled_in_head
        && group.iter().all(|block| block.notes.is_empty())
        && same_rows(first) == same_rows(block)
        // Side by side, titles stand over their columns, so the names of rows need only their own width.
        && width_of(&first.keys) + taken + width_of(&block.values) + gaps <= width
}

fn draw_group(group: &[TableBlock], look: Look) -> String {
    let Some(first) = group.first() else { return String::new() };
    let alone = group.len() == 1;
    let keys = if alone { first.keys_headed() } else { first.keys.clone() };
    let mut columns: Vec<(usize, &DrawnColumn)> = keys.iter().map(|key| (GAP, key)).collect();
    for (index, block) in group.iter().enumerate() {
        let gap = |position: usize| if index > 0 && position == 0 { WIDE_GAP } else { GAP };
        columns.extend(block.values.iter().enumerate().map(|(position, value)| (gap(position), value)));
    }
    if let Some(leading) = columns.first_mut() {
        leading.0 = 0;
    }
    let mut page = TextPage::new(look);
    if alone && !first.titled_in_head && !first.title.is_empty() {
        page.title(&first.title);
        page.rule(first.width().max(first.title.width()).min(look.width));
    }
    if !alone {
        page.titles(group, width_of(&first.keys));
    }
    let head_lines = columns.iter().map(|(_, column)| column.head.len()).max().unwrap_or(0);
    for line in 0..head_lines {
        // Side by side, heads of different heights stand on the rule; alone, the title begins the first line.
        page.head(&columns, line, (head_lines, alone), alone && first.titled_in_head);
    }
    let total: usize = columns.iter().map(|(gap, column)| gap + column.width()).sum();
    page.rule(total);
    let rows = columns.first().map_or(0, |(_, column)| column.cells.len());
    for row in 0..rows {
        let height = columns.iter().map(|(_, column)| column.cells[row].lines.len()).max().unwrap_or(1);
        (0..height).for_each(|line| page.row(&columns, row, line));
    }
    page.notes(group.iter().flat_map(|block| block.notes.iter()));
    page.text
}

/// Lines that are being drawn.
struct TextPage {
    look: Look,
    text: String,
}

impl TextPage {
    fn new(look: Look) -> Self {
        TextPage { look, text: String::new() }
    }

    fn styled(&self, text: &str, style: Style) -> String {
        self.look.paint(text, style)
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        let title = self.styled(&wrapped(title, self.look.width), bold());
        self.line(&title);
    }

    fn rule(&mut self, width: usize) {
        let rule = self.styled(&"─".repeat(width), faint());
        self.line(&rule);
    }

    /// A title over the columns of each block.
    fn titles(&mut self, group: &[TableBlock], keys: usize) {
        let (mut plain, mut drawn) = (0, String::new());
        let mut column = keys + GAP;
        for block in group {
            drawn.push_str(&" ".repeat(column.saturating_sub(plain)));
            let width = width_of(&block.values);
            let title = shortened(&block.title, width);
            drawn.push_str(&self.styled(&title, bold()));
            plain = column + title.width();
            column += width + WIDE_GAP;
        }
        self.line(&drawn);
    }

    /// One line of the heads; numbers have theirs to the right. The first may hold the title.
    fn head(
        &mut self,
        columns: &[(usize, &DrawnColumn)],
        line: usize,
        (lines, alone): (usize, bool),
        titled: bool,
    ) {
        let mut drawn = String::new();
        for (index, (gap, column)) in columns.iter().enumerate() {
            let above = if alone { 0 } else { lines - column.head.len() };
            let text = line.checked_sub(above).and_then(|line| column.head.get(line));
            let text = text.map_or("", String::as_str);
            let style = if titled && index == 0 { bold() } else { Style::new() };
            self.place(&mut drawn, (*gap, column.width(), column.right), text, text, style);
        }
        self.line(&drawn);
    }

    fn row(&mut self, columns: &[(usize, &DrawnColumn)], row: usize, line: usize) {
        let mut drawn = String::new();
        for (gap, column) in columns {
            let cell = &column.cells[row];
            let text = cell.lines.get(line).map_or("", String::as_str);
            let (before, toned) = match cell.tone {
                Tone::Plain => (text, ""),
                _ => text.rsplit_once(' ').map_or(("", text), |(before, _)| text.split_at(before.len() + 1)),
            };
            let shown = format!("{before}{}", self.styled(toned, style_of(cell.tone)));
            self.place(&mut drawn, (*gap, column.width(), column.right), text, &shown, Style::new());
        }
        self.line(&drawn);
    }

    /// Text in its column; `shown` is the text with its colours.
    fn place(
        &self,
        out: &mut String,
        (gap, width, right): (usize, usize, bool),
        text: &str,
        shown: &str,
        style: Style,
    ) {
        let space = width - text.width().min(width);
        let (before, after) = if right { (gap + space, 0) } else { (gap, space) };
        let shown = self.styled(shown, style);
        write!(out, "{:before$}{shown}{:after$}", "", "").expect("a string takes every byte");
    }

    fn notes<'n>(&mut self, notes: impl Iterator<Item = &'n String>) {
        for (index, note) in notes.enumerate() {
            if index == 0 {
                self.text.push('\n');
            }
            let lines = wrapped(note, self.look.width);
            lines.split('\n').for_each(|line| self.line(line));
        }
    }
}

/// A title no wider than its columns.
fn shortened(title: &str, width: usize) -> Cow<'_, str> {
    if title.width() <= width {
        return Cow::Borrowed(title);
    }
    let kept: String = title.chars().take(width.saturating_sub(1)).collect();
    Cow::Owned(format!("{kept}…"))
}

fn bold() -> Style {
    Style::new().effects(Effects::BOLD)
}

fn faint() -> Style {
    Style::new().effects(Effects::DIMMED)
}

fn style_of(tone: Tone) -> Style {
    let bold_in = |colour: AnsiColor| Style::new().fg_color(Some(colour.into())).effects(Effects::BOLD);
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => bold_in(AnsiColor::Green),
        Tone::Bad => bold_in(AnsiColor::Red),
        Tone::Doubtful => bold_in(AnsiColor::Yellow),
        Tone::Notable => bold(),
        Tone::Faint => faint(),
    }
}

#[cfg(test)]
mod tests;
