//! Random schedules of faults, by seed: each plays one scenario under one row of faults, which stop after a while; then
//! everything must be as it is wanted, with nothing made twice, left behind or touched that nobody manages.

use std::time::{Duration, Instant};

use ping_emulator::{Edit, Reply, Settings, Trouble};

use super::fuse::{Plan, Side, Spark};
use super::gateway::{Line, Lines};
use super::report::{Report, Told};
use super::stage::{Company, play};
use super::{Crew, Fuse, Scenario};
use crate::harness::all;

/// The methods of requests that change something.
const WRITES: &[&str] = &["POST", "PUT", "PATCH", "DELETE"];

/// What goes wrong in a schedule: rows of the table in docs/reliability.md.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Row {
    Crashes,
    LostAnswers,
    RateLimits,
    ProviderErrors,
    LaggingReads,
    KubernetesWrites,
    BrokenWatches,
    ApiServerOutages,
    Replicas,
    GatewayPages,
    Refusals,
    UnreadableItems,
}

impl Row {
    pub(super) const ALL: [Self; 12] = [
        Self::Crashes,
        Self::LostAnswers,
        Self::RateLimits,
        Self::ProviderErrors,
        Self::LaggingReads,
        Self::KubernetesWrites,
        Self::BrokenWatches,
        Self::ApiServerOutages,
        Self::Replicas,
        Self::GatewayPages,
        Self::Refusals,
        Self::UnreadableItems,
    ];

    /// What one request of this row runs into.
    fn spark(self, random: &mut fastrand::Rng, at: usize) -> Spark {
        let on = |side, trouble, kills| Spark { at, side, methods: &[], trouble, kills };
        let kills = random.u8(0..5) == 0;
        match self {
            // Who is killed, and when, is the crew's.
            Self::Replicas => on(Some(Side::Provider), lost(random), false),
            Self::Crashes => on(None, Trouble::DropAfter, true),
            Self::LostAnswers | Self::LaggingReads => on(Some(Side::Provider), lost(random), kills),
            Self::RateLimits => {
                let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(random.i64(1..=3));
                let date = jiff::fmt::rfc2822::to_string(&soon.to_zoned(jiff::tz::TimeZone::UTC)).ok();
                let texts = [
                    Some("1".to_owned()),
                    Some("0".to_owned()),
                    Some("-5".to_owned()),
                    Some("soon".to_owned()),
                    None,
                    date,
                ];
                let retry_after = texts[random.usize(0..texts.len())].clone();
                on(Some(Side::Provider), Trouble::TooMany { retry_after }, kills)
            }
            Self::ProviderErrors => {
                let status = [500, 502, 503, 504][random.usize(0..4)];
                on(Some(Side::Provider), Trouble::Before { status }, kills)
            }
            Self::GatewayPages | Self::Refusals => {
                let (methods, reply) = self.reply(random);
                Spark { methods, ..on(Some(Side::Provider), reply.into(), false) }
            }
            Self::UnreadableItems => {
                let edits = vec![Edit::new(r#""Bystander""#, "7"), Edit::new(r#""Platform""#, "7")];
                on(Some(Side::Provider), Trouble::Edited { edits }, false)
            }
            Self::KubernetesWrites | Self::BrokenWatches | Self::ApiServerOutages => {
                let status = [409, 409, 409, 429, 500, 503, 504][random.usize(0..7)];
                let troubles =
                    [Trouble::Before { status }, Trouble::After { status }, Trouble::DropAfter, Trouble::DropBefore];
                on(Some(Side::Kubernetes), troubles[random.usize(0..troubles.len())].clone(), kills)
            }
        }
    }

    /// What a write of this row is answered with, instead of being carried out, and which methods are.
    fn reply(self, random: &mut fastrand::Rng) -> (&'static [&'static str], Reply) {
        let refused = |status| Reply::new(status, r#"{"message": "refused"}"#);
        match (self, random.u8(0..5)) {
            (Self::Refusals, 0..=2) => (&["DELETE"], refused(409)),
            (Self::Refusals, _) => (WRITES, refused(403)),
            // A gateway's own page: the provider never hears of the request.
            (_, 0) => (WRITES, Reply::page(200)),
            (_, 1) => (WRITES, Reply::page(410)),
            (_, _) => (WRITES, Reply::page(404)),
        }
    }

    /// What happens to the line to the API server meanwhile.
    async fn disturb(self, lines: Lines, mut random: fastrand::Rng) {
        let (times, line, longest) = match self {
            Self::BrokenWatches => (12, Line::Open, 50),
            Self::ApiServerOutages => (3, Line::Down, 4000),
            _ => return,
        };
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(random.u64(50..1200))).await;
            lines.set(line.clone());
            tokio::time::sleep(Duration::from_millis(random.u64(0..longest))).await;
            lines.set(Line::Open);
        }
    }
}

