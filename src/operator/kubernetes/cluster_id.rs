//! Which cluster the operator runs in: the uid of the namespace `kube-system`, read once.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt};
use tokio::sync::{Mutex, OnceCell};

use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::warnings::Warnings;
use crate::operator::trouble::{ApiTrouble, rejection};

/// The namespace that every cluster has.
const NAMESPACE: &str = "kube-system";

/// How often it is tried again after a refusal: somebody may have given the right.
const RETRY: Duration = Duration::from_mins(1);

/// The identity of the cluster.
pub(crate) struct ClusterId {
    client: Client,
    may_be_read: bool,
    uid: OnceCell<String>,
    /// When the API server refused it last. Locked while it is read.
    refused_at: Mutex<Option<Instant>>,
    warnings: Warnings,
}

impl ClusterId {
    /// The identity is not known yet; without the right to read namespaces it never is.
    pub(crate) fn new(client: Client, may_be_read: bool) -> Self {
        let (uid, refused_at, warnings) = (OnceCell::new(), Mutex::default(), Warnings::default());
        Self { client, may_be_read, uid, refused_at, warnings }
    }

    /// Reads it, unless it is known. Without permission to read the namespace it stays unknown, and is tried again once in a while.
    pub(crate) async fn read(&self) -> Result<(), ApiTrouble> {
        if !self.may_be_read || self.uid.initialized() {
            return Ok(());
        }
        let mut refused_at = self.refused_at.lock().await;
        if self.uid.initialized() || refused_at.is_some_and(|at| at.elapsed() < RETRY) {
            return Ok(());
        }
        match Api::<Namespace>::all(self.client.clone()).get_metadata_opt(NAMESPACE).await {
            Ok(found) => {
                if let Some(uid) = found.and_then(|namespace| namespace.uid()) {
                    // It is locked: nobody has set it meanwhile.
                    let _ = self.uid.set(uid);
                }
                Ok(())
            }
            Err(error) if rejection(&error).is_some() => {
                *refused_at = Some(Instant::now());
                self.warn(error);
                Ok(())
            }
            Err(error) => Asked::to::<Namespace>(Verb::Get, "").check(Err(error)),
        }
    }

    /// The identity, once it was read; `None`: it may not be read.
    pub(crate) fn known(&self) -> Option<&str> {
        self.uid.get().map(String::as_str)
    }

    fn warn(&self, error: kube::Error) {
        let why = ApiTrouble::new(Asked::to::<Namespace>(Verb::Get, ""), error).report().message;
        if let Some(times) = self.warnings.due(&()) {
            tracing::warn!(
                times,
                "create records do not name their cluster, because kube-system cannot be read: {why}"
            );
        }
    }
}
