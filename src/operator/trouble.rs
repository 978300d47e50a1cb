//! A request to the API server that failed: what was asked, what came of it, and what a person reads of it. No IO.
//!
//! This is the one place where an error of the API server becomes a reason and a sentence.

pub(crate) mod asked;
pub(crate) mod log;
pub(crate) mod repeats;
pub(crate) mod warnings;

use std::sync::Arc;

use crate::api::quotation::quotation;
use crate::api::reason::Reason;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::outcome::ApiServerTrouble;

/// So many characters of what the API server says are repeated.
const LONGEST_QUOTE: usize = 200;

/// A request to the API server that failed.
#[derive(Clone, Debug)]
pub(crate) struct ApiTrouble {
    /// What was asked.
    pub(crate) asked: Box<Asked>,
    /// What came of it.
    pub(crate) error: Arc<kube::Error>,
}

impl Asked {
    /// Says what was asked if the request failed.
    pub(crate) fn check<T>(self, result: kube::Result<T>) -> Result<T, ApiTrouble> {
        result.map_err(|error| ApiTrouble::new(self, error))
    }
}

/// What an error means for the request.
enum Meaning {
    /// No rule of a role allows the request.
    MissingRight,
    /// The API server does not accept the operator's token.
    NoIdentity,
    /// A policy or the validation of the API server refuses what was to be written.
    Refused,
    /// There is no such object, or no such kind.
    NotFound,
    /// There was no answer, or none that can be used.
    NoAnswer,
}

impl ApiTrouble {
    /// A request failed.
    pub(crate) fn new(asked: Asked, error: kube::Error) -> Self {
        Self { asked: Box::new(asked), error: Arc::new(error) }
    }

    /// Whether a write of somebody else came first: the object was written since it was read, exists already, or is gone. Nothing is wrong
    /// then; the next reconcile reads and decides anew.
    pub(crate) fn is_overtaken(&self) -> bool {
        match self.asked.verb {
            Verb::Patch | Verb::Update | Verb::Delete => matches!(rejection(&self.error), Some(404 | 409)),
            Verb::Create => rejection(&self.error) == Some(409) || self.ends_namespace(),
            Verb::Get | Verb::List | Verb::Watch => false,
        }
    }

    /// Whether nothing is created in a namespace any more, because somebody deletes it.
    fn ends_namespace(&self) -> bool {
        let kube::Error::Api(status) = self.error.as_ref() else { return false };
        let causes = status.details.iter().flat_map(|details| &details.causes);
        status.code == 403 && causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
    }

    /// Whether there is no such object, or no such kind.
    pub(crate) fn is_not_found(&self) -> bool {
        rejection(&self.error) == Some(404)
    }

    /// Whether a rule of a role is missing, or a policy refuses it.
    pub(crate) fn is_forbidden(&self) -> bool {
        rejection(&self.error) == Some(403)
    }

    /// Whether nothing of the kind can be read: a right is missing, or the kind is not defined.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_forbidden() || self.is_not_found()
    }

    /// Whether it stays so until a person changes something: a right is missing, a policy refuses, or there is no such object or kind.
    pub(crate) fn is_lasting(&self) -> bool {
        match self.meaning() {
            Meaning::MissingRight | Meaning::Refused | Meaning::NotFound => true,
            Meaning::NoIdentity | Meaning::NoAnswer => false,
        }
    }

    /// What a person reads.
    pub(crate) fn report(&self) -> ApiServerTrouble {
        let (asked, said) = (&self.asked, self.said());
        let (reason, message) = match self.meaning() {
            Meaning::MissingRight => (
                Reason::Forbidden,
                format!("the API server forbids the operator to {asked}: {said}; {}", asked.remedy()),
            ),
            Meaning::NoIdentity => (
                Reason::Forbidden,
                format!(
                    "the API server does not accept the operator's token (to {asked}): {said}; check its ServiceAccount"
                ),
            ),
            Meaning::Refused => (
                Reason::Forbidden,
                format!(
                    "the API server, or a policy of the cluster, does not let the operator {asked}: {said}; let the policy except the \
                     operator, or correct what it names"
                ),
            ),
            Meaning::NotFound => (
                Reason::KubernetesUnavailable,
                format!(
                    "the API server answered 'not found' to the request to {asked}: {said}; the operator tries again"
                ),
            ),
            Meaning::NoAnswer => (
                Reason::KubernetesUnavailable,
                format!("the API server did not answer the request to {asked}: {said}; the operator tries again"),
            ),
        };
        ApiServerTrouble { reason, message }
    }

    fn meaning(&self) -> Meaning {
        let kube::Error::Api(status) = self.error.as_ref() else { return Meaning::NoAnswer };
        match status.code {
            401 => Meaning::NoIdentity,
            404 => Meaning::NotFound,
            // As RBAC words it; what refuses at admission says something else.
            403 if status.message.contains(&format!("cannot {} resource", self.asked.verb.as_str())) => {
                Meaning::MissingRight
            }
            code @ 400..500 if !matches!(code, 408 | 409 | 410 | 429) => Meaning::Refused,
            _ => Meaning::NoAnswer,
        }
    }

    /// What the API server said, or why there is no answer, in quotes and cut.
    fn said(&self) -> String {
        match self.error.as_ref() {
            kube::Error::Api(status) if status.message.is_empty() => quoted(&format!("HTTP status {}", status.code)),
            kube::Error::Api(status) => quotation("it", &shortened(&status.message)),
            other => quoted(&other.to_string()),
        }
    }
}

