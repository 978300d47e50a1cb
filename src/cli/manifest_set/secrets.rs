//! The Secrets among the manifests: their values, and what is told of those that are encrypted or made in the cluster. No IO.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use serde_json::Value;

use crate::cli::diagnostic::Diagnostic;
use crate::cli::manifest_set::hidden::hidden_by;
use crate::cli::manifest_set::secret_sources::{SecretOrigin, SourceOfSecret};
use crate::cli::manifests::Manifest;
use crate::plan::references::{SecretValue, lacks_key};
use crate::provider::model::sensitive::Sensitive;

/// What SOPS adds to a file that it encrypts.
const SOPS: &str = "sops";
/// The fields of a Secret that have values.
const VALUES: [&str; 2] = ["data", "stringData"];

/// What the manifests tell of a key of a Secret.
pub(crate) enum Found<'a> {
    /// Its value.
    Known(&'a Sensitive),
    /// It has a value in the cluster, which the manifests do not show.
    Unknown(Hidden),
    /// The whole Secret is among the manifests, and lacks the key.
    Missing,
}

/// Why a value is not known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Hidden {
    /// One clause that names the Secret.
    pub(crate) why: String,
    /// The previous manifests have it in another form: the value may be another one, too.
    pub(crate) is_changed: bool,
}

impl Found<'_> {
    /// The value; `None`: there is none.
    pub(crate) fn value(&self) -> Option<SecretValue> {
        match self {
            Self::Known(value) => Some(SecretValue::Known((*value).clone())),
            Self::Unknown(_) => Some(SecretValue::Unknown),
            Self::Missing => None,
        }
    }

    /// Why the value is not known, or not there; `None`: it is known.
    pub(crate) fn trouble(&self, name: &str, key: &str) -> Option<String> {
        match self {
            Self::Known(value) if value.expose().is_empty() => {
                Some(format!("the key '{key}' of the Secret '{name}' is empty"))
            }
            Self::Known(_) => None,
            Self::Unknown(hidden) => Some(hidden.why.clone()),
            Self::Missing => Some(lacks_key(name, key)),
        }
    }
}

/// A value as a manifest of a Secret has it.
#[derive(Clone)]
enum Written {
    Plain(Sensitive),
    /// The text that stands in its place, for comparison only, and what it is.
    Hidden(Value, SecretOrigin),
}

/// The name of a Secret.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct SecretName {
    namespace: String,
    name: String,
}

/// Everything that the manifests tell of Secrets.
#[derive(Clone, Default)]
pub(crate) struct ManifestSecrets {
    written: BTreeMap<SecretName, BTreeMap<String, Written>>,
    sources: Vec<SourceOfSecret>,
    /// What the previous manifests tell, if they have another form of it.
    previous: Option<Box<ManifestSecrets>>,
}

impl ManifestSecrets {
    /// Adds a manifest of a Secret.
    ///
    /// # Errors
    /// A value that the API server refuses.
    pub(crate) fn add(&mut self, manifest: &Manifest, namespace: &str) -> Result<(), Diagnostic> {
        let (plain, encrypted) = split(manifest);
        let secret = plain.typed::<Secret>().map_err(without_value)?;
        let namespace = secret.namespace().unwrap_or_else(|| namespace.to_owned());
        let data = secret.data.iter().flatten();
        let decoded = data.filter_map(|(key, bytes)| Some((key.clone(), String::from_utf8(bytes.0.clone()).ok()?)));
        let plain = secret.string_data.iter().flatten().map(|(key, text)| (key.clone(), text.clone()));
        let values = decoded.chain(plain).map(|(key, text)| (key, written(text.trim()))).chain(encrypted);
        self.written.insert(SecretName { namespace, name: secret.name_any() }, values.collect());
        Ok(())
    }

    /// Adds a manifest of an object from which a Secret is made in the cluster, if it is one.
    pub(crate) fn add_source(&mut self, manifest: &Manifest, namespace: &str) {
        self.sources.extend(SourceOfSecret::of(manifest, namespace));
    }