/// An answer that says nothing of what was done.
fn lost(random: &mut fastrand::Rng) -> Trouble {
    let troubles = [
        Trouble::DropAfter,
        Trouble::DropAfter,
        Trouble::DropBefore,
        Trouble::After { status: 500 },
        Trouble::After { status: 504 },
        Trouble::Garbage,
        Trouble::Body { text: r#"{"data": [{"team_id": "#.to_owned() },
        Trouble::Body { text: "[1, 2".to_owned() },
    ];
    troubles[random.usize(0..troubles.len())].clone()
}

/// The scenario and the row of a seed.
fn drawn(seed: u64) -> (Scenario, Row) {
    let rows = Row::ALL;
    let row = usize::try_from(seed / 3).unwrap_or(0) % rows.len();
    (Scenario::ALL[(seed % 3) as usize], rows[row])
}

/// One schedule, wholly given by its seed but for the order in which the processes do their work.
fn schedule(seed: u64) -> Told {
    let mut random = fastrand::Rng::with_seed(seed);
    let (scenario, row) = drawn(seed);
    let count = random.usize(1..=if row == Row::ProviderErrors { 12 } else { 6 });
    let mut places: Vec<_> = (0..count).map(|_| random.usize(10..150)).collect();
    if row == Row::UnreadableItems {
        // For some seconds no list shows it otherwise.
        places = places.iter().flat_map(|at| std::iter::repeat_n(*at, 8)).collect();
    }
    if matches!(row, Row::GatewayPages | Row::Refusals) {
        // They wait for the next write, so all of them may meet one call. The third such answer to a call stops it, and rightly so.
        places.truncate(2);
    }
    places.sort_unstable();
    let sparks = places.into_iter().map(|at| row.spark(&mut random, at)).collect();
    let lags = row == Row::LaggingReads || random.u8(0..4) == 0;
    let settings = Settings { read_lag: if lags { random.u64(0..900) } else { 0 }, ..Settings::default() };
    let fuse = Fuse::new(Plan::Trouble(sparks));
    let begun = Instant::now();
    let crew = if row == Row::Replicas { Crew::Two(random.fork()) } else { Crew::One };
    let outcome = play((scenario, Company::WithNeighbour), settings, fuse.clone(), crew, |lines| {
        row.disturb(lines, random.fork())
    });
    if let Err(broken) = &outcome {
        // At once: a long run may be ended before its table.
        println!("schedule {seed} ({scenario:?}, {row:?}): {broken}");
    }
    Told { seed, scenario, row, faults: fuse.burnt(), outcome, took: begun.elapsed() }
}

/// Whether everything is to be run, however long it takes.
pub(super) fn is_whole() -> bool {
    number("FAULTS").is_some()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn no_schedule_of_faults_makes_anything_twice_or_leaves_it_behind() {
    // Where nobody asks for more: each scenario under each row of faults once.
    let few = 3 * u64::try_from(Row::ALL.len()).unwrap_or(0);
    let (count, first) = (number("FAULTS").unwrap_or(few), number("SEED").unwrap_or(1) * 1_000_000);
    // `SCHEDULE=…` plays one again, `AGAIN=20` so often; `ROW=LostAnswers` plays only that row.
    let again = usize::try_from(number("AGAIN").unwrap_or(1)).unwrap_or(1);
    let wanted = std::env::var("ROW").ok();
    let of_row = |seed: &u64| wanted.as_ref().is_none_or(|row| *row == format!("{:?}", drawn(*seed).1));
    let some = || (first..).filter(of_row).take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
    let seeds: Vec<_> = number("SCHEDULE").map_or_else(some, |one| vec![one; again]);
    let report = Report::of(all(seeds, schedule));
    report.print();
    report.hold();
}
