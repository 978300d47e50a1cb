//! Which cluster the operator runs in: the uid of the namespace `kube-system`, read once.

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt};
use tokio::sync::OnceCell;

use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};

/// The namespace that every cluster has.
const NAMESPACE: &str = "kube-system";

/// The identity of the cluster.
pub(crate) struct ClusterId {
    client: Client,
    uid: OnceCell<Option<String>>,
}

impl ClusterId {
    /// The identity is not known yet; without the right to read namespaces it never is.
    pub(crate) fn new(client: Client, may_be_read: bool) -> Self {
        let uid = if may_be_read { OnceCell::new() } else { OnceCell::new_with(Some(None)) };
        Self { client, uid }
    }

    /// Reads it, once per process. Without permission to read the namespace it stays unknown.
    pub(crate) async fn read(&self) -> Result<(), ApiTrouble> {
        self.uid.get_or_try_init(|| self.uid_of_namespace()).await.map(drop)
    }

    /// The identity, once it was read; `None`: it may not be read.
    pub(crate) fn known(&self) -> Option<&str> {
        self.uid.get()?.as_deref()
    }

    async fn uid_of_namespace(&self) -> Result<Option<String>, ApiTrouble> {
        match Api::<Namespace>::all(self.client.clone()).get_metadata_opt(NAMESPACE).await {
            Ok(found) => Ok(found.and_then(|namespace| namespace.uid())),
            Err(error) => match rejection(&error) {
                Some(_) => {
                    let trouble = ApiTrouble::new(Asked::to::<Namespace>(Verb::Get, ""), error);
                    let why = trouble.report().message;
                    tracing::warn!(
                        "create records do not name their cluster, because kube-system cannot be read: {why}"
                    );
                    Ok(None)
                }
                None => Asked::to::<Namespace>(Verb::Get, "").check(Err(error)),
            },
        }
    }
}
