//! The first copy that is planned from after a shard was taken: the watch may not have delivered yet what its holder before wrote.

use std::sync::Arc;
use std::time::Duration;

use kube::{Api, ResourceExt};

use crate::operator::context::Context;
use crate::operator::reconcile_result::{Action, ReconcileResult};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::managed::{Managed, config_key};

/// The pause until a resource is read again that could not be read.
const AGAIN: Duration = Duration::from_secs(1);

/// A copy of a resource that is no older than this process's hold of its shard; else the end of the reconcile.
pub(crate) async fn fresh<T: Managed>(resource: Arc<T>, context: &Context<T>) -> Result<Arc<T>, ReconcileResult> {
    let (shared, namespace) = (&context.shared, resource.namespace().unwrap_or_default());
    let (key, uid) = (config_key(resource.as_ref(), &namespace), resource.uid().unwrap_or_default());
    let term = shared.services.term(&key, shared.index.config(&key).as_deref());
    if context.read_in.is(&uid, term) {
        return Ok(resource);
    }
    let api = Api::<T>::namespaced(shared.client.clone(), &namespace);
    match Asked::to::<T>(Verb::Get, &namespace).check(api.get_opt(&resource.name_any()).await) {
        Ok(Some(found)) if found.uid().as_ref() == Some(&uid) => {
            context.shared.inputs.seen(&found);
            context.read_in.set(&uid, term);
            Ok(context.read_your_writes.wrote(found))
        }
        Ok(_) => Err(ReconcileResult::success(Action::await_change())),
        Err(trouble) => {
            let what = format!("{} '{namespace}/{}' cannot be read", T::KIND, resource.name_any());
            shared.troubles.tell(&trouble, &("fresh", &trouble.asked), &what);
            Err(ReconcileResult::error(Action::requeue(AGAIN)))
        }
    }
}
