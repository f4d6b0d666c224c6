//! The examples bundled in the binary.

/// A bundled scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Its name on the command line.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

impl Example {
    /// The question it answers, from its first comment line.
    #[must_use]
    pub fn question(&self) -> &'static str {
        question(self.text).unwrap_or_default()
    }
}

/// The text of the comment `# Question: …` at the head of a scenario.
pub(crate) fn question(text: &str) -> Option<&str> {
    let comments = text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty());
    comments
        .filter_map(|line| line.trim_start_matches('#').trim().strip_prefix("Question:"))
        .map(str::trim)
        .next()
}

/// Every bundled scenario, the main one first.
#[must_use]
pub fn list() -> &'static [Example] {
    EXAMPLES
}

/// The bundled scenario `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.name == name)
}

/// A usage history that a bundled scenario replays, by its name in the scenario.
#[must_use]
pub fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
}

/// Files that bundled scenarios name.
static FILES: &[(&str, &[u8])] = &[("data/usage.csv", include_bytes!("../../scenarios/data/usage.csv"))];

/// Declares examples whose file stands in `scenarios/`.
macro_rules! examples {
    ($($name:literal),+ $(,)?) => {
        static EXAMPLES: &[Example] = &[$(Example {
            name: $name,
            text: include_str!(concat!("../../scenarios/", $name, ".toml")),
        }),+];
    };
}

examples!(
    "policy-shootout",
    "campaign-platform",
    "amplience-workforce",
    "amplience-credits",
    "ampere",
    "ai-engine",
    "usage-history",
    "agents",
    "claude",
    "codex",
    "windsurf",
    "litellm",
    "kiro",
    "replit",
    "copilot",
    "cursor",
    "figma",
    "warp",
    "lovable",
    "throughput",
    "million-organizations",
    "questions/five-hours-and-a-week",
    "questions/first-use-windows",
    "questions/banked-resets",
    "questions/months-to-days",
    "questions/rescue-model",
    "questions/parallel-calls",
    "questions/worst-case-reservations",
    "questions/rollover-on-top",
    "questions/grace-in-flight",
    "questions/recharge-loops",
    "questions/requests-to-tokens",
    "questions/price-change",
    "questions/peak-hours",
    "questions/grace-once-a-year",
    "questions/ratable-or-on-use",
    "questions/suspension-of-the-unpaid",
    "questions/budgets-of-a-company",
    "questions/consent-before-purchased",
    "questions/unused-seats-pooled",
    "questions/seat-plan-to-pool",
);
