//! Counting calls and writes, reading a process's cost, printing the table.

use std::path::Path;
use std::time::Duration;

use ping_emulator::Entry;
use serde_json::Value;

/// What was done up to a moment.
#[derive(Clone, Debug)]
pub struct Count {
    /// Provider reads.
    pub reads: usize,
    /// Provider writes.
    pub writes: usize,
    /// The operator's writes to Teams and channels; events apart.
    pub kubernetes: usize,
}

impl Count {
    /// Counts the emulator's journal and the API server's audit log.
    pub fn now(journal: &[Entry], audit: &Path, namespace: &str) -> Self {
        let writes = journal.iter().filter(|entry| entry.is_write()).count();
        let log = std::fs::read_to_string(audit).expect("the audit log");
        let mut kubernetes = 0;
        for line in log.lines().filter(|line| line.contains(":ping-operator\"") && line.contains(namespace)) {
            let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
            let resource = entry["objectRef"]["resource"].as_str().unwrap_or_default();
            let is_write =
                ["create", "update", "patch", "delete"].contains(&entry["verb"].as_str().unwrap_or_default());
            kubernetes += usize::from(is_write && ["teams", "notificationchannels"].contains(&resource));
        }
        Self { reads: journal.len() - writes, writes, kubernetes }
    }

    /// What was done since another moment.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            kubernetes: self.kubernetes - before.kubernetes,
        }
    }
}

/// The table that is printed at the end.
pub struct Table {
    n: usize,
    rows: Vec<String>,
    notes: Vec<String>,
}

impl Table {
    /// An empty table for so many resources.
    pub fn new(n: usize) -> Self {
        Self { n, rows: Vec::new(), notes: Vec::new() }
    }

    /// One step's cost.
    pub fn row(&mut self, step: &str, cost: &Count) {
        let Count { reads, writes, kubernetes } = cost;
        self.rows.push(format!("| {step:<18} | {reads:>5} | {writes:>6} | {kubernetes:>10} |"));
    }

    /// One figure, and what it should be.
    pub fn note(&mut self, what: &str, seen: &str, goal: &str) {
        self.notes.push(format!("| {what:<49} | {seen:>7} | {goal:>6} |"));
    }

    /// Prints it all.
    pub fn print(&self) {
        println!("\n{} Teams: provider calls, and the operator's writes to Kubernetes\n", self.n);
        println!("| step               | reads | writes | kubernetes |\n|---|--:|--:|--:|");
        println!("{}\n", self.rows.join("\n"));
        println!("| figure                                            |    seen |   goal |\n|---|--:|--:|");
        println!("{}", self.notes.join("\n"));
    }
}

/// Processor time that a process used so far.
pub fn cpu(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<_> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    // Linux counts in hundredths of a second.
    Duration::from_millis(ticks * 10)
}

/// Resident memory of a process, in MB.
pub fn rss(pid: u32) -> String {
    memory(pid, "VmRSS:").unwrap_or_default()
}

/// The most resident memory that a process had so far, in MB; nothing of one that has ended.
pub fn peak(pid: u32) -> String {
    memory(pid, "VmHWM:").unwrap_or_default()
}

fn memory(pid: u32, field: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(format!("{:.1}", kilobytes / 1024.0))
}

/// A file's size in MB.
pub fn size(path: &Path) -> String {
    let kilobytes = std::fs::metadata(path).map_or(0, |file| file.len() / 1000);
    format!("{:.1}", f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) / 1000.0)
}

/// How many times longer.
pub fn ratio(whole: Duration, part: Duration) -> String {
    format!("{:.2}", whole.as_secs_f64() / part.as_secs_f64())
}

/// A count as a number to divide by.
pub fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
