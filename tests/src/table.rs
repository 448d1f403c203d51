//! A table of counts with a row for each folder, for tests to print.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by folder, which print aligned and with their sums.
///
/// ```
/// # use wattle_tests::table::Table;
/// let mut table = Table::new(["passed", "failed"]);
/// table.add("core", [3, 0]);
/// table.add("core/simd", [12, 1]);
/// table.add("core", [1, 0]);
/// assert_eq!(
///     table.to_string(),
///     "           passed  failed\n\
///      core            4       0\n\
///      core/simd      12       1\n\
///      total          16       1\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<const N: usize> {
    columns: [&'static str; N],
    rows: BTreeMap<String, [u64; N]>,
}

impl<const N: usize> Table<N> {
    /// An empty table with these column heads.
    pub fn new(columns: [&'static str; N]) -> Self {
        Self { columns, rows: BTreeMap::new() }
    }

    /// Adds counts, one for each column, to the row of a folder.
    pub fn add(&mut self, dir: &str, counts: [u64; N]) {
        let row = self.rows.entry(dir.to_owned()).or_insert([0; N]);
        for (sum, count) in row.iter_mut().zip(counts) {
            *sum += count;
        }
    }

    /// The counts of a folder; zeros when nothing was added to it.
    pub fn row(&self, dir: &str) -> [u64; N] {
        self.rows.get(dir).copied().unwrap_or([0; N])
    }

    /// The sum of each column.
    pub fn total(&self) -> [u64; N] {
        let mut total = [0; N];
        for row in self.rows.values() {
            for (sum, count) in total.iter_mut().zip(row) {
                *sum += count;
            }
        }
        total
    }
}

/// The heads, a line for each folder in alphabetical order, and the sums.
impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let first = self.rows.keys().map(String::len).chain(["total".len()]).max().unwrap_or(0);
        // No count is wider than its column's sum.
        let width = |column: usize| {
            self.columns[column].chars().count().max(total[column].to_string().len())
        };

        write!(f, "{:first$}", "")?;
        for (column, head) in self.columns.iter().enumerate() {
            write!(f, "  {head:>0$}", width(column))?;
        }
        writeln!(f)?;
        let rows = self.rows.iter().map(|(dir, row)| (&**dir, row));
        for (dir, row) in rows.chain([("total", &total)]) {
            write!(f, "{dir:first$}")?;
            for (column, count) in row.iter().enumerate() {
                write!(f, "  {count:>0$}", width(column))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_widest_cell() {
        let mut table = Table::new(["n", "assertions"]);
        assert_eq!(table.to_string(), "       n  assertions\ntotal  0           0\n");
        table.add("a", [999, 1]);
        table.add("b", [1, 2]);
        let lines = [
            "          n  assertions",
            "a       999           1",
            "b         1           2",
            "total  1000           3",
        ];
        assert_eq!(table.to_string().lines().collect::<Vec<_>>(), lines);
    }
}
