//! Rows as Parquet: the cells of a CSV file, each in the type of its column.
//!
//! Owns schemas, types and how many rows stand in a group. Leaves which rows there are to whoever writes the CSV: its bytes are
//! read, so that both files say the same. Invariants: an empty cell is a null, any other a value; the same rows give the same
//! bytes, however they come.

mod kinds;

use std::io::{self, Write};
use std::sync::Arc;

use csv::StringRecord;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use crate::units::SimTime;

use super::{RowPieces, unguarded};
use kinds::{CellKind, kind_of};

/// Rows of a group: enough to compress well, few enough to keep in memory.
const GROUP: usize = 1 << 16;

/// Bytes and digits of a decimal: 128 bits.
const DECIMAL: (i32, i32) = (16, 38);

/// A file of rows that is being written.
pub struct ParquetRows<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<ColumnCells>,
    pieces: RowPieces,
    header_seen: bool,
}

/// The cells of a column in the group that is being filled.
struct ColumnCells {
    name: String,
    values: TypedCells,
    /// 1 for a value, 0 for a null.
    present: Vec<i16>,
}

enum TypedCells {
    Text(Vec<ByteArray>),
    Count(Vec<i64>),
    Decimal(Vec<FixedLenByteArray>, usize),
    Real(Vec<f64>),
    Instant(Vec<i64>),
}

impl<W: Write + Send> ParquetRows<W> {
    /// Begins the twin of the CSV file of this name, whose header names the columns.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn begin(out: W, file: &str, header: &str) -> io::Result<Self> {
        let columns: Vec<ColumnCells> =
            header.trim_end().split(',').map(|name| ColumnCells::new(name, kind_of(file, name))).collect();
        let fields = columns.iter().map(ColumnCells::field).collect::<Result<_, _>>().map_err(broken)?;
        let schema = Type::group_type_builder("rows").with_fields(fields).build().map_err(broken)?;
        // Nothing of the machine and nothing of the library's release: the same rows give the same bytes.
        let properties = WriterProperties::builder()
            .set_created_by(String::from("creditsim"))
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_compression(Compression::SNAPPY)
            .build();
        let writer =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(broken)?;
        Ok(ParquetRows { writer, columns, pieces: RowPieces::default(), header_seen: false })
    }

    /// Takes the next bytes of the CSV file, its header first.
    ///
    /// # Errors
    /// If the writer fails, or a cell is not what its column holds.
    pub fn take(&mut self, csv: &[u8]) -> io::Result<()> {
        let ParquetRows { writer, columns, pieces, header_seen } = self;
        pieces.take(csv, &mut |row| {
            if std::mem::replace(header_seen, true) { push(columns, writer, row) } else { Ok(()) }
        })
    }

    /// The writer, once everything is in it.
    ///
    /// # Errors
    /// If it does not take the rest.
    pub fn finish(mut self) -> io::Result<W> {
        write_group(&mut self.columns, &mut self.writer)?;
        self.writer.into_inner().map_err(broken)
    }
}

/// The Parquet twin of a CSV file that is whole.
///
/// # Errors
/// A cell that is not what its column holds.
pub fn parquet_of(file: &str, csv: &[u8]) -> io::Result<Vec<u8>> {
    let header = csv.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let mut rows = ParquetRows::begin(Vec::new(), file, &String::from_utf8_lossy(header))?;
    rows.take(csv)?;
    rows.finish()
}

fn push<W: Write + Send>(
    columns: &mut [ColumnCells],
    writer: &mut SerializedFileWriter<W>,
    row: &StringRecord,
) -> io::Result<()> {
    for (column, cell) in columns.iter_mut().zip(row) {
        column.push(cell)?;
    }
    let full = columns.first().is_some_and(|column| column.present.len() >= GROUP);
    if full { write_group(columns, writer) } else { Ok(()) }
}

fn write_group<W: Write + Send>(
    columns: &mut [ColumnCells],
    writer: &mut SerializedFileWriter<W>,
) -> io::Result<()> {
    if columns.first().is_none_or(|column| column.present.is_empty()) {
        return Ok(());
    }
    let mut group = writer.next_row_group().map_err(broken)?;
    for column in columns {
        let mut out =
            group.next_column().map_err(broken)?.ok_or_else(|| io::Error::other("a column is missing"))?;
        column.write(&mut out).map_err(broken)?;
        out.close().map_err(broken)?;
    }
    group.close().map_err(broken)?;
    Ok(())
}

impl ColumnCells {
    fn new(name: &str, kind: CellKind) -> Self {
        let values = match kind {
            CellKind::Text => TypedCells::Text(Vec::new()),
            CellKind::Count => TypedCells::Count(Vec::new()),
            CellKind::Decimal { places } => TypedCells::Decimal(Vec::new(), places),
            CellKind::Real => TypedCells::Real(Vec::new()),
            CellKind::Instant => TypedCells::Instant(Vec::new()),
        };
        ColumnCells { name: name.to_owned(), values, present: Vec::new() }
    }

