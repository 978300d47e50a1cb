//! Things that go wrong on demand.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Trouble {
    /// This status, and nothing was done.
    Before {
        /// The HTTP status.
        status: u16,
    },
    /// This status, and it was done all the same.
    After {
        /// The HTTP status.
        status: u16,
    },
    /// The connection breaks off, and nothing was done.
    DropBefore,
    /// The connection breaks off, and it was done.
    DropAfter,
    /// 429, with this `Retry-After` if it is given.
    TooMany {
        /// The header's text: seconds or a date.
        retry_after: Option<String>,
    },
    /// 200 and a page of HTML; nothing was done.
    Garbage,
    /// 302 to elsewhere; nothing was done.
    Redirect,
    /// This status, and a body that repeats the credential and what was asked; nothing was done.
    Echo {
        /// The HTTP status.
        status: u16,
    },
    /// 200 and a body of so many bytes; nothing was done.
    Huge {
        /// How many.
        bytes: usize,
    },
    /// 200 and this body; nothing was done.
    Body {
        /// The text.
        text: String,
    },
    /// 200 and a message as if it was done; nothing was.
    Pretend,
    /// Exactly this answer, whether or not the request takes effect.
    Reply(Reply),
    /// The request takes effect, and its own answer is sent with these texts replaced, in this order.
    Edited {
        /// What is replaced by what, wherever it stands in the body.
        edits: Vec<Edit>,
    },
}

impl Trouble {
    /// Whether the request takes effect.
    pub(crate) fn has_effect(&self) -> bool {
        match self {
            Self::After { .. } | Self::DropAfter | Self::Edited { .. } => true,
            Self::Reply(reply) => reply.effect,
            Self::Before { .. }
            | Self::DropBefore
            | Self::TooMany { .. }
            | Self::Garbage
            | Self::Redirect
            | Self::Echo { .. }
            | Self::Huge { .. }
            | Self::Body { .. }
            | Self::Pretend => false,
        }
    }
}

/// An answer, whatever the provider itself would say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body. One that begins with `{` or `[` is sent as JSON, one that begins with `<` as HTML, unless a header says what it is.
    pub body: String,
    /// Header names and values.
    pub headers: BTreeMap<String, String>,
    /// Whether the request takes effect all the same.
    pub effect: bool,
}

impl Reply {
    /// This status and body; the request has no effect.
    pub fn new(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned(), ..Self::default() }
    }

    /// The page that a gateway or a web server sends with this status; the request has no effect.
    pub fn page(status: u16) -> Self {
        Self::new(status, &format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"))
    }

    /// The same, with this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same, and the request takes effect.
    #[must_use]
    pub fn with_effect(self) -> Self {
        Self { effect: true, ..self }
    }
}

impl From<Reply> for Trouble {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// One text of a body, and what is sent in its place.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Edit {
    /// The text. Bodies are compact JSON, with the names of an object in the order of the alphabet.
    pub find: String,
    /// What stands in its place.
    pub put: String,
}

impl Edit {
    /// `put` in the place of each `find`.
    pub fn new(find: &str, put: &str) -> Self {
        Self { find: find.to_owned(), put: put.to_owned() }
    }
}

/// Hears of each request to a provider, as method and path, before anything is done. It may let it go wrong; what it gives
/// along happens after the effect and before the answer.
pub type Tap = Arc<dyn Fn(&str) -> Option<(Trouble, Then)> + Send + Sync>;

/// Happens after the effect of a request, and before its answer.
pub type Then = Box<dyn FnOnce() + Send>;

/// Lets the next requests that match go wrong.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Only this method; absent: any.
    #[serde(default)]
    pub method: Option<String>,
    /// Only paths that hold this text; with `$` at its end: only paths that end with it.
    #[serde(default)]
    pub path: String,
    /// How many requests; [`Fault::FOREVER`]: all, until the faults are cleared.
    pub times: u32,
    /// What goes wrong.
    pub trouble: Trouble,
}

impl Fault {
    /// As `times`: all requests, until the faults are cleared.
    pub const FOREVER: u32 = u32::MAX;

    /// The next `times` requests with this method whose path holds `path`.
    pub fn new(method: &str, path: &str, times: u32, trouble: impl Into<Trouble>) -> Self {
        Self { method: Some(method.to_owned()), path: path.to_owned(), times, trouble: trouble.into() }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let is_on_path = match self.path.strip_suffix('$') {
            Some(end) => path.ends_with(end),
            None => path.contains(&self.path),
        };
        is_on_path && self.method.as_deref().is_none_or(|wanted| wanted == method)
    }
}

/// The trouble that this request runs into, if any; it is used up.
pub(crate) fn take(faults: &mut Vec<Fault>, method: &str, path: &str) -> Option<Trouble> {
    let fault = faults.iter_mut().find(|fault| fault.fits(method, path))?;
    if fault.times != Fault::FOREVER {
        fault.times = fault.times.saturating_sub(1);
    }
    let trouble = fault.trouble.clone();
    faults.retain(|fault| fault.times > 0);
    Some(trouble)
}
