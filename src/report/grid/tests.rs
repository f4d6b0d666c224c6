//! Tables on screens of many widths.

use super::*;
use crate::report::table::Column;

/// Policies as rows, `columns` figures in each of three tables, the last with a note.
fn specimen(columns: usize) -> Vec<Table> {
    let table =
        |title: &str| {
            let mut heads = vec![Column::words("policy").headed(String::new())];
            heads.extend((0..columns).map(|index| Column::numbers(&format!("outcome_{index}"))));
            let mut table = Table::new(title, heads);
            for policy in ["block (baseline)", "overdraft"] {
                let mut row = vec![Cell::text(policy)];
                row.extend((0..columns).map(|index| {
                    Cell::toned(Some(index as f64), format!("{index}2,345 ±1,234 +"), Tone::Good)
                }));
                table.rows.push(row);
            }
            table
        };
    let mut tables = vec![table("Service"), table("Credits"), table("Money")];
    tables[2].notes.push("± is half of an interval, ".repeat(8));
    tables
}

fn look(width: usize) -> Look {
    Look { width, colour: false }
}

#[test]
fn lines_are_as_wide_as_the_screen_at_most_and_hold_every_figure_once() {
    for columns in [1, 3, 6] {
        for width in [60, 80, 100, 120, 160] {
            let text = draw_tables(&specimen(columns), look(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}\n{text}");
            for index in 0..columns {
                let figures = text.matches(&format!("{index}2,345 ±1,234 +")).count();
                assert_eq!(figures, 6, "{width} {index}\n{text}");
            }
        }
    }
}

#[test]
fn room_puts_tables_of_the_same_rows_side_by_side() {
    let lines = |width| draw_tables(&specimen(2), look(width)).lines().count();
    assert!(lines(160) < lines(80), "{}", draw_tables(&specimen(2), look(160)));
    let wide = draw_tables(&specimen(2), look(160));
    let titles = wide.lines().next().unwrap_or_default();
    assert!(titles.contains("Service") && titles.contains("Credits") && titles.contains("Money"), "{wide}");
    assert_eq!(wide.matches("overdraft").count(), 1, "{wide}");
}

#[test]
fn colours_change_no_column() {
    let plain = draw_tables(&specimen(3), look(100));
    let coloured = draw_tables(&specimen(3), Look { width: 100, colour: true });
    assert!(coloured.contains("\u{1b}[1m\u{1b}[32m+"), "{coloured:?}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn keys_are_broken_behind_dots_and_notes_between_words() {
    let columns = vec![Column::words("assumption"), Column::numbers("swing"), Column::words("ranking")];
    let mut table = Table::new("What moves loss_rate", columns);
    let key =
        "features.agent.steps.work.repeat.lognormal.median.of.something.that.is.far.too.long.for.a.line";
    table.rows.push(vec![Cell::text(key), Cell::number(12.0), Cell::text("stays")]);
    let text = draw_tables(&[table], look(60));
    assert!(text.lines().all(|line| line.width() <= 60), "{text}");
    for part in key.split('.') {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_title_wider_than_the_names_of_rows_makes_no_line_too_wide() {
    for width in [60, 80, 100, 120, 160] {
        let mut tables = specimen(3);
        tables
            .iter_mut()
            .for_each(|table| table.title = "What organizations have where they begin".to_owned());
        let text = draw_tables(&tables, look(width));
        assert!(text.lines().all(|line| line.width() <= width), "{width}\n{text}");
        assert!(text.contains("What organizations have"), "{text}");
    }
}
