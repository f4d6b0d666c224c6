//! One page that needs nothing else: the verdict first, then what it rests on, with pictures and tables that can be played with.
//!
//! Owns the page's order, its markup, its style and its script. Leaves what is said to `answer`, `overview` and the commands.
//! Invariants: the page is a function of what it is given; it asks the network for nothing; every text that comes from a file
//! is escaped; without its script it still shows everything.

mod files;
mod outcomes;
mod run;
mod script;
mod settings;
mod table;
mod trial;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::units::{is_unsafe, visible, visible_lines};

use super::picture::Picture;

pub(super) use files::file_list;
#[cfg(test)]
pub(super) use outcomes::OUTCOME_PARTS;
pub use run::{RunMatter, assumptions_section, run_page};
pub use settings::settings_section;
pub use table::{PageCell, PageHead, PageTable};
pub use trial::{TrialMatter, sweep_verdict, trial_page};

/// What a page says; nothing of it depends on the clock.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The command that made it: `run`, `sweep`.
    pub made_by: String,
    /// Name of the scenario.
    pub scenario: String,
    /// The question it answers.
    pub question: Option<String>,
    /// Seed, replications and the like, a few words each.
    pub facts: Vec<String>,
    /// Why it is not whole.
    pub partial: Option<String>,
    /// What it comes to.
    pub verdict: PageVerdict,
    /// The rest, in order.
    pub sections: Vec<PageSection>,
}

/// What a page comes to.
#[derive(Debug, Clone, Default)]
pub struct PageVerdict {
    /// Who was compared, over which time.
    pub heading: String,
    /// Sentences, each with the policy that it is about, if it is about one.
    pub lines: Vec<(Option<String>, String)>,
    /// What to know before acting on it.
    pub cautions: Vec<String>,
}

/// A part of a page with a heading.
#[derive(Debug, Clone, Default)]
pub struct PageSection {
    /// Its anchor.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<PageBlock>,
}

/// Something in a section.
#[derive(Debug, Clone)]
pub enum PageBlock {
    /// A paragraph; what stands in backquotes is code.
    Words(String),
    /// Paragraphs that belong together.
    List(Vec<String>),
    /// A command line.
    Command(String),
    /// A table.
    Table(PageTable),
    /// Blocks with tables whose rows can be searched by words.
    Searched(Vec<PageBlock>),
    /// Something that opens when it is asked to.
    Folded {
        /// What it says while it is closed.
        summary: String,
        /// Open from the beginning.
        open: bool,
        /// What is in it.
        blocks: Vec<PageBlock>,
    },
    /// Pictures, each as it is without script, and as data for the script.
    Pictures(Vec<(String, Option<Picture>)>),
    /// Files beside the page: name, and what is in it.
    Files(Vec<(String, String)>),
}

impl Page {
    /// Adds to a section that is there already.
    pub(super) fn add(&mut self, id: &str, blocks: impl IntoIterator<Item = PageBlock>) {
        if let Some(section) = self.sections.iter_mut().find(|section| section.id == id) {
            section.blocks.extend(blocks);
        }
    }
}

impl PageSection {
    /// A section without blocks.
    #[must_use]
    pub fn new(id: &'static str, title: impl Into<String>, blocks: Vec<PageBlock>) -> Self {
        PageSection { id, title: title.into(), blocks }
    }
}

const STYLE: &str = include_str!("style.css");

/// Writes the page.
#[must_use]
pub fn page(page: &Page) -> String {
    let shown = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing is asked of the network, whatever a name in a file may say.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
                title { (visible(&page.scenario)) " · " (page.made_by) " · creditsim" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#verdict" { "To the verdict" }
                (head(page))
                main {
                    (verdict(&page.verdict))
                    @for section in page.sections.iter().filter(|section| !section.blocks.is_empty()) {
                        section id=(section.id) aria-labelledby={ (section.id) "-title" } {
                            h2 id={ (section.id) "-title" } { (visible(&section.title)) }
                            @for block in &section.blocks { (block.markup()) }
                        }
                    }
                }
                script type="module" { (PreEscaped(script::joined())) }
            }
        }
    };
    shown.into_string()
}

