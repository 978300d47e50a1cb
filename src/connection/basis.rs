//! What a plan is based on, as a number that changes with it: the token that a config uses, or what a user says in a resource.
//! What was planned on another basis is not sent.

use std::future::Future;

use tokio::sync::watch;

use crate::connection::error::CallError;

/// Nothing is based on this number.
const NONE: u64 = 0;

/// What plans are based on now: the number of a config's credential, or the number of a resource's input.
#[derive(Debug)]
pub(crate) struct Basis(watch::Sender<u64>);

/// A view of a basis; it ends when the basis changes.
#[derive(Clone)]
pub(crate) struct BasedOn {
    current: watch::Receiver<u64>,
    number: u64,
}

impl Basis {
    /// A basis with this number.
    pub(crate) fn new(number: u64) -> Self {
        Self(watch::Sender::new(number))
    }

    /// It is another one now.
    pub(crate) fn change(&self, number: u64) {
        self.0.send_if_modified(|current| std::mem::replace(current, number) != number);
    }

    /// The config or the resource is gone: nothing that was planned with it is sent.
    pub(crate) fn end(&self) {
        self.change(NONE);
    }

    /// A view by somebody who plans with this number.
    pub(crate) fn used_with(&self, number: u64) -> BasedOn {
        BasedOn { current: self.0.subscribe(), number }
    }
}

impl BasedOn {
    /// The number that was planned with.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// An error if the basis is another one by now.
    pub(crate) fn ensure_current(&self) -> Result<(), CallError> {
        if *self.current.borrow() == self.number { Ok(()) } else { Err(CallError::Superseded) }
    }

    /// Waits for `waiting`, but not longer than the basis is the same.
    pub(crate) async fn wait<R>(&self, waiting: impl Future<Output = R>) -> Result<R, CallError> {
        self.ensure_current()?;
        tokio::select! {
            result = waiting => self.ensure_current().map(|()| result),
            () = self.superseded() => Err(CallError::Superseded),
        }
    }

    /// Waits until the basis is another one.
    async fn superseded(&self) {
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
    async fn a_use_ends_when_the_basis_changes_and_begins_again_with_the_same_number() {
        let basis = Basis::new(1);
        let (first, second) = (basis.used_with(1), basis.used_with(2));
        assert!(first.ensure_current().is_ok() && second.ensure_current().is_err());
        basis.change(2);
        first.superseded().await;
        assert!(first.ensure_current().is_err() && second.ensure_current().is_ok());
        basis.end();
        second.superseded().await;
    }

    #[tokio::test]
    async fn nobody_waits_on_for_what_was_planned_on_another_basis() {
        let basis = Basis::new(1);
        let used = basis.used_with(1);
        assert!(matches!(used.wait(async { 7 }).await, Ok(7)));
        let changing = async {
            basis.change(2);
            std::future::pending::<()>().await;
        };
        assert!(matches!(used.wait(changing).await, Err(CallError::Superseded)));
        let ended = async { basis.end() };
        assert!(matches!(basis.used_with(2).wait(ended).await, Err(CallError::Superseded)));
    }
}
