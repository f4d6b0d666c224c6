//! The keys of `[histories.NAME]`.

use crate::workload::{Duplicates, HistoryFormat, MAPPINGS, Sizeless};

use crate::scenario::reading::{Field, Kind, TableShape, default, optional, required, words, words_of};

/// The keys of a history.
pub(crate) static HISTORY: TableShape = TableShape {
    name: "history",
    doc: "A file of past usage that a cohort replays.",
    tags: &[],
    parts: &[FILE, COLUMNS, PRICES, LAYING],
};

static FILE: &[Field] = &[
    required("file", Kind::Text, "CSV, JSONL or JSON, plain or gzip; relative to the scenario's folder."),
    default(
        "format",
        Kind::Words(words_of_format),
        "\"auto\"",
        "How it is written; by its first byte if `auto`. A JSON document is read like JSONL: its rows are the elements of its arrays.",
    ),
    optional(
        "mapping",
        Kind::Words(mappings),
        "Columns of a known product's export, see docs/usage-histories.md; other keys override them.",
    ),
    optional(
        "time_zone",
        Kind::Text,
        "IANA name of the zone of instants without an offset; UTC if left out.",
    ),
];

const NAMES: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]);

static COLUMNS: &[Field] = &[
    optional(
        "time",
        NAMES,
        "Column of the arrival (several: the first that is not empty); `timestamp` if left out.",
    ),
    optional("end", NAMES, "Column of the end of the work, as an instant."),
    optional("organization", NAMES, "Column of the organization; all rows belong to one if left out."),
    optional("feature", NAMES, "Column of the feature."),
    optional(
        "features",
        Kind::Map("value", &Kind::Name("feature")),
        "Features by the values of that column; values that are names of features need no entry.",
    ),
    optional(
        "other_features",
        Kind::Text,
        "What becomes of other values: \"refuse\" (if left out), \"skip\", or the name of a feature.",
    ),
    optional(
        "duration",
        Kind::Either(&[Kind::Text, Kind::Table(&DURATION)]),
        "Column of the work time, in seconds unless it says otherwise.",
    ),
    optional(
        "status",
        Kind::Either(&[Kind::Text, Kind::List(&Kind::Text), Kind::Table(&STATUS)]),
        "Column of the outcome (several: the worst counts); by its name alone it is read by the words that everybody uses.",
    ),
    optional(
        "member",
        NAMES,
        "Column of the person who asks; rows that leave it empty, where others do not, are nobody's.",
    ),
    optional(
        "group",
        NAMES,
        "Column of the group (cost centre, seat type) of that person, who is in the last one named; rows that name a group and nobody are asked by one person of the group.",
    ),
    optional(
        "groups",
        Kind::Either(&[Kind::List(&Kind::Text), Kind::Map("value", &Kind::Text)]),
        "Groups that the file names, or groups by the values of that column; values that are names of groups need no entry.",
    ),
    default(
        "other_groups",
        Kind::Text,
        "\"refuse\"",
        "What becomes of other values: \"refuse\", \"none\" (the person is in the group that the cohort draws, if any), or the name of a group.",
    ),
    optional("project", NAMES, "Column of the project; what is for none is one more project."),
    optional(
        "id",
        NAMES,
        "Column of a unique number, by which repeated rows are found (several: together they number a row); by all cells if left out.",
    ),
    optional(
        "unit",
        NAMES,
        "Column of the unit of sizes; `features` may then name `value [unit]`, or `[unit]` for every value in that unit.",
    ),
    optional("kinds", Kind::Table(&KINDS), "Which rows are usage, in files that hold others too."),
];

static PRICES: &[Field] = &[
    optional(
        "cost",
        Kind::Text,
        "Formula over columns, such as \"units * steps / 30\", or \"drawn\": cost and duration as the feature's demand says.",
    ),
    optional(
        "quantities",
        Kind::Map("quantity", &Kind::Text),
        "Columns of the quantities of the feature's cost formula, in the place of `cost`: `a`, `a|b` (the first not empty), `a - b`, `a[b=word]` (where `b` is that word).",
    ),
    optional(
        "optional",
        Kind::List(&Kind::Text),
        "Columns (or quantities) whose empty cells count as 0; another empty cell leaves a row without a size.",
    ),
    default(
        "sizeless",
        Kind::Words(words_of_sizeless),
        "\"skip\"",
        "Rows without a size: left out and counted, replayed at no cost, or refused.",
    ),
    default(
        "duplicates",
        Kind::Words(words_of_duplicates),
        "\"keep\"",
        "Rows that repeat another of their organization: in every cell at one instant, or by their id.",
    ),
    optional("buckets", Kind::Table(&BUCKETS), "Rows are totals of time buckets."),
];

