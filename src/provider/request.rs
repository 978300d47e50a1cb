//! One HTTP request as a value. No IO.

use serde_json::Value;

use crate::api::provider_config::Provider;

/// An HTTP method that one of the 40 calls uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    /// Reads.
    Get,
    /// Creates an object or contacts a person.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method as HTTP writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A base URL of a provider.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Host {
    /// Pinghome: reads of customers, teams and channels.
    CustomerQuery,
    /// Pinghome: writes to customers, teams and channels.
    CustomerCommand,
    /// Pinghome: reads of services.
    ResourceQuery,
    /// Pinghome: writes to services.
    ResourceCommand,
    /// NodePing: everything.
    NodePing,
}

impl Host {
    /// The field of a config's `endpoints` that names this base URL.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::CustomerQuery => "customerQuery",
            Self::CustomerCommand => "customerCommand",
            Self::ResourceQuery => "resourceQuery",
            Self::ResourceCommand => "resourceCommand",
            Self::NodePing => "api",
        }
    }

    /// The provider whose base URL it is.
    pub(crate) fn provider(self) -> Provider {
        match self {
            Self::CustomerQuery | Self::CustomerCommand | Self::ResourceQuery | Self::ResourceCommand => {
                Provider::Pinghome
            }
            Self::NodePing => Provider::NodePing,
        }
    }

    /// The base URL that the provider documents.
    pub(crate) fn default_base(self) -> &'static str {
        match self {
            Self::CustomerQuery => "https://customer-query.api.pinghome.io",
            Self::CustomerCommand => "https://customer-cmd.api.pinghome.io",
            Self::ResourceQuery => "https://resource-query.api.pinghome.io",
            Self::ResourceCommand => "https://resource-cmd.api.pinghome.io",
            Self::NodePing => "https://api.nodeping.com/api/1",
        }
    }
}

/// An HTTP request without the credential. It may contain personal data, so it is never logged.
#[derive(Clone, PartialEq)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: Method,
    /// The base URL.
    pub(crate) host: Host,
    /// The path below the base URL, made of fixed words and parsed ids only.
    pub(crate) path: String,
    /// Query parameters in order, not yet encoded.
    pub(crate) query: Vec<(&'static str, String)>,
    /// Whether `Content-Type: application/json` is sent. It depends on the call, not on the body.
    pub(crate) json: bool,
    /// The JSON body.
    pub(crate) body: Option<Value>,
}

/// Fields of a request that say nothing secret: names that a status shows anyway, and words of an enumeration.
const SHOWN: [&str; 4] = ["name", "surname", "type", "channel_type"];

impl Request {
    /// The texts of the request that no message may repeat: addresses, codes, and whatever else it carries.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let is_secret = |name: &str| !SHOWN.contains(&name);
        let query = self.query.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.clone());
        let fields = self.body.iter().filter_map(Value::as_object).flatten().filter(|(name, _)| is_secret(name));
        let texts = fields.filter_map(|(_, value)| value.as_str().map(str::to_owned));
        query.chain(texts).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_request_carries_is_secret_but_for_names() {
        let body = Some(json!({"name": "Platform", "value": "https://h/x", "priority": 1, "code": "4711"}));
        let query = vec![("email", "a@x.org".to_owned()), ("name", "Acme".to_owned())];
        let request =
            Request { method: Method::Post, host: Host::NodePing, path: "/x".to_owned(), query, json: true, body };
        let mut secrets = request.secrets();
        secrets.sort();
        assert_eq!(secrets, ["4711", "a@x.org", "https://h/x"]);
    }
}
