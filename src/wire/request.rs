//! One HTTP request as a value, and the union of both providers' calls. No IO.

use serde_json::Value;

use super::{Answer, Failure};
use crate::api::provider_config::Provider;
use crate::{nodeping, pinghome};

/// An HTTP method that one of the 40 calls uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
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
    pub fn word(self) -> &'static str {
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
pub enum Host {
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
    pub fn default_base(self) -> &'static str {
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
pub struct Request {
    /// The method.
    pub method: Method,
    /// The base URL's name.
    pub host: Host,
    /// The path below the base URL, made of words and parsed ids only.
    pub path: String,
    /// Query parameters in order, not yet encoded.
    pub query: Vec<(&'static str, String)>,
    /// Whether `Content-Type: application/json` is sent, as the seeds show it call by call.
    pub json: bool,
    /// The JSON body.
    pub body: Option<Value>,
}

/// One of the 40 calls.
#[derive(Clone, PartialEq)]
pub enum Call {
    /// P1 to P34.
    Pinghome(pinghome::Call),
    /// N1 to N6.
    NodePing(nodeping::Call),
}

impl Call {
    /// The call's name in plans, logs and metrics: a fixed word, free of data.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Pinghome(call) => call.operation(),
            Self::NodePing(call) => call.operation(),
        }
    }

    /// Whose API it is a call of.
    pub fn provider(&self) -> Provider {
        match self {
            Self::Pinghome(_) => Provider::Pinghome,
            Self::NodePing(_) => Provider::NodePing,
        }
    }

    /// The HTTP request.
    pub fn request(&self) -> Request {
        match self {
            Self::Pinghome(call) => call.request(),
            Self::NodePing(call) => call.request(),
        }
    }

    /// Whether it must not be made twice: it makes something, or reaches a person.
    pub fn is_once(&self) -> bool {
        use pinghome::Call as P;
        let reaches = matches!(
            self,
            Self::Pinghome(P::VerifyChannel { .. } | P::ChangeUsername { .. } | P::ConfirmUsername { .. })
        );
        reaches || self.request().method == Method::Post
    }

    /// Whether it only reads.
    pub fn is_read(&self) -> bool {
        self.request().method == Method::Get
    }

    /// Reads the provider's answer.
    ///
    /// # Errors
    /// A [`Failure`] for every answer that is not clearly a success in a known form.
    pub fn answer(&self, status: u16, body: &[u8]) -> Result<Answer, Failure> {
        match self {
            Self::Pinghome(call) => pinghome::answer::read(call, status, body),
            Self::NodePing(call) => nodeping::answer::read(call, status, body),
        }
    }
}

impl From<pinghome::Call> for Call {
    fn from(call: pinghome::Call) -> Self {
        Self::Pinghome(call)
    }
}

impl From<nodeping::Call> for Call {
    fn from(call: nodeping::Call) -> Self {
        Self::NodePing(call)
    }
}
