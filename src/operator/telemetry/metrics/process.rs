//! CPU time, memory and file descriptors of this process, by the names of Prometheus' client libraries; read at each scrape.

use std::fmt;
use std::time::Duration;

use procfs::process::{LimitValue, Process};
use procfs::{ProcResult, WithCurrentSystemInfo, boot_time_secs, ticks_per_second};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Reads `/proc` at each scrape.
#[derive(Debug)]
pub(crate) struct ProcessMetrics;

/// What one scrape shows.
struct Sample {
    cpu_time: Duration,
    virtual_bytes: u64,
    resident_bytes: u64,
    /// Since 1970.
    started: Duration,
    open_files: usize,
    /// Absent: there is no limit.
    max_files: Option<u64>,
}

impl Sample {
    fn read() -> ProcResult<Self> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let max_files = match process.limits()?.max_open_files.soft_limit {
            LimitValue::Value(most) => Some(most),
            LimitValue::Unlimited => None,
        };
        Ok(Self {
            cpu_time: of_ticks(stat.utime + stat.stime),
            virtual_bytes: stat.vsize,
            resident_bytes: stat.rss_bytes().get(),
            started: Duration::from_secs(boot_time_secs()?) + of_ticks(stat.starttime),
            open_files: process.fd_count()?,
            max_files,
        })
    }
}

/// A time in ticks of the kernel.
fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(1000) / ticks_per_second())
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        // A scrape without these series is better than none.
        let Ok(sample) = Sample::read() else { return Ok(()) };
        let Sample { cpu_time, virtual_bytes, resident_bytes, started, open_files, max_files } = sample;
        let cpu = ConstCounter::new(cpu_time.as_secs_f64());
        let help = "CPU time of the process in seconds, user and system";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, cpu.metric_type())?)?;
        for (name, help, value) in [
            ("process_virtual_memory_bytes", "Virtual memory in bytes", Some(virtual_bytes)),
            ("process_resident_memory_bytes", "Resident memory in bytes", Some(resident_bytes)),
            ("process_open_fds", "Number of open file descriptors", u64::try_from(open_files).ok()),
            ("process_max_fds", "Maximum number of open file descriptors", max_files),
        ] {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        let start = ConstGauge::new(started.as_secs_f64());
        let help = "Start time of the process in seconds since 1970";
        start.encode(encoder.encode_descriptor("process_start_time_seconds", help, None, start.metric_type())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_files_and_a_start_in_the_past() {
        let sample = Sample::read().unwrap();
        assert!(sample.resident_bytes > 1 << 20 && sample.resident_bytes < sample.virtual_bytes);
        assert_eq!(sample.resident_bytes % procfs::page_size(), 0);
        assert!(sample.open_files > 0 && sample.max_files.is_none_or(|most| most > 0));
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let second = Duration::from_secs(1);
        assert!(sample.started < now + second && sample.started + 24 * 3600 * second > now, "{:?}", sample.started);
    }
}
