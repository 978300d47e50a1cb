//! The check of a token after a call was refused: the trouble of the token, or of that call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connection::credential::{Checked, Credential, Identified, Token};
use crate::provider::failure::{Class, Failure};

/// How often an operation that is not allowed (403) may lead to another check of the token. A 401 leads to one each time.
const CHECK_INTERVAL: Duration = Duration::from_mins(1);

impl Credential {
    /// What a failed call says of the token. A call that is refused leads to a check of the token: if the provider accepts it, that is
    /// the trouble of this call. After a 403 it is asked at most once a minute. After a 401 it is asked in any case, once for all calls
    /// that were refused before: a token that was revoked just now stops at once.
    pub(crate) async fn judged(&self, operation: &'static str, failure: Failure) -> Failure {
        let now = Instant::now();
        match failure.class {
            Class::Credential if operation == self.identifying() => self.refused(operation, &failure),
            Class::Credential => match self.check(now).await {
                Ok(Token::Accepted) => failure.of_one_operation(operation),
                Ok(Token::Unknown) => self.refused(operation, &failure),
                Err(refused) => refused,
            },
            Class::Denied => {
                let asked_since = now.checked_sub(CHECK_INTERVAL).unwrap_or(now);
                self.check(asked_since).await.err().unwrap_or(failure)
            }
            Class::Retry | Class::Wait | Class::Invalid | Class::Gone | Class::Uncertain => failure,
        }
    }

    /// What the provider said of the token when it was asked since a time; it is asked now if it was not. An error if it refuses the token.
    async fn check(&self, asked_since: Instant) -> Result<Token, Failure> {
        let mut checked = self.checked.lock().await;
        if let Some(failure) = self.circuit_breaker.open_because(Instant::now()) {
            return Err(failure);
        }
        if let Some(Checked { at: _, token }) = checked.filter(|checked| checked.at >= asked_since) {
            return Ok(token);
        }
        let at = Instant::now();
        let token = self.ask().await?;
        *checked = Some(Checked { at, token });
        Ok(token)
    }

    /// Asks the provider for the account of the token. An error if it refuses the token.
    async fn ask(&self) -> Result<Token, Failure> {
        match self.identify().await {
            Ok(Identified { call, answer, began, id: _ }) => {
                let account = self.account.lock().as_ref().map(|opened| Arc::clone(&opened.account));
                if let Some(account) = account.filter(|account| self.ensure_about(account, &answer).is_ok()) {
                    account.inventory.lock().record(&call, &answer, began);
                }
                Ok(Token::Accepted)
            }
            Err(failure) if failure.class == Class::Credential => Err(self.refused(self.identifying(), &failure)),
            Err(_) => Ok(Token::Unknown),
        }
    }
}