static LAYING: &[Field] = &[
    optional(
        "shift",
        Kind::Either(&[Kind::Word("to start"), Kind::Word("to week"), Kind::Table(&SHIFT)]),
        "Moves the history: its first row to the scenario's start, or by whole weeks into its first week; not at all if left out.",
    ),
    default("thin", Kind::Probability, "1", "Share of operations that is kept."),
    default("scale", Kind::NUMBER_FROM_ZERO, "1", "Multiplies every cost."),
    default("repeat", Kind::POSITIVE_COUNT, "1", "How often the history is played, one after another."),
    optional(
        "repeat_every",
        Kind::POSITIVE_SPAN,
        "Distance of repetitions; the history's length in whole days if left out.",
    ),
    optional("only", Kind::List(&Kind::Text), "Organizations that are replayed; `*` stands for anything."),
    optional(
        "merge_into",
        Kind::POSITIVE_COUNT,
        "Merges the organizations into so many, by hash of their labels.",
    ),
];

pub(super) static DURATION: TableShape = TableShape {
    name: "duration-column",
    doc: "A column of work times.",
    tags: &[],
    parts: &[&[
        required("column", Kind::Text, "Its name."),
        default("unit", Kind::POSITIVE_SPAN, "\"1s\"", "Length of its unit, such as \"1 ms\"."),
    ]],
};

pub(super) static STATUS: TableShape = TableShape {
    name: "status-column",
    doc: "A column of outcomes; values it does not name are successes, unless it names none: then `failed`, `ERROR`, `timeout`, 503, `Aborted, Not Charged` and their like are known.",
    tags: &[],
    parts: &[&[
        required("column", NAMES, "Its name."),
        optional("failed", Kind::List(&Kind::Text), "Values that mean failed."),
        optional("cancelled", Kind::List(&Kind::Text), "Values that mean cancelled."),
    ]],
};

pub(super) static BUCKETS: TableShape = TableShape {
    name: "buckets",
    doc: "Rows are totals of time buckets, spread evenly over them; totals are kept exactly.",
    tags: &[],
    parts: &[&[
        optional(
            "length",
            Kind::Either(&[Kind::POSITIVE_SPAN, Kind::Word("as found")]),
            "Length of a bucket, on whose grid all times must lie; \"as found\" tells it by the times of the file; may be left out if `end` is written.",
        ),
        optional("end", NAMES, "Column of the instant at which a bucket ends."),
        optional("requests", Kind::Text, "Column with the number of operations; one a row if left out."),
    ]],
};

pub(super) static KINDS: TableShape = TableShape {
    name: "kinds",
    doc: "A column of kinds of rows; rows of other kinds (taxes, fees, discounts) are counted and left out.",
    tags: &[],
    parts: &[&[
        required("column", NAMES, "Its name."),
        required("usage", Kind::List(&Kind::Text), "Kinds that are usage, in any case."),
    ]],
};

pub(super) static SHIFT: TableShape = TableShape {
    name: "shift",
    doc: "How a history is moved in time.",
    tags: &[
        optional("later", Kind::SPAN, "By this span to the future."),
        optional("earlier", Kind::SPAN, "By this span to the past."),
        optional("to", Kind::Instant, "The first row to this instant."),
        optional(
            "to_week",
            Kind::Instant,
            "By whole weeks, the first row into the week from this instant on.",
        ),
    ],
    parts: &[],
};

words!(HistoryFormat { "auto" => Auto, "csv" => Csv, "jsonl" => Jsonl });
words!(Sizeless { "skip" => Skip, "free" => Free, "refuse" => Refuse });
words!(Duplicates { "keep" => Keep, "drop" => Drop, "refuse" => Refuse });

fn words_of_format() -> Vec<&'static str> {
    words_of::<HistoryFormat>()
}

fn words_of_sizeless() -> Vec<&'static str> {
    words_of::<Sizeless>()
}

fn words_of_duplicates() -> Vec<&'static str> {
    words_of::<Duplicates>()
}

pub(super) fn mappings() -> Vec<&'static str> {
    MAPPINGS.to_vec()
}
