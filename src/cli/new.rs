//! `creditsim new`: a scenario ready to decide with, over a usage history or over demand to begin with.
//!
//! Owns the policies and what must be asked. Leaves the reading of the history to `workload`. Invariants: no price is made
//! up; what is written was read as a scenario first; no file is replaced.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::Failure;
use crate::report::number::short;
use crate::scenario::{self, ScenarioSource, parse_money};
use crate::units::{Money, visible};
use crate::workload::fit::{Outline, outline};

use super::arguments::{NewArguments, NewPolicy};
use super::exit::{CommandProblem, Exit};
use super::terminal::number_of;
use super::{fit, terminal};

/// Writes the scenario.
pub(super) fn carry_out(arguments: &NewArguments) -> Result<Exit, CommandProblem> {
    super::interrupt::end_on_signal();
    if let Some(path) = arguments.output.as_ref().filter(|path| path.exists()) {
        let hint = Some(String::from("choose another name with `--output`, or remove the file"));
        return Err(CommandProblem::Usage { what: format!("`{}` is there already", path.display()), hint });
    }
    let outline = match &arguments.from {
        Some(usage) => {
            let file = file_from(usage, arguments.output.as_deref());
            Some(outline(usage, &file).map_err(|error| CommandProblem::Run(Failure::History(error)))?)
        }
        None => None,
    };
    let terms = NewTerms::of(arguments, outline.as_ref())?;
    let text = text(arguments, outline.as_ref(), &terms);
    // Its history lies where the scenario will.
    let folder = arguments.output.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let name = arguments.output.as_deref().unwrap_or(Path::new("new.toml")).to_string_lossy();
    scenario::read(&ScenarioSource::from_text(&name, text.as_str()).in_folder(folder))?;
    match &arguments.output {
        None => terminal::say(&text),
        Some(path) => {
            fit::write_aside(path, &text)?;
            let path = path.display();
            terminal::say(&format!("wrote `{path}`; `creditsim run {path}` compares its policies"));
        }
    }
    Ok(Exit::Fine)
}

/// What customers get and pay.
struct NewTerms {
    allowance: f64,
    subscription: Option<Money>,
    credit: Money,
    currency: String,
}

/// The smallest allowance: a millionth of a credit.
const LEAST_ALLOWANCE: f64 = 0.000_001;

/// Credits of made-up demand that a customer has a month.
const ALLOWANCE: f64 = 500.0;

impl NewTerms {
    fn of(arguments: &NewArguments, outline: Option<&Outline>) -> Result<Self, CommandProblem> {
        let allowance = arguments.allowance.or(outline.map(|outline| outline.allowance)).unwrap_or(ALLOWANCE);
        if !(LEAST_ALLOWANCE..=1e9).contains(&allowance) {
            return Err(CommandProblem::usage("`--allowance` wants credits from 0.000001 to 1,000,000,000"));
        }
        if let Some(outline) = outline {
            terminal::tell(&format!(
                "{} calls of {}, {} to {}; costs: {}",
                short(outline.calls),
                number_of(u64::from(outline.organizations), "organization", "organizations"),
                date(outline.start),
                date(outline.end),
                outline.about_costs
            ));
            for remark in &outline.remarks {
                terminal::tell(&format!("note: {remark}"));
            }
        }
        let asks = io::stdin().is_terminal() && io::stderr().is_terminal();
        let credit = match &arguments.credit_price {
            Some(text) => text.clone(),
            None if asks => ask("price of a credit beyond the allowance, such as `0.10 USD`")?,
            None => return Err(unpriced()),
        };
        let (credit, currency) = money("--credit-price", &credit)?;
        let subscription = match &arguments.subscription {
            Some(text) => text.clone(),
            None if asks => ask("price of a month, such as `29 USD`; nothing for none")?,
            None => String::new(),
        };
        let subscription = match subscription.trim() {
            "" => None,
            text => {
                let (price, own) = money("--subscription", text)?;
                if own != currency {
                    let what = format!("`--subscription` is in {own} and `--credit-price` in {currency}");
                    return Err(CommandProblem::usage(what));
                }
                Some(price)
            }
        };
        let terms = NewTerms { allowance, subscription, credit, currency };
        match credit.nanos().checked_mul(i64::from(terms.package())) {
            Some(_) => Ok(terms),
            None => Err(CommandProblem::usage(
                "a package of credits at that price costs more than can be counted",
            )),
        }
    }

    /// Credits of a package: a fifth of the allowance, in what people would write.
    fn package(&self) -> u32 {
        let fifth = (self.allowance / 5.0).max(1.0);
        let step = libm::pow(10.0, libm::floor(libm::log10(fifth)));
        (libm::round(fifth / step) * step) as u32
    }

    fn amount(&self, money: Money) -> String {
        format!("\"{money} {}\"", self.currency)
    }
}

/// A price is the user's to say.
fn unpriced() -> CommandProblem {
    CommandProblem::Usage {
        what: String::from(
            "what a credit costs beyond the allowance is not said, and there is no terminal to ask",
        ),
        hint: Some(String::from(
            "write `--credit-price '0.10 USD'`, and `--subscription '29 USD'` if a month has a price",
        )),
    }
}

