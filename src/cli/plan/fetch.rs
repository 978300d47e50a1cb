//! One read of a plan: what passes by is tried again. Provider IO, reads only.

use std::time::Duration;

use crate::cli::plan::pace::Pace;
use crate::connection::error::CallError;
use crate::connection::lane::Lane;
use crate::connection::reader::Reader;
use crate::inventory::collection::Collection;
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};

/// How often a read is tried that fails without a request for fewer calls.
const TRIES: u32 = 4;
/// The pause after the first failure of a read; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause before a read is tried again, unless the provider asks for fewer calls.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// The pause after a request for fewer calls that does not say for how long.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(5);

/// Reads a collection. A temporary failure is tried again a few times, a request for fewer calls is followed until the time of the plan
/// is over. `account` tells apart which accounts pause.
///
/// # Errors
/// What failed.
pub(crate) async fn fetched(
    account: &str,
    reader: &Reader,
    collection: &Collection,
    pace: &Pace,
) -> Result<Answer, String> {
    let mut attempt = 1;
    loop {
        let failure = match reader.fetch(collection, Lane::Change).await {
            Ok(answer) => {
                pace.progress.done();
                return Ok(answer);
            }
            Err(CallError::Failed(failure)) => failure,
            Err(CallError::Closing | CallError::NotLeader | CallError::Superseded) => {
                return Err("the command is ending".to_owned());
            }
        };
        match failure.class {
            Class::Wait => {
                let host = reader.authority(collection.call().request().host);
                pace.pause(account, &host, failure.retry_after.unwrap_or(UNKNOWN_PAUSE)).await?;
            }
            Class::Retry | Class::Uncertain if attempt < TRIES => {
                tokio::time::sleep(pause(&failure, attempt)).await;
                attempt += 1;
            }
            Class::Retry | Class::Uncertain | Class::Credential | Class::Denied | Class::Invalid | Class::Gone => {
                return Err(failure.message);
            }
        }
    }
}

fn pause(failure: &Failure, attempt: u32) -> Duration {
    let grown = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    failure.retry_after.unwrap_or(grown).min(LONGEST_PAUSE)
}
