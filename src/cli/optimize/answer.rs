//! What a search says: the table of settings and the sentences about the chosen one.

use serde_json::json;

use crate::cli::arguments::picture_forms;
use crate::cli::asked::Asked;
use crate::cli::terminal::{number_of, stdout_look};
use crate::cli::trying::Workshop;
use crate::experiment::{Aim, Entrant, Estimate, Ruling, SearchResult, Standing, paired};
use crate::outcome::{METRICS, Metric};
use crate::report::{
    self, Cell, Column, DrawnCondition, DrawnSearch, Format, Look, OutcomeScale, PageBlock, PageSection,
    PageTable, PageVerdict, Picture, Printed, RunFolder, Table, Tone, TriedSetting, render_tables, wrapped,
};
use crate::scenario::UnitAmount;
use crate::units::visible_lines;

use super::{Competitor, Condition, OptimizeQuestion, Search};

/// Rows of the printed table.
const MOST_ROWS: usize = 20;

/// Writes the file and returns what stdout gets.
pub(super) fn write(
    workshop: &Workshop<'_>,
    (question, asked): (&OptimizeQuestion, &Asked),
    (search, choice): (&Search, Option<&SearchResult>),
    folder: &mut RunFolder,
) -> String {
    let table = table(workshop, question, search, choice);
    report::attempt(folder, "optimum.csv", || Ok(table.to_csv().into_bytes()));
    let said = statement(workshop, question, search, choice);
    let drawn = report::draw(folder, picture_forms(workshop.arguments.png), || {
        picture(workshop, question, search, choice).into_iter().collect()
    });
    let form = |format: Format, look: Look| match format {
        Format::Csv => table.to_csv(),
        Format::Json => report::pretty(&json!({
            "scenario": workshop.base.name,
            "seed": workshop.base.seed,
            "partial": workshop.interrupted(),
            "budget": search.budget,
            "spent": search.spent(),
            "rounds": search.rounds,
            "gap": choice.map(|choice| choice.gap).filter(|gap| gap.is_finite()),
            "feasible": choice.map(|choice| choice.feasible.name()),
            "settings": table.to_json(),
            "statement": said,
        })),
        Format::Text | Format::Markdown => {
            let mut table = table.clone();
            let hidden = table.rows.len().saturating_sub(MOST_ROWS);
            table.rows.truncate(MOST_ROWS);
            table.notes =
                if hidden > 0 { vec![format!("{hidden} more settings in optimum.csv")] } else { Vec::new() };
            let said = wrapped(&visible_lines(&said.join("\n")), look.width);
            format!("{}\n{said}", render_tables(&[table], format, look))
        }
    };
    Printed::keep(folder, Some("optimum.csv"), |format| form(format, Look::PLAIN));
    let keys: Vec<String> = question.keys.iter().map(|key| format!("`{key}`")).collect();
    let verdict = PageVerdict {
        heading: format!("{} settings of {}", search.entrants.len(), keys.join(" and ")),
        lines: said.iter().map(|sentence| (None, sentence.clone())).collect(),
        cautions: Vec::new(),
    };
    let tried = PageSection::new("tried", "What was tried", vec![PageBlock::Table(PageTable::from(&table))]);
    let pictures = PageSection::new("pictures", "Pictures", vec![PageBlock::Pictures(drawn)]);
    workshop.page(folder, (asked, search.reached), verdict, vec![pictures, tried]);
    form(workshop.arguments.format.into(), stdout_look())
}

/// Every setting, in order.
fn table(
    workshop: &Workshop<'_>,
    question: &OptimizeQuestion,
    search: &Search,
    choice: Option<&SearchResult>,
) -> Table {
    let mut columns: Vec<Column> = question.keys.iter().map(|key| report::key_column(key)).collect();
    columns.extend([Column::words("policy"), Column::numbers("replications")]);
    let metric = question.objective.metric;
    let currency = workshop.base.currency.as_deref();
    let field = search.field(question);
    let means = field.iter().filter_map(|entrant| Estimate::of(&present(&entrant.costs)));
    let largest = means.map(|estimate| estimate.mean.abs()).fold(0.0, f64::max);
    let scale = OutcomeScale::of(&METRICS[metric], currency, largest);
    let unit = |name: &str, unit: &str| match unit {
        "" => name.to_owned(),
        unit => format!("{name}\n{unit}"),
    };
    columns.push(scale.column(&METRICS[metric]));
    columns.push(Column::numbers("to_chosen").headed(unit("to_chosen", &scale.unit)));
    let limits: Vec<OutcomeScale> =
        question.conditions.iter().map(|condition| limit_scale(condition.metric, currency)).collect();
    columns.extend(question.conditions.iter().zip(&limits).map(|(condition, scale)| {
        Column::numbers(&condition.text).headed(unit(&condition.text.replacen(' ', "\n", 1), &scale.unit))
    }));
    columns.push(Column::words("standing"));
    let mut table = Table::new("Settings", columns);
    let chosen = choice.map(|choice| choice.entrant);
    for index in order(&field, chosen) {
        let (competitor, entrant) = (&search.entrants[index], &field[index]);
        let values = values(question, entrant);
        let mut row: Vec<Cell> = competitor.settings.iter().map(Cell::text).collect();
        row.extend([Cell::text(&competitor.policy), Cell::number(f64::from(search.simulated(competitor)))]);
        row.push(scale.cell(Estimate::within(&values, METRICS[metric].range())));
        row.push(scale.cell(to_chosen(question, &field, index, chosen)));
        let limited = entrant.limited.iter().zip(&search.rules.limits).zip(&limits);
        row.extend(limited.map(|((limited, limit), scale)| {
            scale.cell(Estimate::within(&present(&limited.values), limit.range))
        }));
        row.push(standing_cell(chosen == Some(index), entrant.standing));
        table.rows.push(row);
    }
    table
}