    /// What the manifests tell of a key.
    pub(crate) fn find(&self, namespace: &str, name: &str, key: &str) -> Found<'_> {
        let secret = self.written.get(&SecretName { namespace: namespace.to_owned(), name: name.to_owned() });
        let hidden = |origin: SecretOrigin, form: Option<&Value>| {
            let before = self.previous.as_ref().and_then(|previous| previous.form(namespace, name, key));
            let is_changed = before.is_some_and(|before| Some(&before) != form);
            Found::Unknown(Hidden { why: origin.of(name), is_changed })
        };
        match (secret.and_then(|values| values.get(key)), self.source(namespace, name)) {
            (Some(Written::Plain(value)), _) => Found::Known(value),
            (Some(Written::Hidden(form, origin)), _) => hidden(origin.clone(), Some(form)),
            (None, Some(source)) => hidden(source.origin.clone(), Some(&source.form)),
            (None, None) if secret.is_some() => Found::Missing,
            (None, None) => hidden(SecretOrigin::Elsewhere, None),
        }
    }

    /// Adds what another set has and this one does not. A Secret that is made from something here is not the one that was written there.
    pub(crate) fn share(&mut self, other: &Self) {
        for (name, secret) in &other.written {
            if self.source(&name.namespace, &name.name).is_none() {
                self.written.entry(name.clone()).or_insert_with(|| secret.clone());
            }
        }
        // Of two sources of one Secret the first counts.
        self.sources.extend(other.sources.iter().cloned());
    }

    /// Compares hidden values with those of the previous manifests from now on.
    pub(crate) fn compare_with(&mut self, previous: &Self) {
        self.previous = Some(Box::new(previous.clone()));
    }

    /// Every known value.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.written.values().flat_map(BTreeMap::values).filter_map(|value| match value {
            Written::Plain(value) => Some(value.expose()),
            Written::Hidden(..) => None,
        })
    }

    /// Whether there is a manifest of a Secret, whatever its keys.
    pub(crate) fn has(&self, namespace: &str, name: &str) -> bool {
        self.written.contains_key(&SecretName { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// Whether a value is the same in both, as far as both tell something of it.
    pub(crate) fn says_same(&self, other: &Self, namespace: &str, name: &str, key: &str) -> bool {
        let value = |secrets: &Self| match secrets.find(namespace, name, key) {
            Found::Known(value) => Some(value.expose().to_owned()),
            Found::Unknown(_) | Found::Missing => None,
        };
        let forms = self.form(namespace, name, key).zip(other.form(namespace, name, key));
        forms.is_none_or(|(one, other)| one == other) && value(self).zip(value(other)).is_none_or(|(a, b)| a == b)
    }

    fn source(&self, namespace: &str, name: &str) -> Option<&SourceOfSecret> {
        self.sources.iter().find(|source| source.makes(namespace, name))
    }

    /// The form of a value that changes with it; `None`: nothing is told of it. A plain value has one that equals no hidden one.
    fn form(&self, namespace: &str, name: &str, key: &str) -> Option<Value> {
        let secret = self.written.get(&SecretName { namespace: namespace.to_owned(), name: name.to_owned() });
        match secret.and_then(|values| values.get(key)) {
            Some(Written::Plain(_)) => Some(Value::Null),
            Some(Written::Hidden(form, _)) => Some(form.clone()),
            None => self.source(namespace, name).map(|source| source.form.clone()),
        }
    }
}

/// The manifest without its hidden values, which need not be base64; and these, by their keys.
fn split(manifest: &Manifest) -> (Manifest, Vec<(String, Written)>) {
    let (mut plain, mut encrypted) = (manifest.clone(), Vec::new());
    let is_whole = plain.value.as_object_mut().and_then(|fields| fields.remove(SOPS)).is_some();
    for field in VALUES {
        let Some(values) = plain.value.get_mut(field).and_then(Value::as_object_mut) else { continue };
        values.retain(|key, value| {
            let origin = if is_whole { Some(SecretOrigin::Encrypted) } else { value.as_str().and_then(hidden_by) };
            encrypted.extend(origin.clone().map(|origin| (key.clone(), Written::Hidden(value.clone(), origin))));
            origin.is_none()
        });
    }
    (plain, encrypted)
}

/// A decoded value: it may have been hidden before it was encoded.
fn written(text: &str) -> Written {
    match hidden_by(text) {
        Some(origin) => Written::Hidden(text.into(), origin),
        None => Written::Plain(Sensitive::new(text)),
    }
}

/// An error in a Secret, without the value that the parser quotes.
fn without_value(error: Diagnostic) -> Diagnostic {
    Diagnostic { message: "the values of a Secret are strings, and those of `data` are base64".to_owned(), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::manifests::read::parse;

    fn secrets(text: &str) -> ManifestSecrets {
        let (mut all, mut secrets) = (Vec::new(), ManifestSecrets::default());
        parse("f.yaml", text, &mut all, &mut Vec::new());
        for manifest in &all {
            match manifest.kind() {
                "Secret" => secrets.add(manifest, "default").unwrap(),
                _ => secrets.add_source(manifest, "default"),
            }
        }
        secrets
    }

    fn told(secrets: &ManifestSecrets, name: &str, key: &str) -> String {
        let found = secrets.find("default", name, key);
        found.trouble(name, key).unwrap_or_else(|| "known".to_owned())
    }

    const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";

    #[test]
    fn an_encrypted_value_is_not_known_wherever_it_is_written() {
        // `RU5D…` is base64 of `ENC[AES256_GCM,data:x]`.
        for (values, expected) in [
            ("stringData: {k: 'ENC[AES256_GCM,data:x,type:str]'}", "encrypted"),
            ("data: {k: 'ENC[AES256_GCM,data:x,type:str]'}", "encrypted"),
            ("data: {k: RU5DW0FFUzI1Nl9HQ00sZGF0YTp4XQ==}", "encrypted"),
            ("data: {k: anything}\nsops: {version: 3.9.0}", "encrypted"),
            ("stringData: {k: plain, other: 'ENC[AES256_GCM,data:x]'}", "known"),
            ("stringData: {other: plain}\nsops: {version: 3.9.0}", "the Secret 's' has no key 'k'"),
        ] {
            let told = told(&secrets(&format!("{SECRET}{values}\n")), "s", "k");
            assert!(told.contains(expected), "{values}: {told}");
        }
    }

    #[test]
    fn what_makes_a_secret_in_the_cluster_is_named() {
        let made = secrets(
            "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: a}, spec: {encryptedData: {k: AgB}}}\n---\n\
             {apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: x}, spec: {template: {metadata: {name: b}}}}\n---\n\
             {apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: c}, spec: {}}\n---\n\
             {apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: vault}, spec: {target: {name: d}}}\n---\n\
             {apiVersion: external-secrets.io/v1, kind: ClusterExternalSecret, metadata: {name: z}, spec: {externalSecretSpec: {target: {name: e}}}}\n---\n\
             {apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: f, namespace: other}, spec: {}}\n---\n\
             {apiVersion: v1, kind: Secret, metadata: {name: c}, stringData: {plain: x}}\n",
        );
        for (name, expected) in [
            ("a", "the Secret 'a' is made by the SealedSecret 'a'"),
            ("b", "the Secret 'b' is made by the SealedSecret 'x'"),
            ("c", "the Secret 'c' is made by the ExternalSecret 'c'"),
            ("d", "the Secret 'd' is made by the ExternalSecret 'vault'"),
            ("e", "the Secret 'e' is made by the ClusterExternalSecret 'z'"),
            ("f", "the Secret 'f' is not among the manifests"),
        ] {
            assert_eq!(told(&made, name, "k"), expected);
        }
        assert_eq!(told(&made, "c", "plain"), "known");
    }

    #[test]
    fn a_hidden_value_may_have_changed_if_the_previous_manifests_have_another_form_of_it() {
        let form = |text: &str| secrets(&format!("{SECRET}stringData: {{k: {text}}}\n"));
        let is_changed = |previous: ManifestSecrets| {
            let mut secrets = form("'ENC[a]'");
            secrets.compare_with(&previous);
            matches!(secrets.find("default", "s", "k"), Found::Unknown(Hidden { is_changed: true, .. }))
        };
        assert!(is_changed(form("'ENC[b]'")) && is_changed(form("plain")));
        assert!(!is_changed(form("'ENC[a]'")) && !is_changed(ManifestSecrets::default()));
    }

    #[test]
    fn a_secret_that_is_made_in_the_cluster_now_has_not_the_value_that_was_written_before() {
        let before = secrets(&format!("{SECRET}stringData: {{k: plain}}\n"));
        let shared = |text: &str| {
            let mut secrets = secrets(text);
            secrets.compare_with(&before);
            secrets.share(&before);
            (
                told(&secrets, "s", "k"),
                matches!(secrets.find("default", "s", "k"), Found::Unknown(Hidden { is_changed: true, .. })),
            )
        };
        let external = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: s}, spec: {}}\n";
        assert_eq!(shared(external), ("the Secret 's' is made by the ExternalSecret 's'".to_owned(), true));
        assert_eq!(shared(""), ("known".to_owned(), false));
    }
}
