//! How a scenario file is read: a tree that knows its lines, shapes that declare every key with its kind and range, and
//! readers that gather all problems.
//!
//! Leaves what the keys mean to the rest of `scenario`.

mod fit;
mod habits;
mod item;
mod layers;
mod problem;
mod quantity;
mod reader;
mod section;
mod shape;
mod tree;

pub(crate) use item::Item;
pub(crate) use layers::merge;
pub(crate) use problem::did_you_mean;
pub use problem::{Excerpt, Level, Problem};
#[cfg(feature = "cli")]
pub(crate) use quantity::{money, span};
pub(crate) use quantity::{period, share};
pub(crate) use reader::Reader;
pub(crate) use section::Section;
pub(crate) use shape::{
    Field, Kind, MOST_CREDITS, NumberRange, Presence, TableShape, ValueUnit, Words, default, optional,
    required, words, words_of,
};
pub(crate) use tree::{
    Node, SourcePlace, TomlTable, TomlValue, join, parse, parse_value, set_path, split_path,
};
