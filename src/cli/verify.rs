//! `creditsim verify`: the program is checked against theory, over its own layouts, and against accounts that are followed.

use crate::experiment::analytic::{CLOSED_FORMS, Observation, Size};
use crate::experiment::determinism::compare_layouts;
use crate::report::{self, Cell, Column, Table, Tone};

use super::arguments::VerifyArguments;
use super::exit::{CommandProblem, Exit};
use super::select::QUICK_ORGANIZATIONS;
use super::{interrupt, reading, terminal};

/// Runs what was asked for; both checks in their short form if nothing was.
pub(super) fn carry_out(arguments: &VerifyArguments) -> Result<Exit, CommandProblem> {
    interrupt::end_on_signal();
    let everything = !arguments.analytic && arguments.determinism.is_none();
    let mut wrong = 0;
    if arguments.analytic || everything {
        wrong += analytic(arguments)?;
    }
    let scenario = arguments.determinism.as_deref().or(everything.then_some("policy-shootout"));
    if let Some(scenario) = scenario {
        wrong += determinism(scenario, arguments.full)?;
    }
    if wrong == 0 { Ok(Exit::Fine) } else { Err(CommandProblem::Verification { wrong }) }
}

fn analytic(arguments: &VerifyArguments) -> Result<usize, CommandProblem> {
    let size = if arguments.full { Size::Full } else { Size::Short };
    let columns = vec![
        Column::words("#"),
        Column::words("what"),
        Column::numbers("expected"),
        Column::numbers("observed"),
        Column::numbers("z"),
        Column::words(""),
    ];
    let (mut wrong, mut count) = (0, 0);
    for form in &CLOSED_FORMS {
        if !arguments.only.is_empty() && !arguments.only.contains(&form.number) {
            continue;
        }
        let mut table =
            Table::new(format!("{} · {}: {}", form.number, form.title, form.formula), columns.clone());
        for seen in form.check(size)? {
            wrong += usize::from(!seen.agrees());
            count += 1;
            table.rows.push(row(form.number, &seen));
        }
        terminal::say_drawn(&report::draw_tables(&[table], terminal::stdout_look()));
    }
    terminal::say(&format!("{count} observations, {wrong} outside |z| < 4.3 or their interval"));
    Ok(wrong)
}

fn row(number: u32, seen: &Observation) -> Vec<Cell> {
    let said = match seen.interval {
        None => Cell::number(seen.z()),
        Some((low, high)) => Cell::text(format!("in [{low:.4}, {high:.4}]")),
    };
    vec![
        Cell::text(number.to_string()),
        Cell::text(seen.what.clone()),
        Cell::number(seen.expected),
        Cell::number(seen.observed),
        said,
        match seen.agrees() {
            true => Cell::toned(None, "ok", Tone::Good),
            false => Cell::toned(None, "WRONG", Tone::Bad),
        },
    ]
}

fn determinism(named: &str, full: bool) -> Result<usize, CommandProblem> {
    let mut scenario = reading::scenario(named, &[])?;
    scenario.precision = None;
    if !full {
        scenario.replications = scenario.replications.min(2);
    }
    let runs = compare_layouts(&scenario, (!full).then_some(QUICK_ORGANIZATIONS))?;
    let columns =
        vec![Column::words("layout"), Column::numbers("organizations"), Column::words("same as the first")];
    let mut table = Table::new(
        format!("{}: the same bytes on every layout, with shortcuts and without", scenario.name),
        columns,
    );
    let mut wrong = 0;
    for run in &runs {
        wrong += usize::from(run.differs.is_some());
        let said = match &run.differs {
            None => "yes".to_owned(),
            Some(first) => format!("NO: {first} differs first"),
        };
        table.rows.push(vec![
            Cell::text(run.layout.clone()),
            Cell::number(run.organizations as f64),
            Cell::text(said),
        ]);
    }
    terminal::say_drawn(&report::draw_tables(&[table], terminal::stdout_look()));
    Ok(wrong)
}