    /// How the schema names and types it.
    fn field(&self) -> Result<Arc<Type>, ParquetError> {
        let of = |physical| {
            Type::primitive_type_builder(&self.name, physical).with_repetition(Repetition::OPTIONAL)
        };
        let field = match &self.values {
            TypedCells::Text(_) => of(Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)),
            TypedCells::Count(_) => of(Physical::INT64),
            TypedCells::Real(_) => of(Physical::DOUBLE),
            TypedCells::Instant(_) => {
                let logical = LogicalType::timestamp(true, TimeUnit::MICROS);
                of(Physical::INT64).with_logical_type(Some(logical))
            }
            TypedCells::Decimal(_, places) => {
                let ((length, precision), scale) = (DECIMAL, *places as i32);
                let logical = LogicalType::decimal(scale, precision);
                let field = of(Physical::FIXED_LEN_BYTE_ARRAY).with_length(length).with_precision(precision);
                field.with_scale(scale).with_logical_type(Some(logical))
            }
        };
        field.build().map(Arc::new)
    }

    fn push(&mut self, cell: &str) -> io::Result<()> {
        self.present.push(i16::from(!cell.is_empty()));
        if cell.is_empty() {
            return Ok(());
        }
        let read = match &mut self.values {
            TypedCells::Text(values) => {
                values.push(ByteArray::from(unguarded(cell)));
                Some(())
            }
            TypedCells::Count(values) => cell.parse().ok().map(|value| values.push(value)),
            TypedCells::Real(values) => cell.parse().ok().map(|value| values.push(value)),
            TypedCells::Instant(values) => cell.parse::<SimTime>().ok().map(|at| values.push(at.micros())),
            TypedCells::Decimal(values, places) => decimal(cell, *places).map(|value| {
                values.push(FixedLenByteArray::from(value.to_be_bytes().to_vec()));
            }),
        };
        read.ok_or_else(|| {
            let what = format!("column `{}` cannot hold `{cell}`", self.name);
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }

    /// Writes the cells of the group and forgets them.
    fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        fn put<T: DataType>(
            out: &mut SerializedColumnWriter<'_>,
            values: &mut Vec<T::T>,
            present: &[i16],
        ) -> Result<(), ParquetError> {
            out.typed::<T>().write_batch(values, Some(present), None)?;
            values.clear();
            Ok(())
        }
        let present = &self.present;
        match &mut self.values {
            TypedCells::Text(values) => put::<ByteArrayType>(out, values, present)?,
            TypedCells::Count(values) | TypedCells::Instant(values) => {
                put::<Int64Type>(out, values, present)?
            }
            TypedCells::Real(values) => put::<DoubleType>(out, values, present)?,
            TypedCells::Decimal(values, _) => put::<FixedLenByteArrayType>(out, values, present)?,
        }
        self.present.clear();
        Ok(())
    }
}

/// An integer with `places` implied decimals; none if the text is no decimal of so many places.
fn decimal(text: &str, places: usize) -> Option<i128> {
    let (sign, magnitude) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    let fits = !whole.is_empty() && fraction.len() <= places && whole.len() + places <= DECIMAL.1 as usize;
    if !fits || !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse::<i128>().ok().map(|value| sign * value)
}

fn broken(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    const CSV: &str = "replication,policy,organization,feature,operation,arrived,estimate,cost,member,quantities\n\
        0,block,'=a,post,7,2025-01-01T00:00:00.5Z,,-12.5,none,\n\
        1,\"b,c\",x/1,post,8,1969-12-31T23:59:59Z,0.000001,9223372036854.775807,3,words=1\n";

    fn cells(bytes: Vec<u8>) -> Vec<Vec<String>> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&bytes).expect("written");
        let reader = SerializedFileReader::new(file).expect("a file of columns");
        let rows = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row"));
        let text = |field: &Field| match field {
            Field::Null => "null".to_owned(),
            Field::Str(text) => text.clone(),
            other => other.to_string(),
        };
        rows.map(|row| row.get_column_iter().map(|(_, field)| text(field)).collect()).collect()
    }

    #[test]
    fn cells_keep_their_values_in_the_types_of_their_columns() {
        let rows = cells(parquet_of("operations.csv", CSV.as_bytes()).expect("written"));
        let first = [
            "0",
            "block",
            "=a",
            "post",
            "7",
            "2025-01-01 00:00:00.500000 +00:00",
            "null",
            "-12.500000",
            "none",
            "null",
        ];
        assert_eq!(rows[0], first);
        assert_eq!(rows[1][1..3], ["b,c", "x/1"]);
        assert_eq!(rows[1][6..], ["0.000001", "9223372036854.775807", "3", "words=1"]);
    }

    #[test]
    fn bytes_do_not_depend_on_how_rows_come() {
        let whole = parquet_of("operations.csv", CSV.as_bytes()).expect("written");
        for size in [1, 7, 100] {
            let header = CSV.lines().next().expect("a header");
            let mut rows = ParquetRows::begin(Vec::new(), "operations.csv", header).expect("begun");
            CSV.as_bytes().chunks(size).for_each(|piece| rows.take(piece).expect("taken"));
            assert_eq!(rows.finish().expect("finished"), whole);
        }
    }

    #[test]
    fn groups_hold_all_rows_and_what_no_column_can_hold_is_refused() {
        let mut csv = String::from("replication,policy,operation\n");
        (0..GROUP + 3).for_each(|row| csv += &format!("0,block,{row}\n"));
        let rows = cells(parquet_of("operations.csv", csv.as_bytes()).expect("written"));
        assert_eq!((rows.len(), rows[GROUP + 2][2].as_str()), (GROUP + 3, "65538"));
        let wrong = parquet_of("operations.csv", b"replication,cost\n0,1.2345678\n").expect_err("too fine");
        assert_eq!(wrong.to_string(), "column `cost` cannot hold `1.2345678`");
    }
}
