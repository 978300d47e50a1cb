//! Adds to an export what the schema accepts, which is asked as by `validate`. No IO.

use serde_json::Value;

use crate::cli::diagnostic::Diagnostic;
use crate::cli::export::manifest::{Export, ExportedManifest, ObjectFields};
use crate::cli::manifests::Manifest;
use crate::cli::manifests::field::Field;
use crate::cli::schema::Definitions;

/// A part of a spec that may be absent: the provider's value then stays as it is.
#[derive(Clone, Copy)]
pub(crate) enum OptionalPart {
    /// Fields that are present or absent together.
    Fields(&'static [&'static str]),
    /// Single entries of a list.
    EntriesOf(&'static str),
}

impl Export {
    /// Adds a manifest without the optional parts that the schema refuses, and returns the diagnostics about these. Of two parts
    /// that contain the same field, the first is tried first.
    ///
    /// # Errors
    /// The manifest is not added: the diagnostic is about a part that is not optional.
    pub(crate) fn add(
        &mut self,
        mut manifest: ExportedManifest,
        optional: &[OptionalPart],
        definitions: &Definitions,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let mut removed = Vec::new();
        loop {
            let refused = definitions.check(&Manifest::generated(manifest.value(None)), "");
            let Some(first) = refused.first() else { break };
            // Removing an entry moves the entries after it, so one part is removed before the next check.
            let found = optional
                .iter()
                .find_map(|part| refused.iter().find(|diagnostic| part.remove(&diagnostic.field, &mut manifest.spec)));
            removed.push(found.ok_or_else(|| first.clone())?.clone());
        }
        self.manifests.push(manifest);
        Ok(removed)
    }
}

impl OptionalPart {
    /// Removes the part if it contains the field; whether it was there.
    fn remove(self, field: &Field, spec: &mut ObjectFields) -> bool {
        let mut steps = field.steps();
        let (Some("spec"), Some(name)) = (steps.next(), steps.next()) else { return false };
        match self {
            Self::Fields(names) => {
                let is_present = names.contains(&name) && spec.0.contains_key(name);
                if is_present {
                    spec.0.retain(|name, _| !names.contains(&name.as_str()));
                }
                is_present
            }
            Self::EntriesOf(list) => {
                let at = steps.next().and_then(|index| index.parse::<usize>().ok()).filter(|_| name == list);
                let (Some(at), Some(Value::Array(entries))) = (at, spec.0.get_mut(list)) else { return false };
                let is_present = at < entries.len();
                if is_present {
                    entries.remove(at);
                }
                if entries.is_empty() {
                    spec.0.remove(list);
                }
                is_present
            }
        }
    }
}
