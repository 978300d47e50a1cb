//! The union of both providers' calls. Nothing else in `provider/` imports it. No IO.

pub(crate) mod pages;
pub(crate) mod weight;

use std::time::Duration;

use crate::api::provider_config::Provider;
use crate::provider::answer::Page;
use crate::provider::failure::Failure;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Request;
use crate::provider::{nodeping, pinghome};

/// The time limit of a write, with its response. No other operator takes over for so long after it is sent, and nobody judges its result.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// One of the 40 calls.
#[derive(Clone, PartialEq)]
pub(crate) enum Call {
    /// P1 to P34.
    Pinghome(PinghomeCall),
    /// N1 to N6.
    NodePing(NodePingCall),
}

impl Call {
    /// The call's name in plans, logs and metrics: a fixed word without data.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Pinghome(call) => call.operation(),
            Self::NodePing(call) => call.operation(),
        }
    }

    /// The provider to which the call goes.
    pub(crate) fn provider(&self) -> Provider {
        match self {
            Self::Pinghome(_) => Provider::Pinghome,
            Self::NodePing(_) => Provider::NodePing,
        }
    }

    /// The HTTP request, without the credential.
    pub(crate) fn request(&self) -> Request {
        match self {
            Self::Pinghome(call) => call.request(),
            Self::NodePing(call) => call.request(),
        }
    }

    /// Whether the call must not be sent twice for one reason: it creates something, or it contacts a person.
    pub(crate) fn is_once(&self) -> bool {
        match self {
            Self::Pinghome(call) => call.is_once(),
            Self::NodePing(call) => call.is_once(),
        }
    }

    /// Reads one answer of the provider, which may be a page of a list.
    ///
    /// # Errors
    /// A [`Failure`] for every answer that is not clearly a success in a known form.
    pub(crate) fn page(&self, status: u16, body: &[u8]) -> Result<Page, Failure> {
        match self {
            Self::Pinghome(call) => pinghome::answer::read(call, status, body),
            Self::NodePing(call) => nodeping::answer::read(call, status, body),
        }
    }
}

impl From<PinghomeCall> for Call {
    fn from(call: PinghomeCall) -> Self {
        Self::Pinghome(call)
    }
}

impl From<NodePingCall> for Call {
    fn from(call: NodePingCall) -> Self {
        Self::NodePing(call)
    }
}
