//! What `status` tells of resources, as a value and as text. No IO.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::kubectl::resource::title;
use crate::cli::kubectl::state::{ResourceState, StateNote};
use crate::cli::kubectl::words::{age, count, table};

/// So many resources with the same trouble are named.
const NAMED: usize = 3;

/// The states of resources.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct StatusOverview {
    version: u32,
    /// Each resource.
    pub(crate) resources: Vec<ResourceState>,
    /// Their numbers.
    pub(crate) totals: StatusTotals,
}

/// The numbers of resources.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusTotals {
    all: usize,
    /// Those that are not Ready.
    pub(crate) not_ready: usize,
    suspended: usize,
}

impl StatusOverview {
    /// The overview of these.
    pub(crate) fn of(resources: Vec<ResourceState>) -> Self {
        let has = |state: &&ResourceState, word: &str| state.notes.iter().any(|note| note.condition.as_str() == word);
        let totals = StatusTotals {
            all: resources.len(),
            not_ready: resources.iter().filter(|state| !state.is_ready()).count(),
            suspended: resources.iter().filter(|state| has(state, "Suspended")).count(),
        };
        Self { version: 1, resources, totals }
    }

    /// A table of what is not Ready, each trouble once with what to do, and the numbers. `with_ready`: the table has all.
    pub(crate) fn text(&self, with_ready: bool, now: Timestamp) -> String {
        let shown: Vec<_> = self.resources.iter().filter(|state| with_ready || !state.is_ready()).collect();
        let mut text = String::new();
        if !shown.is_empty() {
            let rows: Vec<_> = shown.iter().map(|state| row(state, now)).collect();
            text += &table(&["NAMESPACE", "KIND", "NAME", "READY", "REASON", "SINCE", "NEXT-TRY"], &rows);
            text.push('\n');
        }
        for (state, names) in troubles(&shown) {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{names}: {}: {}", state.reason, state.message);
            if let Some(action) = state.action {
                let _ = writeln!(text, "    what to do: {action}");
            }
            for StateNote { condition, reason, message } in &state.notes {
                let _ = writeln!(text, "    {condition}: {reason}: {message}");
            }
        }
        text + &self.total()
    }

    fn total(&self) -> String {
        let StatusTotals { all, not_ready, suspended } = &self.totals;
        let suspended = if *suspended == 0 { String::new() } else { format!(", {suspended} suspended") };
        match (all, not_ready) {
            (0, _) => "no resources\n".to_owned(),
            (all, 0) => format!("{}, all Ready{suspended}\n", count(*all, "resource")),
            (all, not_ready) => format!("{}, {not_ready} not Ready{suspended}\n", count(*all, "resource")),
        }
    }
}

fn row(state: &ResourceState, now: Timestamp) -> Vec<String> {
    let next = state.next_try.map_or_else(|| "-".to_owned(), |next| next.to_string());
    let namespace = if state.key.namespace.is_empty() { "-" } else { &state.key.namespace };
    vec![
        namespace.to_owned(),
        state.key.kind.to_string(),
        state.key.name.clone(),
        state.ready.to_owned(),
        state.reason.clone(),
        age(state.since, now),
        next,
    ]
}

/// Each trouble once, with the names of those that have it: what is wrong with a config is told of all that use it.
fn troubles<'a>(states: &[&'a ResourceState]) -> Vec<(&'a ResourceState, String)> {
    let is_same = |one: &ResourceState, other: &ResourceState| {
        one.reason == other.reason && one.message == other.message && one.notes == other.notes
    };
    let mut groups: Vec<Vec<&ResourceState>> = Vec::new();
    for state in states {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_same(first, state))) {
            Some(group) => group.push(state),
            None => groups.push(vec![state]),
        }
    }
    let told = |group: Vec<&'a ResourceState>| {
        let names: Vec<_> = group.iter().take(NAMED).map(|state| title(&state.key)).collect();
        let more = group.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        Some((*group.first()?, names.join(", ") + &more))
    };
    groups.into_iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::kinds::Kind;
    use crate::cli::kubectl::resource::ClusterResource;

    fn service(name: &str, status: &str, reason: &str, message: &str) -> ResourceState {
        let ready = json!({
            "type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        });
        let metadata = json!({ "namespace": "n", "name": name, "generation": 1 });
        let value = json!({ "metadata": metadata, "status": { "conditions": [ready] } });
        ResourceState::of(&ClusterResource::new(Kind::Service, value), None)
    }

    #[test]
    fn what_is_not_ready_is_a_table_and_each_trouble_is_told_once_with_what_to_do() {
        let failing = |name| service(name, "False", "SecretNotFound", "the Secret 's' does not exist");
        let states = vec![service("a", "True", "Available", "equal"), failing("b"), failing("c")];
        let now = "2026-01-01T00:05:00Z".parse().unwrap();
        let text = StatusOverview::of(states).text(false, now);
        assert_eq!(
            text,
            "NAMESPACE   KIND      NAME   READY   REASON           SINCE   NEXT-TRY\n\
             n           Service   b      False   SecretNotFound   5m      by itself\n\
             n           Service   c      False   SecretNotFound   5m      by itself\n\n\
             Service n/b, Service n/c: SecretNotFound: the Secret 's' does not exist\n    \
             what to do: Create the Secret with that key, or add the label that the message names; the operator checks every 5 s.\n\
             3 resources, 2 not Ready\n"
        );
    }

    #[test]
    fn where_all_is_well_one_line_says_so() {
        let now = Timestamp::UNIX_EPOCH;
        let ready = StatusOverview::of(vec![service("a", "True", "Available", "equal")]);
        assert_eq!(ready.text(false, now), "1 resource, all Ready\n");
        assert_eq!(StatusOverview::of(Vec::new()).text(false, now), "no resources\n");
        let value = serde_json::to_value(&ready).unwrap();
        assert_eq!(value["resources"][0]["name"], "a", "{value}");
        assert_eq!(value["totals"]["notReady"], 0, "{value}");
    }
}
