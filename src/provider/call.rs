//! The union of both providers' calls. No IO.

use crate::api::provider_config::Provider;
use crate::provider::answer::Answer;
use crate::provider::failure::Failure;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::{Method, Request};

/// One of the 40 calls.
#[derive(Clone, PartialEq)]
pub(crate) enum Call {
    /// P1 to P34.
    Pinghome(PinghomeCall),
    /// N1 to N6.
    NodePing(NodePingCall),
}

impl Call {
    /// The call's name in plans, logs and metrics: a fixed word, free of data.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Pinghome(call) => call.operation(),
            Self::NodePing(call) => call.operation(),
        }
    }

    /// Whose API it is a call of.
    pub(crate) fn provider(&self) -> Provider {
        match self {
            Self::Pinghome(_) => Provider::Pinghome,
            Self::NodePing(_) => Provider::NodePing,
        }
    }

    /// The HTTP request.
    pub(crate) fn request(&self) -> Request {
        match self {
            Self::Pinghome(call) => call.request(),
            Self::NodePing(call) => call.request(),
        }
    }

    /// Whether it must not be made twice: it makes something, or reaches a person.
    pub(crate) fn is_once(&self) -> bool {
        use crate::provider::pinghome::call::PinghomeCall;
        let reaches = matches!(
            self,
            Self::Pinghome(
                PinghomeCall::VerifyChannel { .. }
                    | PinghomeCall::ChangeUsername { .. }
                    | PinghomeCall::ConfirmUsername { .. }
            )
        );
        reaches || self.request().method == Method::Post
    }

    /// Reads the provider's answer.
    ///
    /// # Errors
    /// A [`Failure`] for every answer that is not clearly a success in a known form.
    pub(crate) fn answer(&self, status: u16, body: &[u8]) -> Result<Answer, Failure> {
        match self {
            Self::Pinghome(call) => crate::provider::pinghome::answer::read(call, status, body),
            Self::NodePing(call) => crate::provider::nodeping::answer::read(call, status, body),
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
