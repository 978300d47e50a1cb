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
    /// Those whose `spec.suspend` is set.
    suspended: usize,
    /// Those that are being deleted.
    deleting: usize,
}

impl StatusOverview {
    /// The overview of these.
    pub(crate) fn of(resources: Vec<ResourceState>) -> Self {
        let totals = StatusTotals {
            all: resources.len(),
            not_ready: resources.iter().filter(|state| !state.is_ready()).count(),
            suspended: resources.iter().filter(|state| state.suspended).count(),
            deleting: resources.iter().filter(|state| state.deleting).count(),
        };
        Self { version: 1, resources, totals }
    }

    /// A table of what is not Ready, each trouble once with what to do, and the numbers. `with_ready`: the table has all. `place`: where
    /// was searched, after a blank.
    pub(crate) fn text(&self, with_ready: bool, now: Timestamp, place: &str) -> String {
        let shown: Vec<_> = self.resources.iter().filter(|state| with_ready || !state.is_ready()).collect();
        let mut text = String::new();
        if !shown.is_empty() {
            let rows: Vec<_> = shown.iter().map(|state| row(state, now)).collect();
            text += &table(&["NAMESPACE", "KIND", "NAME", "READY", "REASON", "SINCE", "NEXT-TRY"], &rows);
            text.push('\n');
        }
        let told: Vec<_> = troubles(&shown).iter().filter_map(|group| trouble(group)).collect();
        text + &told.concat() + &self.total(place)
    }

    fn total(&self, place: &str) -> String {
        let StatusTotals { all, not_ready, suspended, deleting } = &self.totals;
        let some = |number: &usize, word| if *number == 0 { String::new() } else { format!(", {number} {word}") };
        let marks = some(suspended, "suspended") + &some(deleting, "being deleted");
        match (all, not_ready) {
            (0, _) => format!("no resources{place}\n"),
            (all, 0) => format!("{}, all Ready{marks}\n", count(*all, "resource")),
            (all, not_ready) => format!("{}, {not_ready} not Ready{marks}\n", count(*all, "resource")),
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

/// Those that have the same trouble: what is wrong with a config is told once of all that use it.
fn troubles<'a>(states: &[&'a ResourceState]) -> Vec<Vec<&'a ResourceState>> {
    let told = |state: &'a ResourceState| (&state.reason, &state.message, &state.notes, state.marks());
    let is_same = |one: &'a ResourceState, other: &'a ResourceState| told(one) == told(other);
    let mut groups: Vec<Vec<&ResourceState>> = Vec::new();
    for state in states {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_same(first, state))) {
            Some(group) => group.push(state),
            None => groups.push(vec![state]),
        }
    }
    groups
}

/// What a person should see beside a name, after a blank.
pub(crate) fn marks(state: &ResourceState) -> String {
    let marks = state.marks();
    if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) }
}

/// One trouble of some resources in words.
fn trouble(group: &[&ResourceState]) -> Option<String> {
    let state = group.first()?;
    let names: Vec<_> = group.iter().take(NAMED).map(|state| title(&state.key)).collect();
    let more = group.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let mut text = format!("{}{more}{}: {}: {}\n", names.join(", "), marks(state), state.reason, state.message);
    if let Some(action) = state.action {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "    what to do: {action}");
    }
    for command in group.iter().take(NAMED).filter_map(|state| state.command.as_deref()) {
        let _ = writeln!(text, "                {command}");
    }
    if let Some(page) = &state.page {
        let _ = writeln!(text, "    more:       {page}");
    }
    // What the summary says already is not told again.
    for StateNote { condition, reason, message } in state.notes.iter().filter(|note| note.message != state.message) {
        let reason = if condition.as_str() == reason { String::new() } else { format!("{reason}: ") };
        let _ = writeln!(text, "    {condition}: {reason}{message}");
    }
    Some(text)
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
        let text = StatusOverview::of(states).text(false, now, "");
        assert_eq!(
            text,
            "NAMESPACE   KIND      NAME   READY   REASON           SINCE   NEXT-TRY\n\
             n           Service   b      False   SecretNotFound   5m      by itself\n\
             n           Service   c      False   SecretNotFound   5m      by itself\n\n\
             Service n/b, Service n/c: SecretNotFound: the Secret 's' does not exist\n    \
             what to do: Create the Secret with that key, or add the label that the message names; the operator checks every 5 s.\n    \
             more:       docs/conditions.md#secretnotfound\n\
             3 resources, 2 not Ready\n"
        );
    }

    #[test]
    fn where_all_is_well_one_line_says_so() {
        let now = Timestamp::UNIX_EPOCH;
        let ready = StatusOverview::of(vec![service("a", "True", "Available", "equal")]);
        assert_eq!(ready.text(false, now, ""), "1 resource, all Ready\n");
        assert_eq!(StatusOverview::of(Vec::new()).text(false, now, " in 'x'"), "no resources in 'x'\n");
        let value = serde_json::to_value(&ready).unwrap();
        assert_eq!(value["resources"][0]["name"], "a", "{value}");
        assert_eq!(value["totals"]["notReady"], 0, "{value}");
    }

    fn team(suspend: bool, deleted: bool, conditions: &[[&str; 4]]) -> ResourceState {
        let conditions: Vec<_> = conditions
            .iter()
            .map(|[type_, status, reason, message]| {
                json!({
                    "type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 1,
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                })
            })
            .collect();
        let mut metadata = json!({ "namespace": "n", "name": "t", "generation": 1 });
        if deleted {
            metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        let value =
            json!({ "metadata": metadata, "spec": { "suspend": suspend }, "status": { "conditions": conditions } });
        ResourceState::of(&ClusterResource::new(Kind::Team, value), None)
    }

    fn lines_after_the_table(state: ResourceState) -> String {
        let text = StatusOverview::of(vec![state]).text(true, Timestamp::UNIX_EPOCH, "");
        text.split_once("\n\n").unwrap().1.to_owned()
    }

    #[test]
    fn a_suspension_is_told_once_with_the_verb_that_ends_it() {
        let suspended = ["Suspended", "True", "Suspended", "`suspend` is true"];
        let never_read = [["Ready", "Unknown", "Suspended", "see Suspended"], suspended];
        assert_eq!(
            lines_after_the_table(team(true, false, &never_read)),
            "Team n/t (suspended): Suspended: `suspend` is true\n    \
             what to do: Set `suspend: false` when the operator may go on.\n                \
             kubectl ping resume team/t -n n\n    \
             more:       docs/conditions.md#suspended\n\
             1 resource, 1 not Ready, 1 suspended\n"
        );
        let was_ready = [["Ready", "True", "Available", "equal"], suspended];
        assert_eq!(
            lines_after_the_table(team(true, false, &was_ready)),
            "Team n/t (suspended): Available: equal\n    \
             Suspended: `suspend` is true\n\
             1 resource, all Ready, 1 suspended\n"
        );
    }

    #[test]
    fn what_is_being_deleted_is_told_and_counted() {
        let held = [["Ready", "True", "Available", "equal"], ["Reconciling", "True", "AwaitingRemoval", "waits"]];
        let text = lines_after_the_table(team(false, true, &held));
        assert!(text.starts_with("Team n/t (being deleted): AwaitingRemoval: waits\n"), "{text}");
        assert!(text.ends_with("1 resource, 1 not Ready, 1 being deleted\n"), "{text}");
    }
}
