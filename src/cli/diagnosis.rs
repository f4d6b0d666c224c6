//! Problems of a scenario as rustc and cargo show theirs: what is wrong, the line with a caret, what is wanted, a hint.
//!
//! Owns how a problem looks on a terminal. Leaves its words to `scenario`, and the stream to `terminal`.

use annotate_snippets::renderer::{AnsiColor, Effects, Style};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::report::{Look, wrapped};
use crate::scenario::{Excerpt, Problem};
use crate::units::{is_unsafe, visible, visible_lines};

/// Every problem, an empty line between two.
pub(super) fn diagnosis(problems: &[Problem], look: Look) -> String {
    problems.iter().map(|problem| one(problem, look)).collect::<Vec<_>>().join("\n\n")
}

fn one(problem: &Problem, look: Look) -> String {
    let level = if problem.is_error() { Level::ERROR } else { Level::WARNING };
    let key = match problem.key.as_str() {
        "" => String::new(),
        key => format!("`{}` ", visible(key)),
    };
    let title = format!("{key}{}", visible_lines(&problem.what));
    let file = visible(&problem.file).into_owned();
    let mut group = Group::with_title(level.primary_title(title));
    let shown = problem.excerpt.as_ref().filter(|excerpt| can_be_shown(excerpt));
    group = match shown {
        Some(Excerpt { line, start, end }) => group.element(
            Snippet::source(line.clone())
                .line_start(problem.line)
                .path(file)
                .annotation(AnnotationKind::Primary.span(*start..*end)),
        ),
        None => group.element(Origin::path(match problem.line {
            0 => file,
            line => format!("{file}:{line}"),
        })),
    };
    // Both follow `   = wanted: ` below a snippet.
    let room = look.width.saturating_sub(16).max(40);
    let told = |text: &str| wrapped(&visible_lines(text), room);
    if let Some(wanted) = &problem.wanted {
        group = group.element(Level::NOTE.with_name("wanted").message(told(wanted)));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.with_name("hint").message(told(hint)));
    }
    renderer(look).render(&[group])
}

/// True if nothing in the line would do something instead of being shown.
fn can_be_shown(excerpt: &Excerpt) -> bool {
    !excerpt.line.chars().any(|c| is_unsafe(c) && c != '\t')
}

/// The eight colours that every terminal has, so that its user's choice of background and palette holds.
fn renderer(look: Look) -> Renderer {
    if !look.colour {
        return Renderer::plain().term_width(look.width);
    }
    let bold = |colour: AnsiColor| Style::new().fg_color(Some(colour.into())).effects(Effects::BOLD);
    Renderer::styled()
        .error(bold(AnsiColor::Red))
        .warning(bold(AnsiColor::Yellow))
        .note(Style::new().effects(Effects::BOLD))
        .help(bold(AnsiColor::Green))
        .line_num(Style::new().fg_color(Some(AnsiColor::Cyan.into())))
        .context(bold(AnsiColor::Cyan))
        .term_width(look.width)
}
