//! What a kind must be to be watched. No IO.

use std::fmt::Debug;

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::kinds::HasKind;

/// What a kind must be to be watched.
pub(crate) trait Watched:
    Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
}

impl<T: Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static>
    Watched for T
{
}
