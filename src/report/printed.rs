//! What a command printed, kept beside its files, so that it can be printed again.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::RunFolder;
use super::table::{Format, pretty};

/// Name of the file.
pub const PRINTED: &str = "printed.json";

/// Tables and sentences in every form, byte for byte as stdout had them or would have had them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    text: String,
    markdown: String,
    json: String,
    /// Absent if a file of the folder has it already.
    #[serde(skip_serializing_if = "Option::is_none")]
    csv: Option<String>,
    /// That file.
    #[serde(skip_serializing_if = "Option::is_none")]
    csv_file: Option<String>,
}

impl Printed {
    /// Writes every form into a folder; `csv_file` is the file that is the CSV form, if one is. A form that fails costs this
    /// file only.
    pub fn keep(folder: &mut RunFolder, csv_file: Option<&str>, form: impl Fn(Format) -> String) {
        super::attempt(folder, PRINTED, || {
            let printed = Printed {
                text: form(Format::Text),
                markdown: form(Format::Markdown),
                json: form(Format::Json),
                csv: csv_file.is_none().then(|| form(Format::Csv)),
                csv_file: csv_file.map(str::to_owned),
            };
            Ok(pretty(&serde_json::to_value(&printed)?).into_bytes())
        });
    }

    /// Reads one form out of a folder.
    ///
    /// # Errors
    /// If the folder has none.
    pub fn read(folder: &Path, format: Format) -> io::Result<String> {
        let printed: Printed = serde_json::from_slice(&fs::read(folder.join(PRINTED))?)?;
        Ok(match format {
            Format::Text => printed.text,
            Format::Markdown => printed.markdown,
            Format::Json => printed.json,
            Format::Csv => match printed.csv_file {
                Some(file) => fs::read_to_string(folder.join(file))?,
                None => printed.csv.unwrap_or_default(),
            },
        })
    }
}
