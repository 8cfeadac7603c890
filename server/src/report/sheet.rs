//! Figures as CSV (RFC 4180), for spreadsheets.

use super::{Figures, Spread};

/// The columns. Times are milliseconds.
const COLUMNS: &str = "of,id,name,begun,closed,answered,first_response_median_ms,\
     first_response_p90_ms,taken,waiting_median_ms,waiting_p90_ms,resolution_median_ms,\
     resolution_p90_ms,messages,notes,edits,recalls";

/// A line: of what, and how much.
#[derive(Debug)]
pub struct Line<'a> {
    /// `total`, `day`, `site` or `agent`.
    pub of: &'static str,
    /// The days, a day, or an id.
    pub id: String,
    /// What it is called.
    pub name: &'a str,
    /// How much.
    pub figures: &'a Figures,
}

/// The sheet of these lines.
#[must_use]
pub fn sheet<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> String {
    let mut sheet = format!("{COLUMNS}\r\n");
    for Line { of, id, name, figures } in lines {
        let Figures { begun, closed, messages, notes, edits, recalls, .. } = figures;
        let mut cells = vec![cell(of), cell(&id), cell(name)];
        cells.extend([*begun, *closed].map(|n| n.to_string()));
        cells.extend(spread(figures.first_response));
        cells.extend(spread(figures.waiting));
        // Of these there are as many as were closed.
        cells.extend(spread(figures.resolution).into_iter().skip(1));
        cells.extend([*messages, *notes, *edits, *recalls].map(|n| n.to_string()));
        sheet += &cells.join(",");
        sheet += "\r\n";
    }
    sheet
}

fn spread(spread: Option<Spread>) -> [String; 3] {
    let time = |time: fn(&Spread) -> i64| {
        spread.as_ref().map(time).map_or_else(String::new, |time| time.to_string())
    };
    let count = spread.map_or(0, |spread| spread.count);
    [count.to_string(), time(|spread| spread.median), time(|spread| spread.p90)]
}

/// A cell, quoted where it must be. What a spreadsheet would take for a formula is made text: a
/// site's or an agent's name is what somebody has typed.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    format!("{guard}{text}")
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Line, cell, sheet};
    use crate::report::{Figures, Spread};

    #[test]
    fn rt57_a_cell_is_neither_a_formula_nor_two_cells() {
        assert_eq!(cell("Shop"), "Shop");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(cell("+49"), "'+49");
        assert_eq!(cell("-1"), "'-1");
        assert_eq!(cell("\tx"), "'\tx");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(cell("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
        assert_eq!(cell("two\r\nlines"), "\"two\r\nlines\"");
    }

    #[test]
    fn rt57_every_line_has_every_column() {
        let figures = Figures {
            begun: 1,
            closed: 2,
            first_response: Some(Spread { count: 3, median: 4, p90: 5 }),
            waiting: None,
            resolution: Some(Spread { count: 2, median: 6, p90: 7 }),
            messages: 8,
            notes: 9,
            edits: 10,
            recalls: 11,
        };
        let line = Line { of: "site", id: "x".to_owned(), name: "Shop", figures: &figures };
        let sheet = sheet([line]);
        let (head, line) = sheet.split_once("\r\n").unwrap();
        assert_eq!(head, COLUMNS);
        assert_eq!(line, "site,x,Shop,1,2,3,4,5,0,,,6,7,8,9,10,11\r\n");
        assert_eq!(head.split(',').count(), line.split(',').count());
    }
}