fn head(page: &Page) -> Markup {
    html! {
        header {
            p.made { "creditsim " (page.made_by) }
            h1 { (visible_lines(&page.scenario)) }
            @if let Some(question) = &page.question { p.lead { (visible_lines(question)) } }
            p.facts { (visible(&page.facts.join(" · "))) }
            @if let Some(partial) = &page.partial { p.partial role="note" { (words(partial)) } }
            nav aria-label="Contents" {
                a href="#verdict" { "Verdict" }
                @for section in page.sections.iter().filter(|section| !section.blocks.is_empty()) {
                    a href={ "#" (section.id) } { (visible(&section.title)) }
                }
            }
        }
    }
}

fn verdict(verdict: &PageVerdict) -> Markup {
    html! {
        section id="verdict" aria-labelledby="verdict-title" {
            h2 id="verdict-title" { "Verdict" }
            @if !verdict.heading.is_empty() { p.notes { (words(&verdict.heading)) } }
            dl.verdict {
                @for (policy, sentence) in &verdict.lines {
                    div {
                        @if let Some(policy) = policy { dt { (visible(policy)) } }
                        dd class=[policy.is_none().then_some("whole")] { (words(sentence)) }
                    }
                }
            }
            @if !verdict.cautions.is_empty() {
                div.cautions role="note" {
                    h3 { "Cautions" }
                    ul { @for caution in &verdict.cautions { li { (words(caution)) } } }
                }
            }
        }
    }
}

impl PageBlock {
    fn markup(&self) -> Markup {
        match self {
            PageBlock::Words(text) => html! { p { (words(text)) } },
            PageBlock::List(items) => html! { ul { @for item in items { li { (words(item)) } } } },
            PageBlock::Command(line) => html! { pre.command tabindex="0" { code { (visible_lines(line)) } } },
            PageBlock::Table(table) => table.markup(),
            PageBlock::Searched(blocks) => html! {
                div.searched { @for block in blocks { (block.markup()) } }
            },
            PageBlock::Folded { summary, open, blocks } => html! {
                details open[*open] {
                    summary { (words(summary)) }
                    @for block in blocks { (block.markup()) }
                }
            },
            PageBlock::Pictures(pictures) => html! {
                div.pictures {
                    @for (svg, picture) in pictures {
                        figure {
                            // What draws pictures has escaped their texts.
                            div.drawn { (PreEscaped(svg)) }
                            @if let Some(picture) = picture {
                                script type="application/json" { (PreEscaped(data(picture))) }
                            }
                        }
                    }
                }
            },
            PageBlock::Files(files) => html! {
                ul.files {
                    @for (name, about) in files {
                        li { a href=(link(name)) { (visible(name)) } " " span.about { (words(about)) } }
                    }
                }
            },
        }
    }
}

/// A picture as JSON that cannot end its `script` element, because no `<` stands in it, and in which what would do something
/// to the text around it is shown instead.
fn data(picture: &Picture) -> String {
    // A picture is plain data; what serde_json cannot write does not occur, and would leave the drawn one.
    let json = serde_json::to_string(picture).unwrap_or_else(|_| String::from("null"));
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            c if is_unsafe(c) => out.push_str(&format!("\\\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// A sentence in which what stands in backquotes is code.
pub(super) fn words(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backquotes leaves one that means nothing.
    let paired = pieces.len() % 2 == 1;
    html! {
        @if paired {
            @for (index, piece) in pieces.iter().enumerate() {
                @if index % 2 == 1 { code { (visible(piece)) } } @else { (visible_lines(piece)) }
            }
        } @else {
            (visible_lines(text))
        }
    }
}

/// A file beside the page as a link; what a browser would take for more than a name is escaped.
fn link(name: &str) -> String {
    let mut out = String::from("./");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
