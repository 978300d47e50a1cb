//! Where a create record was written: cluster, resource and account. Elsewhere it proves nothing. No IO.

use crate::api::annotations::{Annotations, Intent};

/// Where a create record is written or read. What is absent is not known, and not compared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Origin {
    /// The uid of the namespace `kube-system`.
    pub(crate) cluster: Option<String>,
    /// The id of the account at the provider.
    pub(crate) account: Option<String>,
    /// The resource, as `namespace/name`.
    pub(crate) resource: Option<String>,
}

impl Origin {
    /// The record, written here.
    pub(crate) fn sign(&self, intent: Intent) -> Intent {
        let Self { cluster, account, resource } = self.clone();
        Intent { cluster, account, resource, ..intent }
    }
}

impl Annotations {
    /// Keeps a create record only if it was written here. A record of another cluster or of another resource was copied, and is
    /// dropped. A record that this resource wrote in another account is set apart: the create may have made an object there.
    #[must_use]
    pub(crate) fn within(mut self, origin: &Origin) -> Self {
        let Origin { cluster, account, resource } = origin;
        let Some(intent) = self.intent.take() else { return self };
        if differs(intent.cluster.as_ref(), cluster.as_ref()) || differs(intent.resource.as_ref(), resource.as_ref()) {
            self
        } else if differs(intent.account.as_ref(), account.as_ref()) {
            Self { sent_elsewhere: Some(Box::new(intent)), ..self }
        } else {
            Self { intent: Some(intent), ..self }
        }
    }

    /// Whether there is a create record of this resource, wherever the create was sent.
    pub(crate) fn has_record(&self) -> bool {
        self.intent.is_some() || self.sent_elsewhere.is_some()
    }

    /// The account to which the last create of this resource was sent, if the record names it.
    pub(crate) fn created_in(&self) -> Option<&str> {
        self.intent.as_ref().or(self.sent_elsewhere.as_deref())?.account.as_deref()
    }
}

/// Whether both are known, and are not the same.
fn differs(its: Option<&String>, ours: Option<&String>) -> bool {
    its.zip(ours).is_some_and(|(its, ours)| its != ours)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::api::annotations::CREATE_INTENT;

    /// An origin by its cluster, account and resource, one character each; `-`: not known.
    fn origin(words: &str) -> Origin {
        let mut words = words.chars().map(|word| (word != '-').then(|| word.to_string()));
        let mut next = || words.next().flatten();
        Origin { cluster: next(), account: next(), resource: next() }
    }

    #[test]
    fn a_create_record_is_void_in_another_cluster_account_and_resource() {
        let record = json!({ "nonce": "n", "time": "2026-01-01T00:00:00Z", "ids": [] }).to_string();
        let parsed = Annotations::parse(&BTreeMap::from([(CREATE_INTENT.to_owned(), record)])).unwrap();
        for (written, read, expected) in [
            ("car", "car", "kept"),
            ("car", "---", "kept"),
            ("---", "car", "kept"),
            ("c--", "car", "kept"),
            ("car", "xar", "void"),
            ("car", "cax", "void"),
            ("car", "cxr", "elsewhere"),
            ("-a-", "cxr", "elsewhere"),
            ("car", "xxr", "void"),
            ("car", "cxx", "void"),
        ] {
            let intent = parsed.intent.clone().map(|intent| origin(written).sign(intent));
            let annotations = Annotations { intent, ..Annotations::default() }.within(&origin(read));
            let seen = match (&annotations.intent, &annotations.sent_elsewhere) {
                (Some(_), None) => "kept",
                (None, Some(_)) => "elsewhere",
                _ => "void",
            };
            assert_eq!(seen, expected, "{written} {read}");
            assert_eq!(annotations.has_record(), expected != "void");
        }
    }
}
