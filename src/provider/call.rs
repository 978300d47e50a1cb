//! The union of both providers' calls. No IO.

use crate::api::provider_config::Provider;
use crate::provider::answer::Answer;
use crate::provider::failure::Failure;
use crate::provider::request::{Method, Request};

/// One of the 40 calls.
#[derive(Clone, PartialEq)]
pub(crate) enum Call {
    /// P1 to P34.
    Pinghome(crate::provider::pinghome::call::Call),
    /// N1 to N6.
    NodePing(crate::provider::nodeping::call::Call),
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
        use crate::provider::pinghome::call::Call as P;
        let reaches = matches!(
            self,
            Self::Pinghome(P::VerifyChannel { .. } | P::ChangeUsername { .. } | P::ConfirmUsername { .. })
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

impl From<crate::provider::pinghome::call::Call> for Call {
    fn from(call: crate::provider::pinghome::call::Call) -> Self {
        Self::Pinghome(call)
    }
}

impl From<crate::provider::nodeping::call::Call> for Call {
    fn from(call: crate::provider::nodeping::call::Call) -> Self {
        Self::NodePing(call)
    }
}
