//! Reading what a process costs, and counting calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ping_emulator::Entry;
use serde_json::Value;

/// What was done up to a moment.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// Provider reads.
    pub reads: usize,
    /// Provider writes.
    pub writes: usize,
    /// The operator's writes to Teams, Services and channels; events apart.
    pub kubernetes: usize,
    /// The operator's reads from the API server, by verb and resource; those of its Lease apart.
    pub api_reads: BTreeMap<String, usize>,
}

impl Count {
    /// Counts the emulator's journal and the API server's audit log.
    pub fn now(journal: &[Entry], audit: &Path, namespace: &str) -> Self {
        let writes = journal.iter().filter(|entry| entry.is_write()).count();
        let mut count = Self { reads: journal.len() - writes, writes, ..Self::default() };
        let log = std::fs::read_to_string(audit).expect("the audit log");
        for line in log.lines().filter(|line| line.contains(":ping-operator\"") && line.contains(namespace)) {
            let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
            count.request(
                entry["verb"].as_str().unwrap_or_default(),
                entry["objectRef"]["resource"].as_str().unwrap_or_default(),
            );
        }
        count
    }

    fn request(&mut self, verb: &str, resource: &str) {
        match verb {
            "create" | "update" | "patch" | "delete" => {
                let counts = ["teams", "services", "notificationchannels"].contains(&resource);
                self.kubernetes += usize::from(counts);
            }
            "get" | "list" | "watch" if resource != "leases" => {
                *self.api_reads.entry(format!("{verb} {resource}")).or_default() += 1;
            }
            _ => {}
        }
    }

    /// What was done since another moment.
    pub fn since(&self, before: &Self) -> Self {
        let earlier = |what: &str| before.api_reads.get(what).copied().unwrap_or(0);
        let api_reads = self.api_reads.iter().map(|(what, count)| (what.clone(), count - earlier(what)));
        Self {
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            kubernetes: self.kubernetes - before.kubernetes,
            api_reads: api_reads.filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// All reads from the API server.
    pub fn all_api_reads(&self) -> usize {
        self.api_reads.values().sum()
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

/// The memory of a process, in MB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Resident now: anonymous pages and those of files.
    pub resident: f64,
    /// Anonymous pages: what the program allocated.
    pub anonymous: f64,
    /// Pages of files: the program itself.
    pub files: f64,
    /// The most that was resident since the start, or since [`forget_peak`].
    pub peak: f64,
}

impl Memory {
    /// The memory of a process now; zeros for one that has ended.
    pub fn of(pid: u32) -> Self {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        };
        let megabytes = |name: &str| field(name).unwrap_or(0.0) / 1024.0;
        Self {
            resident: megabytes("VmRSS:"),
            anonymous: megabytes("RssAnon:"),
            files: megabytes("RssFile:"),
            peak: megabytes("VmHWM:"),
        }
    }
}

/// The most resident memory of a process counts from now on.
pub fn forget_peak(pid: u32) {
    // Where that is not allowed, the peak is that since the start.
    let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// A file's size in MB.
pub fn size(path: &Path) -> f64 {
    let kilobytes = std::fs::metadata(path).map_or(0, |file| file.len() / 1000);
    f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) / 1000.0
}

/// A count as a number to divide by.
pub fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The value of which so many hundredths are not above it; zero of none.
pub fn percentile(values: &[f64], hundredths: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() * hundredths).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or(0.0)
}
