//! Kubernetes events: one for each change at the provider, one for each new failure. A reconcile never waits for them.

pub(crate) mod sent;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::events::EventType;
use kube::{Api, Client, Resource};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::api::reason::{EventReason, Reason};
use crate::operator::kubernetes::events::sent::{Repeat, SentEvents};
use crate::operator::kubernetes::patch::is_not_found;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::log::TroubleLog;

/// How many events may wait to be published; further ones are dropped.
const QUEUE_LENGTH: usize = 4096;
/// The API server accepts notes of up to 1 kB.
const MAX_NOTE: usize = 1000;
/// So much of a resource's name is in the name of an event, which may have 253 characters.
const MAX_NAME: usize = 200;
/// Who reports.
const REPORTER: &str = "ping-operator";

/// What an event says, and the object that it is about.
struct Post {
    /// Whether it tells of a change at the provider: each change has an event of its own, whatever it says.
    is_change: bool,
    type_: EventType,
    reason: String,
    note: String,
    about: ObjectReference,
}

/// Publishes events in a task of its own.
pub(crate) struct Events {
    posts: Mutex<Option<Sender<Post>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Events {
    /// Starts the task.
    pub(crate) fn start(client: Client, troubles: Arc<TroubleLog>) -> Self {
        let (posts, inbox) = channel(QUEUE_LENGTH);
        let task = tokio::spawn(publish(client, inbox, troubles));
        Self { posts: Mutex::new(Some(posts)), task: Mutex::new(Some(task)) }
    }

    /// Publishes a change at the provider.
    pub(crate) fn change<T: Resource<DynamicType = ()>>(&self, about: &T, reason: EventReason, note: &str) {
        self.change_about(about.object_ref(&()), reason, note);
    }

    /// Publishes a change of an object that the types may not be able to read.
    pub(crate) fn change_about(&self, about: ObjectReference, reason: EventReason, note: &str) {
        self.post(about, true, EventType::Normal, reason.as_str(), note);
    }

    /// Publishes that something is awaited.
    pub(crate) fn waiting<T: Resource<DynamicType = ()>>(&self, about: &T, reason: Reason, note: &str) {
        self.post(about.object_ref(&()), false, EventType::Normal, reason.as_str(), note);
    }

    /// Publishes a failure, a hold or a difference.
    pub(crate) fn warning<T: Resource<DynamicType = ()>>(&self, about: &T, reason: Reason, note: &str) {
        self.warning_about(about.object_ref(&()), reason, note);
    }

    /// Publishes a failure of an object that the types cannot read.
    pub(crate) fn warning_about(&self, about: ObjectReference, reason: Reason, note: &str) {
        self.post(about, false, EventType::Warning, reason.as_str(), note);
    }

    fn post(&self, about: ObjectReference, is_change: bool, type_: EventType, reason: &str, note: &str) {
        let note = cut(note, MAX_NOTE).to_owned();
        let post = Post { is_change, type_, reason: reason.to_owned(), note, about };
        let posts = self.posts.lock();
        if let Some(posts) = posts.as_ref()
            && posts.try_send(post).is_err()
        {
            tracing::warn!("an event is dropped: too many are waiting to be published");
        }
    }

    /// Waits a few seconds until the events that wait are published.
    pub(crate) async fn finish(&self) {
        drop(self.posts.lock().take());
        let task = self.task.lock().take();
        if let Some(task) = task {
            let _ = tokio::time::timeout(Duration::from_secs(5), task).await;
        }
    }
}

/// A note that ends with the id of the external object: a long note is cut before it.
pub(crate) fn note_with_id(note: &str, external_id: Option<&str>) -> String {
    let Some(id) = external_id else { return note.to_owned() };
    let end = format!(" (external id {id})");
    format!("{}{end}", cut(note, MAX_NOTE.saturating_sub(end.len())))
}

/// The beginning of a note, of so many bytes at most.
fn cut(note: &str, longest: usize) -> &str {
    note.get(..note.floor_char_boundary(longest)).unwrap_or_default()
}

impl Post {
    /// The same for two events that say the same of the same object.
    fn hash(&self) -> u64 {
        let Self { is_change: _, type_, reason, note, about } = self;
        let mut hasher = DefaultHasher::new();
        (&about.kind, &about.namespace, &about.name, &about.uid).hash(&mut hasher);
        (type_name(*type_), reason, note).hash(&mut hasher);
        hasher.finish()
    }

