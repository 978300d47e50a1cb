//! What a provider received.

use serde::Serialize;
use serde_json::Value;

/// One request, without its credential.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Milliseconds since the emulator started.
    pub at: u64,
    /// `GET`, `POST`, …
    pub method: String,
    /// `customer-query`, `customer-cmd`, `resource-query`, `resource-cmd` or `nodeping`.
    pub host: String,
    /// The path below the host.
    pub path: String,
    /// Query parameters in order.
    pub query: Vec<(String, String)>,
    /// The JSON body, if there was one.
    pub body: Value,
    /// The status that was answered; 0: the connection was dropped.
    pub status: u16,
    /// Whether it was carried out, whatever was answered.
    pub done: bool,
    /// Which token was used, by its place in the settings; absent: none of them.
    pub account: Option<usize>,
}

impl Entry {
    /// Whether it changes something.
    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// Method and path, and the query if there is one: how a test names a call.
    pub fn line(&self) -> String {
        let query: Vec<_> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{}", self.method, self.path, query.join("&"))
    }
}
