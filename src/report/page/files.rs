//! What lies beside the page, by name.

use super::PageBlock;

/// Files and what is in each; the first that a name begins with tells it.
const KNOWN: [(&str, &str); 24] = [
    ("summary.csv", "every outcome of every policy, with its interval"),
    ("comparison.csv", "every difference from the baseline, with its verdict"),
    ("timeline.csv", "balances, refusals and cash over time"),
    ("organizations-by-size.csv", "who wins and who loses, by size of demand"),
    ("organizations-largest.csv", "the largest changes of single organizations"),
    ("organizations-change.csv", "every organization's change against the baseline"),
    ("organizations.csv", "every organization under every policy"),
    ("replications.csv", "every outcome in every replication"),
    ("books.csv", "the books by month"),
    ("monthly.csv", "organizations by month"),
    ("limits.csv", "limits and who met them"),
    ("cycles", "every cycle of every account"),
    ("operations", "every attempt"),
    ("journal", "every entry of every ledger"),
    ("sweep.csv", "every outcome at every point"),
    ("front.csv", "the Pareto front"),
    ("optimum.csv", "every setting that was tried, the chosen one first"),
    ("sensitivity-", "what each assumption moves"),
    ("morris-", "elementary effects"),
    ("ranking.txt", "whether an assumption turns the ranking of policies"),
    ("tables.json", "the tables as printed"),
    ("printed.json", "what the command printed, in every form"),
    ("plots/", "a picture"),
    ("manifest.json", "what was run: command, scenario, versions, hashes"),
];

/// The files of a folder as links, by name; pictures are in the page.
pub(in crate::report) fn file_list<'n>(names: impl IntoIterator<Item = &'n str>) -> PageBlock {
    let about = |name: &str| {
        let known = KNOWN.iter().find(|(begin, _)| name.starts_with(begin));
        known.map_or(String::new(), |(_, about)| (*about).to_owned())
    };
    let mut names: Vec<&str> = names.into_iter().filter(|name| !name.starts_with("plots/")).collect();
    // It is written last, and always.
    names.push("manifest.json");
    names.sort_unstable();
    PageBlock::Files(names.into_iter().map(|name| (name.to_owned(), about(name))).collect())
}
