//! A resource as one small piece of memory: its JSON, compressed with the text that resources have in common. No IO.

use std::marker::PhantomData;

use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Resources as they usually are: what a resource has in common with them takes no memory. What it has not is kept as it is.
const USUAL: &[u8] = include_bytes!("usual.txt");

/// A resource.
pub(crate) struct Packed<T>(Box<[u8]>, PhantomData<fn() -> T>);

impl<T: DeserializeOwned + Serialize> Packed<T> {
    /// Packs a resource.
    pub(crate) fn new(resource: &T) -> Self {
        // The types have nothing that JSON has not.
        let text = serde_json::to_vec(resource).unwrap_or_default();
        let packed = Self(compress_prepend_size_with_dict(&text, USUAL).into_boxed_slice(), PhantomData);
        debug_assert_eq!(packed.unpack().and_then(|again| serde_json::to_vec(&again).ok()), Some(text));
        packed
    }

    /// The resource again.
    pub(crate) fn unpack(&self) -> Option<T> {
        let text = decompress_size_prepended_with_dict(&self.0, USUAL).ok()?;
        // As what a watch delivers is read: reading the types from text, too, would make the program a third of a megabyte larger.
        T::deserialize(&serde_json::from_slice::<Value>(&text).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::kinds::{HasKind, managed_kinds};
    use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
    use crate::api::team::Team;

    /// The example of a kind, with a status.
    fn example<T: DeserializeOwned + HasKind>() -> T {
        let path = format!("deploy/examples/{}.yaml", T::KIND.as_str().to_lowercase());
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|_| r#"{"metadata": {}, "spec": {"name": "P"}}"#.to_owned());
        let text = text.split("\n---").find(|text| text.contains(&format!("kind: {}", T::KIND))).unwrap_or(&text);
        let mut object: Value = serde_saphyr::from_str(text).unwrap();
        object["metadata"]["labels"] = json!({ "a": "ä\n\"" });
        object["status"] = json!({ "observedGeneration": 7, "conditions": [{
            "type": "Ready", "status": "True", "observedGeneration": 7, "lastTransitionTime": "2026-01-01T00:00:00.5Z",
            "reason": "Elsewhere", "message": "it's \\ \u{1f600}",
        }] });
        serde_json::from_value(object).unwrap()
    }

    fn comes_back<T: DeserializeOwned + HasKind + Serialize>() {
        let example = example::<T>();
        let again = Packed::new(&example).unpack().map(|again| serde_json::to_value(again).unwrap());
        assert_eq!(again, Some(serde_json::to_value(example).unwrap()), "{}", T::KIND);
    }

    #[test]
    fn what_is_packed_comes_back_as_it_was_whatever_the_kind() {
        macro_rules! each {
            ($($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
                $($(#[$cfg])* comes_back::<crate::api::$module::$name>();)*
            };
        }
        managed_kinds!(each);
        comes_back::<ProviderConfig>();
        comes_back::<ClusterProviderConfig>();
    }

    #[test]
    fn a_usual_team_takes_less_than_four_hundred_bytes() {
        let usual: Value = serde_json::from_slice(USUAL.split(|byte| *byte == b'\n').nth(4).unwrap()).unwrap();
        // What no two Teams have in common: 32 digits of each id, and times.
        let text = usual.to_string().replace(&"0".repeat(12), "5eed1a2b3c4d").replace("2026-01-01", "2027-11-30");
        let team: Team = serde_json::from_str(&text).unwrap();
        let (packed, plain) = (Packed::new(&team).0.len(), serde_json::to_vec(&team).unwrap().len());
        assert!(packed < 400 && plain > 1500, "{packed} of {plain}");
    }
}
