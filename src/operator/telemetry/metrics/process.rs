//! What the process costs, by the names of Prometheus's own client libraries; read from /proc at each scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Ticks of /proc/self/stat in a second, on every Linux that Rust builds for.
const TICKS: f64 = 100.0;
/// Bytes of a page on the platforms that the image is built for.
const PAGE: f64 = 4096.0;

#[derive(Debug)]
pub(crate) struct ProcessMetrics;

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        // Off Linux there is no /proc, and nothing to tell.
        let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return Ok(()) };
        // The name in parentheses may hold spaces; fields are counted from behind it.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        let cpu = ConstCounter::new((number(11) + number(12)) / TICKS);
        let help = "Processor time that was used, in seconds";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, cpu.metric_type())?)?;
        for (name, help, value) in [
            ("process_virtual_memory_bytes", "Virtual memory", number(20)),
            ("process_resident_memory_bytes", "Resident memory", number(21) * PAGE),
            ("process_start_time_seconds", "When the process started, since 1970", boot_time() + number(19) / TICKS),
            ("process_open_fds", "Open file descriptors", open_files()),
            ("process_max_fds", "File descriptors that may be open", most_files()),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

fn boot_time() -> f64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("btime "));
    line.and_then(|text| text.trim().parse().ok()).unwrap_or(0.0)
}

fn open_files() -> f64 {
    let count = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn most_files() -> f64 {
    let text = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(0.0)
}
