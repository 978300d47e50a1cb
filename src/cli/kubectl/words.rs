//! Tables, ages and counts for people. No IO.

use jiff::{SignedDuration, Timestamp};

/// What stands between two columns.
const GAP: &str = "   ";

/// A table with these columns, each as wide as its widest cell; the last one is not padded.
pub(crate) fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
    let all: Vec<_> = std::iter::once(&header).chain(rows).collect();
    let width =
        |at: usize| all.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned() + "\n"
    };
    all.into_iter().map(line).collect()
}

/// How long ago a time was, as kubectl tells ages.
pub(crate) fn age(since: Option<Timestamp>, now: Timestamp) -> String {
    let Some(since) = since else { return "-".to_owned() };
    let seconds = now.duration_since(since).max(SignedDuration::ZERO).as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 120 {
        format!("{minutes}m")
    } else if hours < 48 {
        format!("{hours}h")
    } else {
        format!("{days}d")
    }
}

/// A number of things.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let rows = [vec!["a".to_owned(), "long".to_owned()], vec!["äöü".to_owned(), String::new()]];
        assert_eq!(table(&["X", "Y"], &rows), "X     Y\na     long\näöü\n");
    }

    #[test]
    fn an_age_has_one_unit() {
        let now = Timestamp::constant(1_000_000, 0);
        let ago = |seconds| age(Some(now - SignedDuration::from_secs(seconds)), now);
        assert_eq!([5, 300, 7300, 400_000, -3].map(ago), ["5s", "5m", "2h", "4d", "0s"]);
        assert_eq!(age(None, now), "-");
    }
}
