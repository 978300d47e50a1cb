//! Which token a config uses now. What was planned with another token is not sent.

use tokio::sync::watch;

/// No credential has this number.
const NONE: u64 = 0;

/// The token that one config uses, by the number of its credential.
#[derive(Debug)]
pub(crate) struct Route(watch::Sender<u64>);

/// A view of a route; it ends when the config uses another token.
#[derive(Clone)]
pub(crate) struct RouteUse {
    current: watch::Receiver<u64>,
    number: u64,
}

impl Route {
    /// A route with the credential of this number.
    pub(crate) fn new(number: u64) -> Self {
        Self(watch::Sender::new(number))
    }

    /// The config uses another credential.
    pub(crate) fn change(&self, number: u64) {
        self.0.send_replace(number);
    }

    /// The config is gone: nothing that was planned with it is sent.
    pub(crate) fn end(&self) {
        self.change(NONE);
    }

    /// The route with the credential of this number.
    pub(crate) fn used_with(&self, number: u64) -> RouteUse {
        RouteUse { current: self.0.subscribe(), number }
    }
}

impl RouteUse {
    /// Whether the config still uses the same credential.
    pub(crate) fn is_current(&self) -> bool {
        *self.current.borrow() == self.number
    }

    /// Waits until the config uses another credential.
    pub(crate) async fn superseded(&self) {
        let mut current = self.current.clone();
        if current.wait_for(|number| *number != self.number).await.is_err() {
            // Nobody can change it any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_use_ends_when_the_token_changes_and_begins_again_with_the_same_token() {
        let route = Route::new(1);
        let (first, second) = (route.used_with(1), route.used_with(2));
        assert!(first.is_current() && !second.is_current());
        route.change(2);
        first.superseded().await;
        assert!(!first.is_current() && second.is_current());
        route.end();
        second.superseded().await;
    }
}
