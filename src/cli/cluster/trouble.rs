//! A request of a command to the API server that failed, in words: which cluster, what was asked, what is missing. No IO.

use std::error::Error;
use std::fmt;
use std::iter::successors;

/// The HTTP statuses with a meaning of their own.
const NO_IDENTITY: u16 = 401;
const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;
const CONFLICT: u16 = 409;

/// What was asked of a cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ClusterRequest {
    /// The verb of roles.
    pub(crate) verb: &'static str,
    /// The plural with its group, as roles and `kubectl auth can-i` name it.
    pub(crate) resource: String,
    /// The namespace; `None`: all, or the kind has none.
    pub(crate) namespace: Option<String>,
    /// The name of the object; `None`: all.
    pub(crate) name: Option<String>,
}

impl ClusterRequest {
    /// A request about all objects of a resource.
    pub(crate) fn new(verb: &'static str, resource: impl Into<String>, namespace: Option<&str>) -> Self {
        Self { verb, resource: resource.into(), namespace: namespace.map(str::to_owned), name: None }
    }

    /// The same about one object.
    pub(crate) fn about(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }
}

impl fmt::Display for ClusterRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, resource, namespace, name } = self;
        write!(f, "{verb} {resource}")?;
        if let Some(name) = name {
            write!(f, " '{name}'")?;
        }
        match namespace {
            Some(namespace) => write!(f, " in the namespace '{namespace}'"),
            None => Ok(()),
        }
    }
}

/// A request to the API server that failed.
#[derive(Debug)]
pub(crate) struct ClusterTrouble {
    /// The cluster, as messages name it.
    pub(crate) cluster: String,
    /// What was asked of it.
    pub(crate) request: Box<ClusterRequest>,
    /// What came of it.
    pub(crate) error: kube::Error,
}

impl ClusterTrouble {
    /// Whether there is no such object, or no such kind.
    pub(crate) fn is_not_found(&self) -> bool {
        self.code() == Some(NOT_FOUND)
    }

    /// Whether a right is missing, or a policy refuses it.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.code() == Some(FORBIDDEN)
    }

    /// Whether somebody else wrote the object first, or made it.
    pub(crate) fn is_conflict(&self) -> bool {
        self.code() == Some(CONFLICT)
    }

    fn code(&self) -> Option<u16> {
        match &self.error {
            kube::Error::Api(status) => Some(status.code),
            _ => None,
        }
    }
}

impl fmt::Display for ClusterTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cluster, request, error } = self;
        let kube::Error::Api(status) = error else {
            return write!(f, "{cluster} does not answer the request to {request}: {}", root_cause(error));
        };
        let said = status.message.lines().next().unwrap_or_default();
        match (status.code, &request.name) {
            (NO_IDENTITY, _) => {
                write!(f, "{cluster} does not accept your credentials (to {request}): renew those of your kubeconfig")
            }
            // As RBAC words it; what refuses at admission says something else.
            (FORBIDDEN, _) if said.contains(" cannot ") => {
                let ClusterRequest { verb, resource, namespace, name: _ } = request.as_ref();
                let place = namespace.as_ref().map_or_else(String::new, |namespace| format!(" -n {namespace}"));
                write!(
                    f,
                    "you may not {request} in {cluster}: the right is missing that `kubectl auth can-i {verb} {resource}{place}` asks for"
                )
            }
            (NOT_FOUND, Some(_)) => write!(f, "{cluster} has no such object: to {request} is not possible"),
            (NOT_FOUND, None) => {
                write!(f, "{cluster} has no {}: are the CRDs installed, and is it the right context?", request.resource)
            }
            (CONFLICT, _) => {
                write!(f, "{cluster} did not {request}: somebody else changed it meanwhile; look again ({said})")
            }
            _ => write!(f, "{cluster} refuses to {request}: {said}"),
        }
    }
}

/// The last cause of an error: the ones before repeat it, with the library's own words.
fn root_cause(error: &kube::Error) -> String {
    let causes = successors(error.source(), |&cause| cause.source());
    causes.last().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn told(request: ClusterRequest, code: u16, message: &str) -> String {
        let error = kube::Error::Api(Box::new(Status::failure(message, "x").with_code(code)));
        ClusterTrouble { cluster: "the cluster 'c'".to_owned(), request: Box::new(request), error }.to_string()
    }

    #[test]
    fn each_failure_names_the_cluster_what_was_asked_and_what_is_missing() {
        let list = ClusterRequest::new("list", "teams.ping-operator.dev", Some("n"));
        let patch = ClusterRequest::new("patch", "teams.ping-operator.dev", Some("n")).about("t");
        let rbac = "teams.ping-operator.dev is forbidden: User \"u\" cannot list resource \"teams\"";
        for (request, code, message, expected) in [
            (&list, 401, "Unauthorized", "the cluster 'c' does not accept your credentials"),
            (&list, 403, rbac, "`kubectl auth can-i list teams.ping-operator.dev -n n`"),
            (&patch, 403, "policy 'p' denied request: no", "refuses to patch teams.ping-operator.dev 't'"),
            (&list, 404, "404 page not found", "has no teams.ping-operator.dev: are the CRDs installed"),
            (&patch, 404, "not found", "has no such object"),
            (&patch, 409, "the object has been modified", "somebody else changed it meanwhile"),
            (&patch, 422, "spec.name: too long\nx", "in the namespace 'n': spec.name: too long"),
        ] {
            let told = told(request.clone(), code, message);
            assert!(told.contains(expected) && told.contains("'c'") && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn what_does_not_answer_is_told_by_its_last_cause() {
        let error = kube::Error::Service("connection refused".into());
        let request = Box::new(ClusterRequest::new("list", "teams", None));
        let told = ClusterTrouble { cluster: "the cluster 'c'".to_owned(), request, error }.to_string();
        assert_eq!(told, "the cluster 'c' does not answer the request to list teams: connection refused");
    }
}