/// The settings as a picture, in the order of the table.
fn picture(
    workshop: &Workshop<'_>,
    question: &OptimizeQuestion,
    search: &Search,
    choice: Option<&SearchResult>,
) -> Option<Picture> {
    let policies: Vec<String> = workshop.base.policies.iter().map(|policy| policy.name.clone()).collect();
    let field = search.field(question);
    let chosen = choice.map(|choice| choice.entrant);
    let tried = order(&field, chosen).into_iter().map(|index| {
        let (competitor, entrant) = (&search.entrants[index], &field[index]);
        let limited = entrant.limited.iter().zip(&search.rules.limits);
        TriedSetting {
            policy: policies.iter().position(|name| *name == competitor.policy).unwrap_or(0),
            settings: competitor.settings.clone(),
            standing: if chosen == Some(index) { "chosen" } else { entrant.standing.name() }.to_owned(),
            chosen: chosen == Some(index),
            objective: Estimate::within(
                &values(question, entrant),
                METRICS[question.objective.metric].range(),
            ),
            to_chosen: to_chosen(question, &field, index, chosen),
            limited: limited
                .map(|(limited, limit)| Estimate::within(&present(&limited.values), limit.range))
                .collect(),
        }
    });
    let condition = |own: &Condition| DrawnCondition {
        text: own.text.clone(),
        metric: own.metric,
        limit: own.limit.value,
    };
    let metric = &METRICS[question.objective.metric];
    let currency = workshop.base.currency.as_deref();
    let said = match choice {
        Some(choice) => confidence(choice, sure(search), unit_of(metric, currency), question.objective.aim),
        None => "each is shown to break a condition, or the outcome does not apply".to_owned(),
    };
    report::optimum_picture(&DrawnSearch {
        policies: &policies,
        keys: &question.keys,
        metric: question.objective.metric,
        currency,
        tried: tried.collect(),
        conditions: question.conditions.iter().map(condition).collect(),
        said,
    })
}

/// The chosen one first, then by the mean.
fn order(field: &[Entrant], chosen: Option<usize>) -> Vec<usize> {
    let mean =
        |index: usize| Estimate::of(&present(&field[index].costs)).map_or(f64::INFINITY, |own| own.mean);
    let mut order: Vec<usize> = (0..field.len()).collect();
    order.sort_by(|&a, &b| (chosen != Some(a)).cmp(&(chosen != Some(b))).then(mean(a).total_cmp(&mean(b))));
    order
}

/// The objective of every replication.
fn values(question: &OptimizeQuestion, entrant: &Entrant) -> Vec<f64> {
    present(&entrant.costs).into_iter().map(|cost| question.cost(cost)).collect()
}

/// The paired difference of an entrant to the chosen one.
fn to_chosen(
    question: &OptimizeQuestion,
    field: &[Entrant],
    index: usize,
    chosen: Option<usize>,
) -> Option<Estimate> {
    let chosen = chosen.filter(|&chosen| chosen != index)?;
    let turned = |costs: &[Option<f64>]| -> Vec<Option<f64>> {
        costs.iter().map(|cost| cost.map(|cost| question.cost(cost))).collect()
    };
    paired(&turned(&field[index].costs), &turned(&field[chosen].costs))
}

/// From an outcome's unit to that of differences of it.
fn unit_of(metric: &Metric, currency: Option<&str>) -> (f64, String) {
    match metric.is_share() {
        true => (100.0, String::from("percentage points")),
        false => (1.0, metric.unit(currency)),
    }
}

/// A condition's outcome is shown in the unit that conditions are written in: shares in %, anything else as METRICS has it.
fn limit_scale(metric: usize, currency: Option<&str>) -> OutcomeScale {
    let metric = &METRICS[metric];
    let (factor, unit) =
        if metric.is_share() { (100.0, "%".to_owned()) } else { (1.0, metric.unit(currency)) };
    OutcomeScale { factor, unit, name: metric.name.to_owned() }
}

