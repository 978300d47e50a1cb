//! What was asked of the API server, as its roles name it. No IO.

use std::fmt;

use kube::Resource;

/// The verbs of roles that the operator uses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Verb {
    /// One object is read.
    Get,
    /// All objects are read.
    List,
    /// Changes are delivered.
    Watch,
    /// An object is created.
    Create,
    /// An object is replaced.
    Update,
    /// A part of an object is written.
    Patch,
    /// An object is deleted.
    Delete,
}

impl Verb {
    /// The word in a role.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// A request, without the name of the object.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Asked {
    /// What was to be done.
    pub(crate) verb: Verb,
    /// The API group; empty: the core group.
    pub(crate) group: String,
    /// The plural, with a subresource after a slash.
    pub(crate) resource: String,
    /// The namespace; empty: in all, or of a cluster-scoped kind.
    pub(crate) namespace: String,
}

impl Asked {
    /// A request about a kind.
    pub(crate) fn to<K: Resource<DynamicType = ()>>(verb: Verb, namespace: &str) -> Self {
        let (group, resource) = (K::group(&()).into_owned(), K::plural(&()).into_owned());
        Self { verb, group, resource, namespace: namespace.to_owned() }
    }

    /// The same about the subresource `status`.
    pub(crate) fn status(mut self) -> Self {
        self.resource.push_str("/status");
        self
    }

    /// Whether it is about the subresource `status`.
    pub(crate) fn is_about_status(&self) -> bool {
        self.resource.ends_with("/status")
    }

    /// The rule of a role that allows it.
    pub(crate) fn remedy(&self) -> String {
        let Self { verb, group, resource, namespace } = self;
        let role = if namespace.is_empty() { "ClusterRole" } else { "role" };
        let group = if group.is_empty() { "\"\"" } else { group };
        format!(
            "add to the operator's {role} the rule apiGroups [{group}], resources [{resource}], verbs [{}]",
            verb.as_str()
        )
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, group: _, resource, namespace } = self;
        write!(f, "{} {resource}", verb.as_str())?;
        if namespace.is_empty() { Ok(()) } else { write!(f, " in the namespace '{namespace}'") }
    }
}
