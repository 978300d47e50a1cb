//! Files beside those of an export that have resources of the same provider: the same objects may be in them a second time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::api::kinds::{Kind, managed_kinds};
use crate::api::provider_config::Provider;
use crate::cli::manifests::Manifest;
use crate::cli::manifests::read::read;

/// The files in and below a folder that have resources of the provider, without the files of the export itself.
pub(crate) fn beside(dir: &Path, exported: &[PathBuf], provider: Provider) -> BTreeSet<PathBuf> {
    if !dir.is_dir() {
        return BTreeSet::new();
    }
    // What cannot be read cannot be applied.
    let (manifests, _) = read(&[dir.to_owned()]);
    let of_provider = manifests.iter().filter(|manifest| is_of(manifest, provider));
    let files = of_provider.map(|manifest| PathBuf::from(&manifest.place.file));
    files.filter(|file| !exported.contains(file)).collect()
}

/// Whether a manifest stands for an object of the provider. A config does not: two of them are no conflict.
fn is_of(manifest: &Manifest, provider: Provider) -> bool {
    manifest.is_of_our_group() && Kind::parse(manifest.kind()).and_then(provider_of) == Some(provider)
}

macro_rules! declare_provider_of {
    ($($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
        const fn provider_of(kind: Kind) -> Option<Provider> {
            match kind {
                Kind::ProviderConfig | Kind::ClusterProviderConfig => None,
                $($(#[$cfg])* Kind::$name => Some(Provider::$provider),)*
            }
        }
    };
}

managed_kinds!(declare_provider_of);
