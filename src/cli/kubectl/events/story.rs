//! What happened to a resource, in the order of time. No IO.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use serde::Serialize;

use crate::api::conditions::SEE_READY;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::words::table;

/// What is added to an event of another resource that had the same name.
const EARLIER: &str = "about an earlier resource of this name, which was deleted";

/// One thing that happened.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub(crate) struct StoryLine {
    /// When; of what happened several times: the last time.
    pub(crate) time: Timestamp,
    /// What kind of thing.
    pub(crate) what: StoryKind,
    /// The reason of an event or condition, as one word.
    pub(crate) reason: String,
    /// What it says.
    pub(crate) message: String,
    /// How often it happened.
    pub(crate) count: i32,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) enum StoryKind {
    /// Something was done to the resource itself.
    Resource,
    /// A condition has had its status since then.
    Condition,
    /// An event.
    Event,
    /// An event about a problem.
    Warning,
}

impl StoryKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Condition => "condition",
            Self::Event => "event",
            Self::Warning => "warning",
        }
    }
}

/// The story of a resource; what has no time is left out.
pub(crate) fn story(resource: &ClusterResource, events: &[Event]) -> Vec<StoryLine> {
    let happened = |pointer: &str, reason: &str, message: &str| {
        let (reason, message) = (reason.to_owned(), message.to_owned());
        resource.time(pointer).map(|time| StoryLine { time, what: StoryKind::Resource, reason, message, count: 1 })
    };
    let deleted =
        happened("/metadata/deletionTimestamp", "Deleted", "somebody deleted it; it is there until it may go");
    let mut story: Vec<_> =
        happened("/metadata/creationTimestamp", "Created", "it was created").into_iter().chain(deleted).collect();
    story.extend(resource.conditions.iter().map(|condition| StoryLine {
        time: condition.last_transition_time,
        what: StoryKind::Condition,
        reason: format!("{}={} {}", condition.type_, condition.status.as_str(), condition.reason),
        message: if condition.message == SEE_READY { String::new() } else { condition.message.to_string() },
        count: 1,
    }));
    story.extend(events.iter().filter_map(|event| {
        let line = line(event)?;
        let message =
            if is_of_earlier(event, resource) { format!("{} ({EARLIER})", line.message) } else { line.message };
        Some(StoryLine { message, ..line })
    }));
    story.sort_by_key(|line| line.time);
    story
}

/// Whether an event is about another resource that had the same name. Events stay for an hour after their resource.
fn is_of_earlier(event: &Event, resource: &ClusterResource) -> bool {
    let uid = event.involved_object.uid.as_deref().filter(|uid| !uid.is_empty());
    uid.zip(resource.text("/metadata/uid")).is_some_and(|(about, own)| about != own)
}

/// An event as a line.
pub(crate) fn line(event: &Event) -> Option<StoryLine> {
    let series = event.series.as_ref();
    let last = series.and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let once = event.event_time.as_ref().map(|time| time.0);
    let legacy = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map(|time| time.0);
    let is_warning = event.type_.as_deref() == Some("Warning");
    Some(StoryLine {
        time: last.or(legacy).or(once)?,
        what: if is_warning { StoryKind::Warning } else { StoryKind::Event },
        reason: event.reason.clone().unwrap_or_default(),
        message: event.message.clone().unwrap_or_default(),
        count: series.and_then(|series| series.count).or(event.count).unwrap_or(1),
    })
}

/// The story as a table.
pub(crate) fn text(story: &[StoryLine]) -> String {
    let row = |line: &StoryLine| {
        let times = if line.count > 1 { format!(" ({} times)", line.count) } else { String::new() };
        let message = line.message.replace('\n', " ");
        vec![
            format!("{:.0}", line.time),
            line.what.as_str().to_owned(),
            line.reason.clone(),
            format!("{message}{times}"),
        ]
    };
    table(&["TIME", "WHAT", "REASON", "MESSAGE"], &story.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::kinds::Kind;

    #[test]
    fn events_and_conditions_stand_in_the_order_of_time() {
        let condition = |type_: &str, message: &str, time: &str| {
            json!({
                "type": type_, "status": "False", "reason": "SecretNotFound", "message": message, "observedGeneration": 1,
                "lastTransitionTime": time,
            })
        };
        let conditions = [
            condition("Ready", "the Secret is absent", "2026-01-01T00:00:30Z"),
            condition("Synced", SEE_READY, "2026-01-01T00:00:10Z"),
        ];
        let resource = ClusterResource::new(
            Kind::Team,
            json!({ "metadata": { "creationTimestamp": "2026-01-01T00:00:00Z" }, "status": { "conditions": conditions } }),
        );
        let event = json!({
            "metadata": {}, "involvedObject": {}, "type": "Warning", "reason": "SecretNotFound", "message": "absent\nstill",
            "eventTime": "2026-01-01T00:00:05.000000Z", "series": { "count": 3, "lastObservedTime": "2026-01-01T00:00:20.000000Z" },
        });
        let story = story(&resource, &[serde_json::from_value(event).unwrap()]);
        assert_eq!(
            text(&story),
            "TIME                   WHAT        REASON                        MESSAGE\n\
             2026-01-01T00:00:00Z   resource    Created                       it was created\n\
             2026-01-01T00:00:10Z   condition   Synced=False SecretNotFound\n\
             2026-01-01T00:00:20Z   warning     SecretNotFound                absent still (3 times)\n\
             2026-01-01T00:00:30Z   condition   Ready=False SecretNotFound    the Secret is absent\n"
        );
    }

    #[test]
    fn an_event_of_an_earlier_resource_of_the_name_is_marked() {
        let metadata = json!({ "uid": "new", "creationTimestamp": "2026-01-01T00:00:10Z" });
        let resource = ClusterResource::new(Kind::Team, json!({ "metadata": metadata }));
        let event = |uid: &str, message: &str, time: &str| {
            let event =
                json!({ "metadata": {}, "involvedObject": { "uid": uid }, "message": message, "eventTime": time });
            serde_json::from_value(event).unwrap()
        };
        let events = [
            event("old", "gone", "2026-01-01T00:00:01.000000Z"),
            event("new", "made", "2026-01-01T00:00:20.000000Z"),
            event("", "of no resource", "2026-01-01T00:00:30.000000Z"),
        ];
        let story = story(&resource, &events);
        let messages: Vec<_> = story.iter().map(|line| line.message.as_str()).collect();
        let marked = "gone (about an earlier resource of this name, which was deleted)";
        assert_eq!(messages, [marked, "it was created", "made", "of no resource"]);
    }
}