fn standing_cell(chosen: bool, standing: Standing) -> Cell {
    match standing {
        _ if chosen => Cell::toned(None, "chosen", Tone::Good),
        Standing::Breaks => Cell::toned(None, standing.name(), Tone::Bad),
        _ => Cell::text(standing.name()),
    }
}

fn present(values: &[Option<f64>]) -> Vec<f64> {
    values.iter().copied().flatten().collect()
}

/// What can be said, in sentences.
fn statement(
    workshop: &Workshop<'_>,
    question: &OptimizeQuestion,
    search: &Search,
    choice: Option<&SearchResult>,
) -> Vec<String> {
    let metric = &METRICS[question.objective.metric];
    let unit = || unit_of(metric, workshop.base.currency.as_deref());
    let mut said = Vec::new();
    match choice {
        None if search.rounds == 0 => {
            said.push(String::from("interrupted before anything could be compared"))
        }
        None => said.push(String::from(
            "no setting is left: each is shown to break a condition, or the outcome does not apply",
        )),
        Some(choice) => {
            let chosen = &search.entrants[choice.entrant];
            said.push(format!("chosen: {}", described(question, chosen)));
            said.push(confidence(choice, sure(search), unit(), question.objective.aim));
            said.extend(conditions_kept(question, choice));
            said.extend(rivals(question, search, choice));
            said.extend(at_an_end(question, chosen));
        }
    }
    let count = |standing| search.entrants.iter().filter(|entrant| entrant.standing == standing).count();
    said.push(format!(
        "{} of {} replications in {}; of {} settings {} were shown to be worse, {} to break a condition, {} were set aside",
        search.spent(),
        search.budget,
        number_of(u64::from(search.rounds), "round", "rounds"),
        search.entrants.len(),
        count(Standing::Beaten),
        count(Standing::Breaks),
        count(Standing::SetAside)
    ));
    said
}

fn described(question: &OptimizeQuestion, competitor: &Competitor) -> String {
    let settings =
        question.keys.iter().zip(&competitor.settings).map(|(key, value)| format!("{key}={value}"));
    format!("{} with {}", competitor.policy, settings.collect::<Vec<_>>().join(", "))
}

/// How sure a comparison is: where nothing is drawn, it is exact.
fn sure(search: &Search) -> &'static str {
    if search.exact { "" } else { "with 95 % confidence " }
}

fn confidence(choice: &SearchResult, sure: &str, (factor, unit): (f64, String), aim: Aim) -> String {
    let word = if aim == Aim::Minimize { "lower" } else { "higher" };
    match choice.gap {
        gap if gap.is_infinite() => {
            String::from("the replications are too few to say how far it is from the best")
        }
        _ if choice.rivals.is_empty() => {
            format!("{sure}it is the best of the settings that were tried")
        }
        0.0 => format!("{sure}no setting that was tried is {word}"),
        gap => format!(
            "{sure}no setting that was tried is {word} by more than {} {unit}",
            report::number::short(gap * factor)
        ),
    }
}

/// Keys whose chosen value is the smallest or the largest that was tried: what lies beyond may be better.
fn at_an_end(question: &OptimizeQuestion, chosen: &Competitor) -> Option<String> {
    let number = |text: &str| UnitAmount::parse(text).map(|amount| amount.number);
    let at_end = |(index, key): (usize, &String)| {
        let tried: Option<Vec<f64>> = question.settings.iter().map(|point| number(&point[index].1)).collect();
        let (tried, own) = (tried?, number(&chosen.settings[index])?);
        let ends = tried.iter().all(|&other| other <= own) || tried.iter().all(|&other| other >= own);
        ends.then(|| format!("`{key}`"))
    };
    let keys: Vec<String> = question.keys.iter().enumerate().filter_map(at_end).collect();
    (!keys.is_empty()).then(|| {
        format!("it lies at the end of what was tried for {}; beyond it may be better", keys.join(" and "))
    })
}

fn conditions_kept(question: &OptimizeQuestion, choice: &SearchResult) -> Option<String> {
    let texts: Vec<String> =
        question.conditions.iter().map(|condition| format!("`{}`", condition.text)).collect();
    let all = texts.join(" and ");
    (!texts.is_empty()).then(|| match choice.feasible {
        Ruling::Pass => format!("it surely keeps {all}"),
        Ruling::Fail => format!("it fails {all}"),
        Ruling::Undecided { replications: Some(needed), why } => {
            format!("whether it keeps {all} is undecided: {}; about {needed} replications would probably decide it", why.text())
        }
        Ruling::Undecided { replications: None, why } => {
            format!("whether it keeps {all} is undecided: {}", why.text())
        }
    })
}

fn rivals(question: &OptimizeQuestion, search: &Search, choice: &SearchResult) -> Option<String> {
    const MOST: usize = 5;
    let names: Vec<String> =
        choice.rivals.iter().take(MOST).map(|&index| described(question, &search.entrants[index])).collect();
    let more = choice.rivals.len().saturating_sub(MOST);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("cannot be told apart from it: {}{rest}", names.join("; ")))
}
