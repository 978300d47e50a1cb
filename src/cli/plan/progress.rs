//! What is told on stderr while a plan reads: one line that changes on a terminal, a line every half minute elsewhere.

use std::convert::Infallible;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use parking_lot::Mutex;

/// How often it is looked whether there is something to tell.
const TICK: Duration = Duration::from_millis(200);
/// When a terminal is told first.
const FIRST_ON_TERMINAL: Duration = Duration::from_secs(1);
/// How often anything else is told.
const PERIOD: Duration = Duration::from_secs(30);
/// Clears the line of a terminal.
const CLEAR: &str = "\r\u{1b}[2K";

/// Where progress is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    Terminal,
    Other,
}

struct Telling {
    stream: Stream,
    out: Box<dyn Write + Send>,
    began: Instant,
    done: usize,
    known: usize,
    /// How long it had gone on when the last line was told.
    told: Duration,
    /// Whether the line of a terminal is there now.
    is_shown: bool,
    /// Which accounts pause, and until when.
    pauses: Vec<(String, Instant)>,
}

/// The progress of the reads of one plan.
pub(crate) struct Progress(Mutex<Telling>);

impl Progress {
    /// Progress that is told on stderr.
    pub(crate) fn on_stderr() -> Self {
        let stderr = std::io::stderr();
        let stream = if stderr.is_terminal() { Stream::Terminal } else { Stream::Other };
        Self::on(stream, Box::new(stderr))
    }

    /// Progress of which nothing is told.
    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        Self::on(Stream::Other, Box::new(std::io::sink()))
    }

    fn on(stream: Stream, out: Box<dyn Write + Send>) -> Self {
        let (began, told, pauses) = (Instant::now(), Duration::ZERO, Vec::new());
        Self(Mutex::new(Telling { stream, out, began, done: 0, known: 0, told, is_shown: false, pauses }))
    }

    /// So many further reads are needed.
    pub(crate) fn needs(&self, reads: usize) {
        self.0.lock().known += reads;
    }

    /// A read is done.
    pub(crate) fn done(&self) {
        self.0.lock().done += 1;
    }

    /// A host asks for fewer calls of an account, which pauses as a whole: that is told once for each pause.
    pub(crate) fn paused(&self, account: &str, host: &str, pause: Duration) {
        self.0.lock().paused(account, host, pause, Instant::now());
    }

    /// How many reads are done, of how many.
    pub(crate) fn counts(&self) -> String {
        self.0.lock().counts()
    }

    /// Tells of the progress for ever.
    pub(crate) async fn tell(&self) -> Infallible {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            let mut state = self.0.lock();
            let elapsed = state.began.elapsed();
            state.tick(elapsed);
        }
    }

    /// The reads are over: the line of a terminal goes.
    pub(crate) fn end(&self) {
        self.0.lock().clear();
    }
}

impl Telling {
    fn counts(&self) -> String {
        format!("{} of {} known reads done", self.done, self.known)
    }

    /// Reads done of known, the rate and the time left.
    fn line(&self, elapsed: Duration) -> String {
        let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        let rate = number(self.done) / elapsed.as_secs_f64().max(0.1);
        // Without a rate it is no finite time.
        let left = Duration::try_from_secs_f64(number(self.known.saturating_sub(self.done)) / rate).ok();
        let left = left.map(|left| format!(", about {} left", shown(left))).unwrap_or_default();
        format!("reading: {}, {rate:.1} a second{left}", self.counts())
    }

    fn tick(&mut self, elapsed: Duration) {
        let line = self.line(elapsed);
        // A stderr that is gone is no reason to end the plan.
        let _ = match self.stream {
            Stream::Terminal if elapsed >= FIRST_ON_TERMINAL => {
                self.is_shown = true;
                write!(self.out, "{CLEAR}{line}").and_then(|()| self.out.flush())
            }
            Stream::Other if elapsed >= self.told.saturating_add(PERIOD) => {
                self.told = elapsed;
                writeln!(self.out, "{line}")
            }
            Stream::Terminal | Stream::Other => Ok(()),
        };
    }

    fn paused(&mut self, account: &str, host: &str, pause: Duration, now: Instant) {
        self.pauses.retain(|(_, until)| *until > now);
        if self.pauses.iter().any(|(paused, _)| paused == account) {
            return;
        }
        self.pauses.push((account.to_owned(), now.checked_add(pause).unwrap_or(now)));
        self.clear();
        let _ = writeln!(self.out, "{host} asks for fewer calls (429): no call for {}", shown(pause));
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(self.out, "{CLEAR}").and_then(|()| self.out.flush());
        }
    }
}

/// A duration for people, such as `1m 30s`.
pub(crate) fn shown(duration: Duration) -> String {
    format!("{:#}", SignedDuration::from_secs(i64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<u8>>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Told {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut self.0.lock())).unwrap()
        }
    }

    fn progress(stream: Stream) -> (Progress, Told) {
        let told = Told::default();
        (Progress::on(stream, Box::new(told.clone())), told)
    }

    fn tick(progress: &Progress, seconds: f64) {
        progress.0.lock().tick(Duration::from_secs_f64(seconds));
    }

    #[test]
    fn a_terminal_has_one_line_after_a_second_and_none_at_the_end() {
        let (progress, told) = progress(Stream::Terminal);
        progress.needs(30);
        (0..10).for_each(|_| progress.done());
        tick(&progress, 0.9);
        assert_eq!(told.take(), "");
        tick(&progress, 4.0);
        assert_eq!(told.take(), format!("{CLEAR}reading: 10 of 30 known reads done, 2.5 a second, about 8s left"));
        progress.end();
        assert_eq!(told.take(), CLEAR);
        progress.end();
        assert_eq!(told.take(), "");
    }

    #[test]
    fn anything_else_has_a_line_every_half_minute() {
        let (progress, told) = progress(Stream::Other);
        progress.needs(300);
        (0..60).for_each(|_| progress.done());
        for seconds in [1.0, 29.9, 30.0, 45.0, 60.1] {
            tick(&progress, seconds);
        }
        assert_eq!(
            told.take(),
            "reading: 60 of 300 known reads done, 2.0 a second, about 2m left\n\
             reading: 60 of 300 known reads done, 1.0 a second, about 4m 1s left\n"
        );
    }

    #[test]
    fn a_pause_is_told_once_for_all_reads_of_an_account_that_wait_for_it() {
        let (progress, told) = progress(Stream::Terminal);
        tick(&progress, 2.0);
        drop(told.take());
        for host in ["api.example.com", "api.example.com", "its-other-host.example.com"] {
            progress.paused("one", host, Duration::from_secs(90));
        }
        progress.paused("two", "other.example.com", Duration::from_secs(5));
        assert_eq!(
            told.take(),
            format!(
                "{CLEAR}api.example.com asks for fewer calls (429): no call for 1m 30s\nother.example.com asks for fewer calls (429): no call for 5s\n"
            )
        );
    }
}
