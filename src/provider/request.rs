//! One HTTP request as a value, and the union of both providers' calls. No IO.

use serde_json::Value;

/// An HTTP method that one of the 40 calls uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    /// Reads.
    Get,
    /// Creates, or reaches people. Never sent twice for one reason.
    Post,
    /// Replaces; may be repeated.
    Put,
    /// Changes a part; may be repeated.
    Patch,
    /// Deletes; may be repeated.
    Delete,
}

impl Method {
    /// The word on the wire.
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

/// One of the base URLs (apis.md §1, §2.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Host {
    /// Pinghome `CQ`.
    CustomerQuery,
    /// Pinghome `CC`.
    CustomerCommand,
    /// Pinghome `RQ`.
    ResourceQuery,
    /// Pinghome `RC`.
    ResourceCommand,
    /// NodePing.
    NodePing,
}

impl Host {
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

/// What goes over the wire, the credential aside. It may hold a person's data: it is never logged.
#[derive(Clone, PartialEq)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: Method,
    /// The base URL's name.
    pub(crate) host: Host,
    /// The path below the base URL, made of words and parsed ids only.
    pub(crate) path: String,
    /// Query parameters in order, not yet encoded.
    pub(crate) query: Vec<(&'static str, String)>,
    /// Whether `Content-Type: application/json` is sent, as the seeds show it call by call.
    pub(crate) json: bool,
    /// The JSON body.
    pub(crate) body: Option<Value>,
}
