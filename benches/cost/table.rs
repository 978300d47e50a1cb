//! The table that is printed at the end: a row for each figure, a column for each size, and how the figure grows.

use std::process::Command;

/// A figure that grows faster than this power of the number of resources costs more than its work.
const STEEPEST: f64 = 1.15;

/// How a figure depends on the number of resources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Growth {
    /// It is the sum over all resources: its exponent may not be above 1.15.
    Work,
    /// It is of one size only, or a time that depends on what else the machine does.
    Told,
}

struct Row {
    what: String,
    growth: Growth,
    goal: &'static str,
    /// By the number of resources.
    values: Vec<(usize, f64)>,
}

impl Row {
    /// The largest exponent between two neighbouring sizes.
    fn exponent(&self) -> Option<f64> {
        let between = |pair: &[(usize, f64)]| {
            let [(small, before), (large, after)] = pair else { return None };
            let grows = *before > 0.0 && *after > 0.0 && large > small;
            let size = super::measure::float(*large) / super::measure::float(*small);
            grows.then(|| (after / before).ln() / size.ln())
        };
        self.values.windows(2).filter_map(between).max_by(f64::total_cmp)
    }
}

/// The figures of all sizes.
#[derive(Default)]
pub struct Table {
    sizes: Vec<usize>,
    rows: Vec<Row>,
    texts: Vec<String>,
}

impl Table {
    /// A figure with so many resources.
    pub fn put(&mut self, n: usize, what: &str, growth: Growth, value: f64, goal: &'static str) {
        eprintln!("[bench] {n}: {what}: {}", shown(value));
        if !self.sizes.contains(&n) {
            self.sizes.push(n);
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.what == what) {
            row.values.push((n, value));
        } else {
            self.rows.push(Row { what: what.to_owned(), growth, goal, values: vec![(n, value)] });
        }
    }

    /// A sentence below the table.
    pub fn say(&mut self, text: String) {
        eprintln!("[bench] {text}");
        self.texts.push(text);
    }

    /// Prints all; the figures that grow faster than their work.
    pub fn print(&self) -> Vec<&str> {
        println!("\n{}\n", machine());
        let sizes: Vec<_> = self.sizes.iter().map(ToString::to_string).collect();
        println!("| figure, by the number of Teams | {} | exponent | goal |", sizes.join(" | "));
        println!("|---|{}--:|---|", "--:|".repeat(sizes.len()));
        for row in &self.rows {
            let value = |n: &usize| row.values.iter().find(|(size, _)| size == n).map(|(_, value)| shown(*value));
            let values: Vec<_> = self.sizes.iter().map(|n| value(n).unwrap_or_default()).collect();
            let exponent = row.exponent().filter(|_| row.growth == Growth::Work);
            let exponent = exponent.map_or(String::new(), |exponent| format!("{exponent:.2}"));
            println!("| {} | {} | {exponent} | {} |", row.what, values.join(" | "), row.goal);
        }
        self.texts.iter().for_each(|text| println!("\n{text}"));
        let is_steep = |row: &&Row| row.growth == Growth::Work && row.exponent().is_some_and(|it| it > STEEPEST);
        self.rows.iter().filter(is_steep).map(|row| row.what.as_str()).collect()
    }
}

/// A figure with the digits that count.
fn shown(value: f64) -> String {
    match value {
        value if value.fract() == 0.0 => format!("{value:.0}"),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// The processor, how many of them, and the commit.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, name)| name.trim());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("{processors} × {model}, commit {}", commit.unwrap_or_default())
}
