//! Before a write: the finalizer, and before a create its record, in one compare-and-swap patch (design §4.1).

use std::sync::Arc;

use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Map, Value, json};

use crate::api::FINALIZER;
use crate::api::annotations::{CREATE_INTENT, Intent};
use crate::api::reason::EventReason;
use crate::operator::reconcile::pass::{Interrupt, Occurrence, Pass};
use crate::plan::managed::Managed;
use crate::plan::step::{Step, Why};

/// The field manager of everything but status.
pub(crate) const MANAGER: &str = "ping-operator";

/// Makes sure that what the step does cannot be forgotten.
pub(crate) async fn prepare<T: Managed>(pass: &mut Pass<'_, T>, step: &Step) -> Result<(), Interrupt> {
    match &step.why {
        Why::Create(creation) => {
            let nonce = format!("{:016x}", fastrand::u64(..));
            let intent = creation.record(nonce, pass.context.shared.clock.now());
            patch(pass, Some(&intent)).await?;
            pass.annotations.intent = Some(intent);
            Ok(())
        }
        Why::Update(_) | Why::Notify(_) => ensure_finalizer(pass).await,
        Why::Delete => Ok(()),
    }
}

/// Puts the finalizer on a resource that stands for an external object.
pub(crate) async fn ensure_finalizer<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    if pass.has_finalizer() || pass.is_deleted() {
        return Ok(());
    }
    patch(pass, None).await
}

async fn patch<T: Managed>(pass: &mut Pass<'_, T>, intent: Option<&Intent>) -> Result<(), Interrupt> {
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".to_owned(), json!(pass.resource.resource_version()));
    if !pass.has_finalizer() {
        let mut finalizers = pass.resource.finalizers().to_vec();
        finalizers.push(FINALIZER.to_owned());
        metadata.insert("finalizers".to_owned(), json!(finalizers));
    }
    if let Some(intent) = intent {
        let record = serde_json::to_string(intent).map_err(kube::Error::SerdeError)?;
        metadata.insert("annotations".to_owned(), json!({ CREATE_INTENT: record }));
    }
    let patch = Patch::Merge(Value::Object(Map::from_iter([("metadata".to_owned(), Value::Object(metadata))])));
    let api = Api::<T>::namespaced(pass.context.shared.client.clone(), &pass.key.namespace);
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let _slot = pass.context.shared.may_write().await;
    let written = api.patch(&pass.resource.name_any(), &params, &patch).await?;
    // The spec may have changed meanwhile only if the patch had failed: its version was the condition.
    pass.resource = pass.context.read_your_writes.wrote(written);
    Ok(())
}

impl<T: Managed> Pass<'_, T> {
    /// The object's id is known: nobody else may take it.
    pub(crate) fn learnt(&mut self, id: &str) {
        self.known_id = Some(id.to_owned());
        self.context.shared.index.claim(&self.key, id);
    }

    /// A create told its id: what was known of another object is not known of this one, only what its plan says.
    pub(crate) fn made(&mut self, id: &str, facts: T::Facts) {
        self.learnt(id);
        Arc::make_mut(&mut self.resource).status_mut().get_or_insert_default().facts = facts;
    }

    /// Notes a real change.
    pub(crate) fn note_event(&mut self, reason: EventReason, note: &str) {
        self.occurrences.push(Occurrence { reason, note: note.to_owned() });
    }
}

/// Whether an API error says that somebody else wrote first.
pub(crate) fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409)
}
