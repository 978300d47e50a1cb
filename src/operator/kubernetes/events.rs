//! Kubernetes events: one for each change at the provider, one for each new failure. A reconcile never waits for them.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::api::reason::{EventReason, Reason};

/// How many events may wait to be published; further ones are dropped.
const QUEUE_LENGTH: usize = 4096;
/// The API server accepts notes of up to 1 kB.
const MAX_NOTE: usize = 1000;

/// An event and the object that it is about.
struct Post {
    event: Event,
    about: ObjectReference,
}

/// Publishes events in a task of its own.
pub(crate) struct Events {
    posts: Mutex<Option<Sender<Post>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Events {
    /// Starts the task.
    pub(crate) fn start(client: Client) -> Self {
        let (posts, inbox) = channel(QUEUE_LENGTH);
        let task = tokio::spawn(publish(client, inbox));
        Self { posts: Mutex::new(Some(posts)), task: Mutex::new(Some(task)) }
    }

    /// Publishes a change at the provider.
    pub(crate) fn normal<T: Resource<DynamicType = ()>>(&self, about: &T, reason: EventReason, note: &str) {
        self.post(about, EventType::Normal, reason.as_str(), note);
    }

    /// Publishes a failure.
    pub(crate) fn warning<T: Resource<DynamicType = ()>>(&self, about: &T, reason: Reason, note: &str) {
        self.post(about, EventType::Warning, reason.as_str(), note);
    }

    fn post<T: Resource<DynamicType = ()>>(&self, about: &T, type_: EventType, reason: &str, note: &str) {
        let note = note.chars().take(MAX_NOTE).collect();
        let action = "Reconcile".to_owned();
        let event = Event { type_, reason: reason.to_owned(), note: Some(note), action, secondary: None };
        let posts = self.posts.lock();
        if let Some(posts) = posts.as_ref()
            && posts.try_send(Post { event, about: about.object_ref(&()) }).is_err()
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

async fn publish(client: Client, mut inbox: Receiver<Post>) {
    let instance = std::env::var("POD_NAME").ok();
    let recorder = Recorder::new(client, Reporter { controller: "ping-operator".to_owned(), instance });
    while let Some(Post { event, about }) = inbox.recv().await {
        if let Err(error) = recorder.publish(&event, &about).await {
            tracing::debug!(%error, reason = event.reason, "an event could not be published");
        }
    }
}