/// A text of somebody else in quotes, on one line, cut.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

fn shortened(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_QUOTE).collect();
    let rest = if text.chars().count() > LONGEST_QUOTE { "…" } else { "" };
    format!("{clean}{rest}")
}

/// The HTTP status of a request that fails again if it is repeated as it is: 4xx, but for 429.
pub(crate) fn rejection(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) if (400..500).contains(&status.code) && status.code != 429 => Some(status.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Secret;
    use kube::core::Status;

    use super::*;
    use crate::api::quotation::without_quotations;
    use crate::api::team::Team;

    fn told(asked: Asked, code: u16, message: &str) -> ApiServerTrouble {
        let error = kube::Error::Api(Box::new(Status::failure(message, "x").with_code(code)));
        ApiTrouble::new(asked, error).report()
    }

    #[test]
    fn a_missing_right_names_verb_resource_namespace_and_the_rule_to_add() {
        let message = "secrets \"a\" is forbidden: User \"u\" cannot get resource \"secrets\" in API group \"\" in the namespace \"n\"";
        let told = told(Asked::to::<Secret>(Verb::Get, "n"), 403, message);
        assert_eq!(told.reason, Reason::Forbidden);
        assert!(told.message.contains("get secrets in the namespace 'n'"), "{}", told.message);
        assert!(told.message.contains("apiGroups [\"\"], resources [secrets], verbs [get]"), "{}", told.message);
    }

    #[test]
    fn a_policy_is_quoted_and_cut_and_no_rule_is_asked_for() {
        let long = format!("ValidatingAdmissionPolicy 'p' denied request: no\nfinalizers {}", "x".repeat(300));
        for code in [403, 422] {
            let told = told(Asked::to::<Team>(Verb::Patch, "n"), code, &long);
            assert_eq!(told.reason, Reason::Forbidden);
            assert!(told.message.contains("denied request: no finalizers xxx"), "{}", told.message);
            assert!(told.message.chars().count() < 450 && !told.message.contains("apiGroups"), "{}", told.message);
        }
    }

    #[test]
    fn other_words_of_the_api_server_make_no_other_message() {
        let told = |port: u16| {
            let message =
                format!("failed calling webhook \"w\": read tcp 10.0.0.1:{port}->10.0.0.2:443: connection reset");
            told(Asked::to::<Team>(Verb::Patch, "n"), 500, &message).message
        };
        assert_ne!(told(40_000), told(50_000));
        assert_eq!(without_quotations(&told(40_000)), without_quotations(&told(50_000)));
    }

    #[test]
    fn not_found_is_told_as_an_answer() {
        let told = told(Asked::to::<Team>(Verb::List, ""), 404, "404 page not found");
        assert_eq!(told.reason, Reason::KubernetesUnavailable);
        assert!(told.message.contains("answered 'not found' to the request to list teams"), "{}", told.message);
    }

    #[test]
    fn what_passes_by_itself_is_unavailable() {
        for code in [429, 500, 503, 504] {
            assert_eq!(
                told(Asked::to::<Team>(Verb::Patch, "n").status(), code, "x").reason,
                Reason::KubernetesUnavailable
            );
        }
    }
}