fn money(option: &str, text: &str) -> Result<(Money, String), CommandProblem> {
    let read = parse_money(text.trim()).filter(|(money, _)| money.nanos() > 0);
    read.ok_or_else(|| CommandProblem::Usage {
        what: format!("`{option} {}` is no price", visible(text)),
        hint: Some(String::from("write an amount above 0 and a currency, such as \"0.10 USD\"")),
    })
}

/// One line from the terminal.
fn ask(what: &str) -> Result<String, CommandProblem> {
    let broken = |source| CommandProblem::File { path: "standard input".into(), source };
    let mut stderr = io::stderr().lock();
    write!(stderr, "{what}: ").and_then(|()| stderr.flush()).map_err(broken)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(broken)?;
    Ok(line.trim().to_owned())
}

/// The history's name as the scenario has it: relative to the scenario's folder, if it lies there or is absolute.
fn file_from(usage: &Path, output: Option<&Path>) -> String {
    let folder = output.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let path: PathBuf = match folder {
        None => usage.to_owned(),
        Some(folder) => match usage.strip_prefix(folder) {
            Ok(below) => below.to_owned(),
            Err(_) => std::path::absolute(usage).unwrap_or_else(|_| usage.to_owned()),
        },
    };
    path.to_string_lossy().into_owned()
}

fn date(at: crate::units::SimTime) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn text(arguments: &NewArguments, outline: Option<&Outline>, terms: &NewTerms) -> String {
    let name = arguments.output.as_deref().and_then(Path::file_stem);
    let name = name.map_or_else(|| "new".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut text = String::from("# Question: which of these policies should be in force?\n\nversion = 1\n");
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let _ = writeln!(text, "name = \"{}\"", name.chars().map(plain).collect::<String>());
    match outline {
        Some(Outline { start, end, text: usage, .. }) => {
            let _ = writeln!(text, "start = {start}\nend = {end}\nreplications = 5\n\n{usage}");
        }
        None => text += DEMAND,
    }
    let _ = writeln!(
        text,
        "# What every policy below shares.\n[policy]\nadmission = \"positive\"\nshort = \"reject\"\n\
         allowance = {{ credits = {}, every = \"month\" }}",
        terms.allowance
    );
    if let Some(price) = terms.subscription {
        let _ = writeln!(text, "subscription = {}", terms.amount(price));
    }
    for (index, policy) in arguments.policies.iter().enumerate() {
        // One that is named twice is meant once.
        if !arguments.policies[..index].contains(policy) {
            text += &policy_text(*policy, terms);
        }
    }
    text
}

/// Demand to begin with, where no history says it.
const DEMAND: &str = r#"start = 2025-01-01T00:00:00Z
horizon = "3 months"
replications = 10

[[cohorts]]
name = "customers"
organizations = 200
activity = { lognormal = { mean = 1.0, cv = 1.6 } }  # multiplies every rate, drawn once per organization
profile = "office"

[features.chat]
arrivals = { gamma = "20/day", cv = 1.5 }
cost = { lognormal = { median = 0.8, sigma = 0.7 } }
duration = { lognormal = { median = "8s", sigma = 0.6 } }

"#;

fn policy_text(policy: NewPolicy, terms: &NewTerms) -> String {
    match policy {
        NewPolicy::Block => "\n# Work starts while credits are left.\n[policies.block]\n".to_owned(),
        NewPolicy::Overdraft => format!(
            "\n# A quarter of the allowance may be owed; it is invoiced at the end of each month.\n[policies.overdraft]\n\
             short = \"allow\"\noverdraft = {{ limit = {}, at_cycle = \"invoice\", price_per_credit = {} }}\n",
            (terms.allowance / 4.0).max(0.01),
            terms.amount(terms.credit)
        ),
        NewPolicy::TopUp => {
            let package = terms.package();
            let price = Money::from_nanos(terms.credit.nanos() * i64::from(package));
            format!(
                "\n# A package is bought whenever credits run low, ten times a month at most.\n[policies.top-up]\n\
                 packages = [{{ name = \"extra\", credits = {package}, price = {}, expires_after = \"12 months\" }}]\n\
                 top_up = {{ threshold = {}, cooldown = \"1 min\", cap = {{ count = 10, per = \"month\" }} }}\n",
                terms.amount(price),
                f64::from(package) / 5.0
            )
        }
        NewPolicy::Rollover => format!(
            "\n# What is left is kept for three months, up to twice the allowance.\n[policies.rollover]\n\
             rollover = {{ max_total = {}, max_periods = 3 }}\n",
            2.0 * terms.allowance
        ),
        NewPolicy::Hold => "\n# The expected cost is reserved before work starts.\n[policies.hold]\n\
             admission = { hold = { estimate = \"expected\", buffer = 0.2, timeout = \"1 day\" } }\n"
            .to_owned(),
    }
}
