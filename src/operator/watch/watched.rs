//! What a kind must be to be watched, and how its cache names a resource. No IO.

use std::fmt::Debug;

use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use serde::de::DeserializeOwned;

use crate::api::kinds::HasKind;
use crate::api::resource_key::ResourceKey;

/// What a kind must be to be watched.
pub(crate) trait Watched:
    Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<T: Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Send + Sync + 'static> Watched for T {}

/// A resource, as the cache of its kind finds it.
pub(crate) fn object_ref<T: Watched>(key: &ResourceKey) -> ObjectRef<T> {
    let object = ObjectRef::new(&key.name);
    if key.namespace.is_empty() { object } else { object.within(&key.namespace) }
}