    /// The event as Kubernetes stores it.
    fn event(self, instance: &str, now: Timestamp) -> Event {
        let Self { is_change: _, type_, reason, note, about } = self;
        let named = about.name.as_deref().unwrap_or(REPORTER);
        let start = named.get(..named.floor_char_boundary(MAX_NAME)).unwrap_or(REPORTER).trim_end_matches(['-', '.']);
        let name = Some(format!("{start}.{:x}", now.as_nanosecond()));
        Event {
            action: Some("Reconcile".to_owned()),
            event_time: Some(MicroTime(now)),
            metadata: ObjectMeta { name, namespace: about.namespace.clone(), ..ObjectMeta::default() },
            note: Some(note),
            reason: Some(reason),
            regarding: Some(about),
            reporting_controller: Some(REPORTER.to_owned()),
            reporting_instance: Some(instance.to_owned()),
            type_: Some(type_name(type_).to_owned()),
            ..Event::default()
        }
    }
}

/// The type as Kubernetes names it.
fn type_name(type_: EventType) -> &'static str {
    match type_ {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    }
}

async fn publish(client: Client, mut inbox: Receiver<Post>, troubles: Arc<TroubleLog>) {
    let instance = std::env::var("POD_NAME").unwrap_or_else(|_| REPORTER.to_owned());
    let mut sent = SentEvents::default();
    while let Some(post) = inbox.recv().await {
        match send(&client, &instance, &mut sent, post).await {
            Ok(()) => {}
            // The namespace is gone, and with it who would read the event.
            Err(trouble) if trouble.is_not_found() => {}
            Err(trouble) => {
                let asked = &trouble.asked;
                let warning = ("event", asked.verb, &asked.namespace);
                troubles.tell(&trouble, &warning, "events cannot be published; everything else goes on");
            }
        }
    }
}

/// Writes an event, or counts it if it was written a short while ago.
async fn send(client: &Client, instance: &str, sent: &mut SentEvents, post: Post) -> Result<(), ApiTrouble> {
    // Kubernetes wants events about objects without a namespace there.
    let api: Api<Event> = Api::namespaced(client.clone(), post.about.namespace.as_deref().unwrap_or("default"));
    let (hash, now, is_change) = (post.hash(), Timestamp::now(), post.is_change);
    let namespace = post.about.namespace.clone().unwrap_or_default();
    let repeat = if is_change { None } else { sent.again(hash, now) };
    if let Some(Repeat { name, count }) = repeat {
        let series = json!({ "series": { "count": count, "lastObservedTime": MicroTime(now) } });
        match api.patch_metadata(&name, &PatchParams::default(), &Patch::Merge(series)).await {
            // Kubernetes has removed it meanwhile.
            Err(error) if is_not_found(&error) => {}
            counted => return Asked::to::<Event>(Verb::Patch, &namespace).check(counted).map(drop),
        }
    }
    let event = post.event(instance, now);
    let name = event.metadata.name.clone().unwrap_or_default();
    Asked::to::<Event>(Verb::Create, &namespace).check(api.create(&PostParams::default(), &event).await)?;
    if !is_change {
        sent.add(hash, name, now);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stands_at_the_end_of_every_note_however_long_it_is_and_whatever_is_in_it() {
        for note in ["", "refused (HTTP 422)", &"long ".repeat(400), &"ü".repeat(600)] {
            let told = note_with_id(note, Some("42"));
            assert!(told.ends_with(" (external id 42)") && told.len() <= MAX_NOTE, "{told}");
            assert_eq!(cut(&told, MAX_NOTE), told);
        }
        assert_eq!(note_with_id("x", None), "x");
    }
}
