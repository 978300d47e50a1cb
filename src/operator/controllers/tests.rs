//! What runs, and what is left in memory afterwards.

use serde_json::json;
use tokio::sync::watch;

use super::*;
use crate::api::team::Team;
use crate::operator::controller::is_known;
use crate::operator::reconcile_result::Action;
use crate::operator::state::admission::Places;
use crate::operator::tests::options;

/// An operator whose caches are synced.
fn context() -> Arc<Context<Team>> {
    let (_close, closing) = watch::channel(false);
    let config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    let (shared, _receivers) = Shared::new(config, &options(), closing).unwrap();
    for ((kind, namespace), _) in shared.caches.states() {
        shared.caches.synced(kind, &namespace);
    }
    shared.admission.open();
    Arc::new(Context::new(shared))
}

fn team(uid: &str, generation: i64, annotations: &serde_json::Value) -> Arc<Team> {
    let ready = json!({
        "type": "Ready", "status": "True", "reason": "Available", "message": "", "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let metadata = json!({
        "name": "a", "namespace": "n", "uid": uid, "generation": generation, "resourceVersion": "1", "annotations": annotations,
    });
    let team = json!({ "metadata": metadata, "spec": { "name": "T" }, "status": { "conditions": [ready] } });
    Arc::new(serde_json::from_value(team).unwrap())
}

#[tokio::test]
async fn a_copy_of_what_is_gone_or_cannot_be_read_is_not_reconciled() {
    let (context, old, new) = (context(), team("1", 1, &json!({})), team("2", 1, &json!({})));
    let key = ResourceKey::of(new.as_ref());
    context.shared.index.put(&key, row_of(new.as_ref()));
    assert!(!is_known(old.as_ref(), &context) && is_known(new.as_ref(), &context));
    context.shared.index.put(&key, IndexRow { unreadable: Some("no".to_owned()), ..row_of(new.as_ref()) });
    assert!(!is_known(new.as_ref(), &context));
}

#[tokio::test]
async fn what_a_reconcile_keeps_is_forgotten_if_its_resource_cannot_be_read_any_more() {
    let (context, team) = (context(), team("1", 1, &json!({})));
    let (key, within) = (ResourceKey::of(team.as_ref()), Arc::clone(&context));
    context.shared.index.put(&key, row_of(team.as_ref()));
    let unreadable = IndexRow { unreadable: Some("no".to_owned()), ..row_of(team.as_ref()) };
    let reconcile = async move {
        within.shared.index.put(&key, unreadable);
        within.forget("1");
        within.backoff.failed("1");
        ReconcileResult::success(Action::await_change())
    };
    measured(reconcile, team, Arc::clone(&context), None).await;
    assert_eq!(context.backoff.len(), 0);
}

#[tokio::test]
async fn what_a_user_asks_by_annotation_is_no_periodic_check() {
    let context = context();
    let trigger = |team: &Team| group_of(team, &context).trigger;
    let before = team("1", 1, &json!({}));
    context.shared.inputs.seen(before.as_ref());
    assert_eq!(trigger(&before), Trigger::Resync);
    context.shared.inputs.reported("1", &context.shared.inputs.begin(before.as_ref()));
    assert_eq!(trigger(&before), Trigger::Resync);
    for key in ["test-requested-at", "external-id", "allow-deletion", "retry-create"] {
        let asked = team("1", 1, &json!({ format!("ping-operator.dev/{key}"): "true" }));
        context.shared.inputs.seen(asked.as_ref());
        assert_eq!(trigger(&asked), Trigger::Change, "{key}");
        context.shared.inputs.reported("1", &context.shared.inputs.begin(asked.as_ref()));
        assert_eq!(trigger(&asked), Trigger::Resync, "{key}");
    }
}

#[tokio::test]
async fn a_request_that_is_longer_than_status_repeats_is_handled_once() {
    let context = context();
    let trigger = |team: &Team| group_of(team, &context).trigger;
    let asked = team("1", 1, &json!({ "ping-operator.dev/reconcile-requested-at": "x".repeat(300) }));
    assert_eq!(trigger(&asked), Trigger::Request);
    let mut handled = Team::clone(&asked);
    handled.status.as_mut().unwrap().common.last_handled_reconcile_at = Some("x".repeat(256));
    assert_eq!(trigger(&handled), Trigger::Resync);
}

#[test]
fn no_admitted_reconcile_waits_for_another_of_its_kind() {
    let (configs, reasons) = (1_000, 5);
    for concurrency in [1, 16, 1024] {
        let Places { own, shared, most: _ } = Places::for_concurrency(concurrency);
        assert!(shared + own * reasons * configs < usize::from(MAX_CONCURRENT), "{concurrency}");
    }
}
