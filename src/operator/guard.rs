//! The deletion guard: each deletion outside is reserved in its config's status before it is made.
//!
//! The reservation is a compare-and-swap and outlives the operator, so a restart does not reset it.

use jiff::{SignedDuration, Timestamp};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::config::{Config, View};
use super::prepare::{MANAGER, is_conflict};
use super::round::{Halt, Round};
use crate::api::annotations::AllowDeletion;
use crate::api::provider_config::{DeletionGuard, RecentDeletion};
use crate::api::{ClusterProviderConfig, ProviderConfig};
use crate::plan::State;
use crate::plan::managed::Managed;

/// How often somebody else may write first.
const TRIES: usize = 10;

/// Reserves a deletion, or holds it. `mark` names it among those of this resource.
pub(super) async fn reserve<T: Managed>(round: &Round<'_, T>, config: &View, mark: &str) -> Result<(), Halt> {
    if round.annotations.allow_deletion == Some(AllowDeletion::PastGuards) {
        return Ok(());
    }
    let name = if mark.is_empty() { round.uid().to_owned() } else { format!("{}/{mark}", round.uid()) };
    let _one_at_a_time = round.context.shared.guard.lock().await;
    match config.key.kind {
        "ClusterProviderConfig" => reserve_in::<T, ClusterProviderConfig>(round, config, &name).await,
        _ => reserve_in::<T, ProviderConfig>(round, config, &name).await,
    }
}

async fn reserve_in<T: Managed, C: Config>(round: &Round<'_, T>, view: &View, mark: &str) -> Result<(), Halt> {
    let shared = &round.context.shared;
    let (api, name) = (C::api(shared.client.clone(), &view.key.namespace), view.key.name.as_str());
    for _ in 0..TRIES {
        let config = api.get(name).await?;
        let guard = config.view().settings.deletion_guard;
        let known = config.status().map(|status| status.recent_deletions.clone()).unwrap_or_default();
        let Some(recent) = with_one_more(known, guard, mark, shared.clock.now())? else { return Ok(()) };
        let patch = json!({
            "metadata": { "resourceVersion": config.meta().resource_version },
            "status": { "recentDeletions": recent },
        });
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        match api.patch_status(name, &params, &Patch::<Value>::Merge(patch)).await {
            Err(error) if is_conflict(&error) => {}
            result => return result.map(drop).map_err(Halt::from),
        }
    }
    let until = shared.clock.now().checked_add(SignedDuration::from_secs(1)).ok();
    let message = "the deletion could not be reserved yet: others write to the config all the time".to_owned();
    Err(State::Waiting { reason: "Progressing", message, until }.into())
}

/// The reservations with this one; `None`: it is among them. What the window left behind is dropped.
fn with_one_more(
    mut recent: Vec<RecentDeletion>,
    guard: DeletionGuard,
    uid: &str,
    now: Timestamp,
) -> Result<Option<Vec<RecentDeletion>>, State> {
    if recent.iter().any(|deletion| deletion.uid == uid) {
        return Ok(None);
    }
    let window = SignedDuration::from_secs(guard.window_seconds.into());
    recent.retain(|deletion| now.duration_since(deletion.time) < window);
    if recent.len() >= usize::try_from(guard.max_deletions).unwrap_or(0) {
        return Err(State::Held { reason: "GuardExceeded", message: exceeded(guard) });
    }
    recent.push(RecentDeletion { uid: uid.to_owned(), time: now });
    Ok(Some(recent))
}

fn exceeded(guard: DeletionGuard) -> String {
    let DeletionGuard { max_deletions, window_seconds } = guard;
    format!(
        "the config allows {max_deletions} deletions in {window_seconds} s, and they are used up: raise its `deletionGuard`, \
         set the annotation ping-operator.dev/allow-deletion to 'true', or wait"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_allows_so_many_deletions_and_a_repeated_one_counts_once() {
        let guard = DeletionGuard { max_deletions: 2, window_seconds: 10 };
        let mut recent = Vec::new();
        for (uid, second, expected) in
            [("a", 0, true), ("b", 1, true), ("c", 2, false), ("a", 3, true), ("c", 10, true)]
        {
            let outcome = with_one_more(recent.clone(), guard, uid, at(second));
            assert_eq!(outcome.is_ok(), expected, "{uid} at {second}");
            recent = outcome.ok().flatten().unwrap_or(recent);
        }
        assert_eq!(recent.iter().map(|deletion| deletion.uid.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    }
}
