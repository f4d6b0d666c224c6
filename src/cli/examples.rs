//! Examples that stand below the help of every command. A test reads each as it would be typed.

pub(super) const RUN: &str = "\
Examples:
  creditsim run policy-shootout
  creditsim run my-product.toml --policy block --policy hold --replications 50
  creditsim run my-product.toml --set policies.overdraft.overdraft.limit=200
  creditsim run my-product.toml --threshold 'hold: loss_rate < 8%' --quiet
  creditsim run policy-shootout --shard 1-8/64";

pub(super) const MERGE: &str = "\
Examples:
  creditsim merge output/policy-shootout/seed-2025-1a2b3c4d-64-shards
  creditsim merge parts-of-one-machine parts-of-another --threshold 'hold: loss_rate < 8%'
Shards are run with `creditsim run SCENARIO --shard FROM-TO/N`.";

pub(super) const CHECK: &str = "\
Examples:
  creditsim check my-product.toml
  creditsim check my-product.toml --set policies.hold.short=queue
  creditsim check theirs/scenario.toml --sandboxed";

pub(super) const SHOW: &str = "\
Examples:
  creditsim show output/policy-shootout/seed-2025-1a2b3c4d
  creditsim show output/policy-shootout/seed-2025-1a2b3c4d --command";

pub(super) const EXPLAIN: &str = "\
Examples:
  creditsim explain policy-shootout --organization small/3 --policy hold
  creditsim explain policy-shootout --organization small/3 --from 2025-02-01 --to 2025-02-08
  creditsim explain policy-shootout --organization small/3 --format csv
  creditsim explain policy-shootout --organization small/3 --usage month,feature
  creditsim explain policy-shootout --organization small/3 --policy block --against overdraft";

pub(super) const SCENARIOS: &str = "\
Examples:
  creditsim scenarios
  creditsim scenarios agents
  creditsim scenarios data/usage.csv";

pub(super) const FIT: &str = "\
Examples:
  creditsim fit usage.csv --output fitted.toml --report fitted.html
  creditsim fit usage.jsonl.gz --scale 0.1";

pub(super) const PRESETS: &str = "\
Examples:
  creditsim presets
  creditsim presets openmeter";

pub(super) const SCHEMA: &str = "\
Examples:
  creditsim schema";

pub(super) const SWEEP: &str = "\
Examples:
  creditsim sweep policy-shootout --quick --policy overdraft --vary policies.overdraft.overdraft.limit=0..200:50
  creditsim sweep my-product.toml --vary policy.allowance.credits=200,400,800 --objectives loss_rate,margin_money
OUTCOMES are listed by `creditsim metrics`.";

pub(super) const OPTIMIZE: &str = "\
Examples:
  creditsim optimize my-product.toml --maximize margin_money --subject-to 'loss_rate < 5%' \
--policy hold --over policy.allowance.credits=200..800:100
  creditsim optimize policy-shootout --quick --minimize lost_credits --policy overdraft \
--over policies.overdraft.overdraft.limit=0..400
OUTCOMES are listed by `creditsim metrics`.";

pub(super) const SENSITIVITY: &str = "\
Examples:
  creditsim sensitivity policy-shootout --quick --metric loss_rate --only features.agent
  creditsim sensitivity my-product.toml --metric margin_money --policy hold --factor 1.5
OUTCOMES are listed by `creditsim metrics`.";

pub(super) const BENCH: &str = "\
Examples:
  creditsim bench
  creditsim bench policy-shootout --millions 5";

pub(super) const VERIFY: &str = "\
Examples:
  creditsim verify
  creditsim verify --analytic --only 3
  creditsim verify --determinism policy-shootout";

pub(super) const NEW: &str = "\
Examples:
  creditsim new --from usage.csv --subscription '29 USD' --credit-price '0.10 USD' --output decide.toml
  creditsim new --from usage.csv --policies block,hold,top-up --allowance 500 --credit-price '5 EUR' --output decide.toml
  creditsim new --subscription '29 USD' --credit-price '0.10 USD'";

pub(super) const COMPARE: &str = "\
Examples:
  creditsim compare output/decide/seed-1-1a2b3c4d output/decide/seed-1-5e6f7a8b
  creditsim compare OLD NEW --format markdown
Both are folders that `creditsim run` has written.";

pub(super) const BACKTEST: &str = "\
Examples:
  creditsim backtest my-product.toml --actual invoices.csv
  creditsim backtest my-product.toml --actual invoices.csv --policy hold --within 0.5% --require 'exact_share >= 95%'
  creditsim backtest usage.csv --scenario my-product.toml --actual invoices.csv --column 'invoiced=Total due'
MEASURES of a condition: exact_share, within_share, exact_rows_share, within_rows_share, unreplayed_share, unbilled_share,
difference_share; of the bill, or `in` invoiced, charged, refused, top_ups, topped_up.";

pub(super) const METRICS: &str = "\
Examples:
  creditsim metrics
  creditsim metrics loss_rate";

pub(super) const COMPLETIONS: &str = "\
Examples:
  creditsim completions bash
  creditsim completions zsh";

pub(super) const MAN: &str = "\
Examples:
  creditsim man
  creditsim man run";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::cli::Arguments;

    /// The words of a line, quotes taken off as a shell does it.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.trim().chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().expect("there is one").push(c),
            }
        }
        words
    }

    #[test]
    fn every_command_has_examples_that_can_be_typed() {
        let mut program = Arguments::command();
        program.build();
        for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> =
                help.lines().filter(|line| line.trim_start().starts_with("creditsim ")).collect();
            assert!(!examples.is_empty(), "`{}` has no example", command.get_name());
            for example in examples {
                let words = words(example);
                assert_eq!(words[1], command.get_name(), "{example}");
                if let Err(error) = Arguments::try_parse_from(&words) {
                    panic!("{example}: {error}");
                }
            }
        }
    }

    /// The `$ creditsim …` lines of a page, each in one line, without what a shell does with them.
    fn commands(page: &str) -> Vec<String> {
        let page = page.replace("\\\n", " ");
        let typed = page
            .lines()
            .filter_map(|line| line.strip_prefix("$ "))
            .filter(|line| line.starts_with("creditsim "));
        let bare = |line: &str| {
            let mut quoted = false;
            let end = line.char_indices().find(|(_, c)| {
                quoted ^= *c == '\'';
                !quoted && ['#', '|', '>', ';'].contains(c)
            });
            let line = &line[..end.map_or(line.len(), |(at, _)| at)];
            line.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(" 2").to_owned()
        };
        typed.map(bare).collect()
    }

    /// Markdown files below a folder.
    fn pages(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path());
        entries.flat_map(|path| if path.is_dir() { pages(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn what_pages_tell_to_type_can_be_typed() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut read = 0;
        for page in pages(&root.join("docs")).into_iter().chain([root.join("README.md")]) {
            if page.extension().is_none_or(|ending| ending != "md") {
                continue;
            }
            for command in commands(&std::fs::read_to_string(&page).expect("a page")) {
                if let Err(error) = Arguments::try_parse_from(words(&command)) {
                    panic!("{}: {command}: {error}", page.display());
                }
                read += 1;
            }
        }
        assert!(read > 60, "{read} commands");
    }
}
