//! Patches of one resource: metadata and status by compare-and-swap, status by server-side apply.

use std::fmt::Debug;

use kube::api::{Api, Patch, PatchParams};
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::api::FINALIZER;
use crate::api::finalizer::has_finalizer;
use crate::operator::trouble::rejection;

/// The field manager of everything but status.
const MANAGER: &str = "ping-operator";
/// The field manager of status.
const STATUS_MANAGER: &str = "ping-operator-status";

/// The parameters of a merge patch of anything but status.
pub(crate) fn merge_params() -> PatchParams {
    managed_by(MANAGER)
}

/// The parameters of a merge patch of status.
pub(crate) fn merge_status_params() -> PatchParams {
    managed_by(STATUS_MANAGER)
}

fn managed_by(manager: &str) -> PatchParams {
    PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() }
}

/// A change of a resource's metadata. The API server answers with a conflict if the resource was written since it was read.
pub(crate) struct MetadataPatch<'a, T> {
    /// The resource as it was read.
    read: &'a T,
    metadata: Map<String, Value>,
}

impl<'a, T: Resource> MetadataPatch<'a, T> {
    /// A patch that changes nothing yet.
    pub(crate) fn new(read: &'a T) -> Self {
        Self { read, metadata: Map::from_iter([("resourceVersion".to_owned(), json!(read.resource_version()))]) }
    }

    /// Adds or removes the finalizer; no change if it is there, or absent, already.
    pub(crate) fn finalizer(mut self, wanted: bool) -> Self {
        if has_finalizer(self.read) != wanted {
            let mut names: Vec<_> = self.read.finalizers().iter().filter(|name| *name != FINALIZER).cloned().collect();
            names.extend(wanted.then(|| FINALIZER.to_owned()));
            self.metadata.insert("finalizers".to_owned(), json!(names));
        }
        self
    }

    /// Sets an annotation.
    pub(crate) fn annotation(mut self, name: &str, value: &str) -> Self {
        self.metadata.insert("annotations".to_owned(), json!({ name: value }));
        self
    }

    /// Sends the patch; returns the resource as it is now.
    pub(crate) async fn send(self, api: &Api<T>) -> kube::Result<T>
    where
        T: Clone + Debug + DeserializeOwned,
    {
        let patch = Patch::Merge(json!({ "metadata": self.metadata }));
        api.patch(&self.read.name_any(), &merge_params(), &patch).await
    }
}

/// Merges `status` into a resource's status. A conflict if the resource was written since it was read.
pub(crate) async fn merge_status<T>(api: &Api<T>, read: &T, status: Value) -> kube::Result<T>
where
    T: Resource + Clone + Debug + DeserializeOwned,
{
    let patch = json!({ "metadata": { "resourceVersion": read.resource_version() }, "status": status });
    api.patch_status(&read.name_any(), &merge_status_params(), &Patch::Merge(patch)).await
}

/// Whether a status may take the place of one that was written since the resource was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Overwrite {
    /// So that no conflict can lose an id: the operator that writes to the provider knows best.
    Always,
    /// The API server answers with a conflict: a dry run looks again, because what another operator wrote is newer.
    Never,
}

/// Applies a whole status. With the uid, so that a resource of the same name that was created meanwhile cannot get it.
pub(crate) async fn apply_status<T>(
    api: &Api<T>,
    read: &T,
    status: &impl Serialize,
    overwrite: Overwrite,
) -> kube::Result<T>
where
    T: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let name = read.name_any();
    let metadata = match overwrite {
        Overwrite::Always => json!({ "name": name, "uid": read.uid() }),
        Overwrite::Never => json!({ "name": name, "uid": read.uid(), "resourceVersion": read.resource_version() }),
    };
    let patch = Patch::Apply(json!({
        "apiVersion": T::api_version(&()),
        "kind": T::kind(&()),
        "metadata": metadata,
        "status": status,
    }));
    api.patch_status(&name, &PatchParams::apply(STATUS_MANAGER).force(), &patch).await
}

/// Whether the API server says that the object was written since it was read, or exists already.
pub(crate) fn is_conflict(error: &kube::Error) -> bool {
    rejection(error) == Some(409)
}

/// Whether the API server says that there is no such object.
pub(crate) fn is_not_found(error: &kube::Error) -> bool {
    rejection(error) == Some(404)
}
