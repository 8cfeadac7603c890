//! Tables that people read and tests compare.

use std::collections::BTreeMap;

/// A table with a head, rows with a name, and words as cells.
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// Reads a table: the first line names the columns; in the others the row's name ends with `|`.
    pub(crate) fn read(text: &str) -> Self {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let head = lines.next().unwrap().split_once('|').unwrap();
        let columns = words(head.1);
        let row = |line: &str| {
            let (name, cells) = line.split_once('|').unwrap();
            let cells = words(cells);
            assert_eq!(cells.len(), columns.len(), "{line}");
            (name.trim().to_owned(), cells)
        };
        Self { rows: lines.map(row).collect(), columns }
    }

    /// Compares every cell with what was seen, and shows the whole table that was seen if one
    /// differs.
    pub(crate) fn is_seen(&self, seen: &BTreeMap<(String, String), String>) {
        let mut shown = String::new();
        let mut differ = Vec::new();
        for (name, expected) in &self.rows {
            shown += &format!("{name:<55}|");
            for (column, expected) in self.columns.iter().zip(expected) {
                let cell = &seen[&(name.clone(), column.clone())];
                shown += &format!(" {cell:<9}");
                if cell != expected {
                    differ.push(format!("{name}, {column}: {cell}, expected {expected}"));
                }
            }
            shown += "\n";
        }
        assert!(differ.is_empty(), "{}\n\n{shown}", differ.join("\n"));
    }
}
