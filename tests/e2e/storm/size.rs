//! How large a storm is, and what it blows over.

use std::time::Duration;

use super::RATE;
use crate::lifecycle::channel;

/// How large the storm is.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) time: Duration,
    /// `resyncIntervalSeconds`
    pub(super) interval: u64,
    /// Every so often a Team is deleted, and the call of another one fails.
    pub(super) trouble: Duration,
    /// How many further Teams are edited, of which nothing but the list of teams is read.
    pub(super) crowd: usize,
}

impl Size {
    pub(super) fn asked() -> Self {
        let minutes = std::env::var("STORM").ok().and_then(|minutes| minutes.parse::<u64>().ok());
        match minutes {
            Some(minutes) => {
                Self { time: Duration::from_mins(minutes), interval: 60, trouble: Duration::from_secs(20), crowd: 0 }
            }
            None => Self { time: Duration::from_secs(40), interval: 8, trouble: Duration::from_secs(8), crowd: 30 },
        }
    }

    pub(super) fn interval(self) -> Duration {
        Duration::from_secs(self.interval)
    }

    /// How long a collection may wait: three intervals, and what a busy machine takes.
    pub(super) fn limit(self) -> Duration {
        self.interval() * 3 + Duration::from_secs(8)
    }

    /// How long what is edited all the time may wait. It is looked at collection by collection, so that a short storm shows only that it is
    /// written at all.
    pub(super) fn limit_of_edited(self) -> Duration {
        if self.crowd == 0 { self.limit() } else { self.time }
    }

    /// So many Teams, each with four collections, and the two lists beside them need no more than half of the rate in an interval.
    pub(super) fn teams(self) -> usize {
        usize::try_from((self.interval * RATE / 2 - 2) / 4).expect("a few")
    }

    /// How many of each there are.
    pub(super) fn troubles(self) -> usize {
        usize::try_from(self.time.as_secs() / self.trouble.as_secs()).expect("a few")
    }

    /// The Teams of the storm, each with a person, a service and a channel; those that are deleted, and those whose call fails.
    pub(super) fn manifests(self) -> String {
        let head = |kind: &str, name: &str| {
            format!(
                "{{apiVersion: ping-operator.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{name: {name}"
            )
        };
        let mut all = Vec::new();
        for number in 0..self.teams() {
            let team = format!("{{teamRef: {{name: team-{number}}}}}");
            let person = format!(", members: [{{email: p{number}@example.com}}]}}}}");
            all.push(head("Team", &format!("team-{number}")) + &person);
            all.push(
                head("Service", &format!("service-{number}")) + &format!(", teamRef: {{name: team-{number}}}}}}}"),
            );
            all.push(channel(&format!("channel-{number}"), &team, "webhook", &format!("https://example.com/{number}")));
        }
        for number in 0..self.troubles() {
            all.extend(["deleted", "failing"].map(|what| head("Team", &format!("{what}-{number}")) + "}}"));
        }
        all.extend((0..self.crowd).map(|number| head("Team", &format!("crowd-{number}")) + "}}"));
        all.join("\n---\n")
    }
}
