//! Things that go wrong on demand.

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
    /// Only paths that hold this text.
    #[serde(default)]
    pub path: String,
    /// How many requests.
    pub times: u32,
    /// What goes wrong.
    pub trouble: Trouble,
}

impl Fault {
    /// The next `times` requests with this method whose path holds `path`.
    pub fn new(method: &str, path: &str, times: u32, trouble: Trouble) -> Self {
        Self { method: Some(method.to_owned()), path: path.to_owned(), times, trouble }
    }
}

/// The trouble that this request runs into, if any; it is used up.
pub(crate) fn take(faults: &mut Vec<Fault>, method: &str, path: &str) -> Option<Trouble> {
    let matches = |fault: &&mut Fault| {
        fault.method.as_deref().is_none_or(|wanted| wanted == method) && path.contains(&fault.path)
    };
    let fault = faults.iter_mut().find(matches)?;
    fault.times = fault.times.saturating_sub(1);
    let trouble = fault.trouble.clone();
    faults.retain(|fault| fault.times > 0);
    Some(trouble)
}
