//! Which claims count, and who is woken by a change.

mod heirs;
mod inheritance;

use std::collections::BTreeMap;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::api::conditions::ConditionSummary;
use crate::api::provider_config::view::ConfigResource;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::operator::state::index::claim::Claim;
use crate::operator::state::index::tables::each_once;

/// An index, and what it triggers of Teams.
struct Case {
    index: Index,
    triggered: UnboundedReceiver<ResourceKey>,
}

impl Case {
    fn new() -> Self {
        let (trigger, triggered) = unbounded();
        Self { index: Index::new(Triggers::from([((Kind::Team, String::new()), trigger)])), triggered }
    }

    /// A config of a namespace, or a cluster-scoped one, that opens an account.
    fn config(&self, namespace: &str, account: Option<&str>) {
        let is_cluster_scoped = namespace.is_empty();
        let secret = json!({ "name": "s", "key": "k", "namespace": "n" });
        let config = json!({
            "apiVersion": "ping-operator.dev/v1alpha1",
            "kind": if is_cluster_scoped { "ClusterProviderConfig" } else { "ProviderConfig" },
            "metadata": { "name": "c", "namespace": namespace },
            "spec": { "provider": "Pinghome", "credentials": { "secretRef": secret } },
            "status": { "account": account.map(|id| json!({ "id": id })) },
        });
        let view = if is_cluster_scoped {
            serde_json::from_value::<ClusterProviderConfig>(config).unwrap().view()
        } else {
            serde_json::from_value::<ProviderConfig>(config).unwrap().view()
        };
        let (key, row) = (view.key.clone(), IndexRow { config: Some(Arc::new(view)), ..row(0, &[]) });
        self.index.put(&key, row);
    }

    /// A Team of a namespace: the older, the smaller its age.
    fn team(&self, key: &ResourceKey, age: i64, claims: Vec<Claim>) {
        let uses = each_once([config_key(&key.namespace)]);
        self.index.put(key, IndexRow { uses, claims, ..row(age, &[]) });
    }

    fn winner(&self, id: &str, me: &ResourceKey, age: i64) -> Option<String> {
        self.index.claimant(id, me, &row(age, &[]).age).filter(|other| other.wins).map(|other| other.name)
    }

    /// The names of the Teams that were triggered since the last look.
    fn woken(&mut self) -> BTreeSet<String> {
        std::iter::from_fn(|| self.triggered.try_recv().ok()).map(|key| key.to_string()).collect()
    }
}

fn config_key(namespace: &str) -> ResourceKey {
    let is_shared = namespace.starts_with("shared");
    let kind = if is_shared { Kind::ClusterProviderConfig } else { Kind::ProviderConfig };
    let namespace = if is_shared { String::new() } else { namespace.to_owned() };
    ResourceKey { kind, namespace, name: "c".to_owned() }
}

fn team_key(namespace: &str, name: &str) -> ResourceKey {
    ResourceKey { kind: Kind::Team, namespace: namespace.to_owned(), name: name.to_owned() }
}

fn row(age: i64, conditions: &[ConditionSummary]) -> IndexRow {
    IndexRow {
        uses: Vec::new(),
        claims: Vec::new(),
        awaits_claim: false,
        is_managed: true,
        is_deleted: false,
        age: Age { created: Timestamp::from_second(age).unwrap(), uid: age.to_string().into() },
        referent: RefSummary::default(),
        config: None,
        unreadable: None,
        conditions: conditions.to_vec(),
        mentions: Vec::new(),
        moved: None,
    }
}

fn annotated(id: &str) -> Vec<Claim> {
    Claim::all(Some(id), None)
}

fn recorded(id: &str) -> Vec<Claim> {
    Claim::all(None, Some(&id.into()))
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn of_two_resources_of_one_second_the_one_that_has_the_object_keeps_it() {
    let case = Case::new();
    case.config("a", Some("1"));
    let age = |uid: &str| Age { created: Timestamp::from_second(1).unwrap(), uid: uid.into() };
    let teams = [(team_key("a", "thief"), age("1"), annotated("x")), (team_key("a", "owner"), age("2"), recorded("x"))];
    for (key, age, claims) in &teams {
        let uses = each_once([config_key("a")]);
        case.index.put(key, IndexRow { uses, age: age.clone(), claims: claims.clone(), ..row(0, &[]) });
    }
    let wins = teams.each_ref().map(|(key, age, _)| case.index.claimant("x", key, age).map(|other| other.wins));
    assert_eq!(wins, [Some(true), Some(false)]);
}

#[test]
fn a_claim_counts_within_its_account_and_by_annotation_only_once_the_account_is_reached() {
    let case = Case::new();
    let mine = team_key("a", "mine");
    case.config("a", Some("1"));
    case.team(&mine, 5, recorded("x"));
    // Without a config, with one of another account, and with one whose account is not known.
    for (namespace, account) in [("none", None), ("other", Some("2")), ("new", None)] {
        if namespace != "none" {
            case.config(namespace, account);
        }
        for claims in [annotated("x"), recorded("x")] {
            let key = team_key(namespace, "t");
            case.team(&key, 1, claims);
            case.index.set_reaching(&key, true);
            assert_eq!(case.winner("x", &mine, 5), None, "{namespace}");
        }
    }
    // A config of the same account: an annotation counts when a reconcile has got there, a recorded id always.
    case.config("same", Some("1"));
    let theirs = team_key("same", "t");
    case.team(&theirs, 1, annotated("x"));
    assert_eq!(case.winner("x", &mine, 5), None);
    case.index.set_reaching(&theirs, true);
    assert_eq!(case.winner("x", &mine, 5), Some("same/t".to_owned()));
    case.index.set_reaching(&theirs, false);
    case.team(&theirs, 1, recorded("x"));
    assert_eq!(case.winner("x", &mine, 5), Some("same/t".to_owned()));
    // The younger of the two sees the older in the same way.
    assert_eq!(case.winner("x", &theirs, 1), None);
}

#[test]
fn a_cluster_scoped_config_that_does_not_allow_a_namespace_gives_its_claims_no_weight() {
    let case = Case::new();
    case.config("", Some("1"));
    let (mine, theirs) = (team_key("shared-a", "mine"), team_key("shared-b", "t"));
    case.team(&mine, 5, recorded("x"));
    case.team(&theirs, 1, annotated("x"));
    assert_eq!(case.winner("x", &mine, 5), None);
    case.index.set_reaching(&theirs, true);
    assert_eq!(case.winner("x", &mine, 5), Some("shared-b/t".to_owned()));
    // A resource of the same namespace and config reaches the account as this one does.
    let case = Case::new();
    case.config("a", Some("1"));
    case.team(&team_key("a", "t"), 1, annotated("x"));
    case.team(&team_key("a", "mine"), 5, recorded("x"));
    assert_eq!(case.winner("x", &team_key("a", "mine"), 5), Some("a/t".to_owned()));
}

#[test]
fn whoever_contends_with_a_claim_is_woken_when_it_comes_changes_or_goes() {
    let mut case = Case::new();
    case.config("a", Some("1"));
    let (older, younger) = (team_key("a", "older"), team_key("a", "younger"));
    case.team(&younger, 5, recorded("x"));
    case.team(&older, 1, Vec::new());
    assert_eq!(case.woken(), names([]));
    case.team(&older, 1, annotated("x"));
    assert_eq!(case.woken(), names(["a/younger"]));
    case.team(&older, 1, annotated("x"));
    assert_eq!(case.woken(), names([]), "nothing changed");
    case.team(&older, 1, annotated("y"));
    assert_eq!(case.woken(), names(["a/younger"]), "it gave the claim up");
    case.index.claim(&older, "x");
    assert_eq!(case.woken(), names(["a/younger"]), "it found the object itself");
    case.team(&older, 1, annotated("y"));
    assert_eq!(case.winner("x", &younger, 5), Some("a/older".to_owned()), "status does not show it yet");
    case.team(&older, 1, Claim::all(Some("y"), Some(&"x".into())));
    case.woken();
    case.index.forget(&older);
    assert_eq!(case.woken(), names(["a/younger"]));
}

#[test]
fn whoever_waits_for_a_name_is_woken_by_a_claim_of_the_account_and_a_known_account_wakes_its_users() {
    let mut case = Case::new();
    case.config("a", Some("1"));
    case.config("b", Some("1"));
    case.config("c", Some("2"));
    for namespace in ["b", "c"] {
        let uses = each_once([config_key(namespace)]);
        case.index.put(&team_key(namespace, "waits"), IndexRow { uses, awaits_claim: true, ..row(9, &[]) });
    }
    case.team(&team_key("a", "t"), 1, recorded("x"));
    assert_eq!(case.woken(), names(["b/waits"]));
    case.index.forget(&team_key("a", "t"));
    assert_eq!(case.woken(), names(["b/waits"]));

    case.config("d", None);
    case.team(&team_key("d", "t"), 1, recorded("z"));
    case.team(&team_key("a", "u"), 5, recorded("z"));
    case.woken();
    case.config("d", Some("1"));
    assert_eq!(case.woken(), names(["a/u", "b/waits", "d/t"]), "they contend from now on");
}

#[test]
fn a_list_tells_what_is_gone() {
    let case = Case::new();
    let keys: BTreeMap<_, _> = ["a", "b"].into_iter().map(|name| (name, team_key("n", name))).collect();
    for key in keys.values() {
        case.team(key, 1, Vec::new());
    }
    let is_delivered = || case.index.has_delivered_deletion(&keys["a"], "1");
    case.index.list_started(Kind::Team, "");
    case.team(&keys["a"], 1, Vec::new());
    assert!(!is_delivered());
    case.index.put(&keys["a"], IndexRow { is_deleted: true, ..row(1, &[]) });
    assert!(!is_delivered(), "what the rest of the list shows may be older");
    assert_eq!(case.index.list_completed(Kind::Team, ""), [keys["b"].clone()]);
    assert!(is_delivered());
    assert!(
        case.index.has_readable(&keys["a"], "1")
            && !case.index.has_readable(&keys["a"], "2")
            && !case.index.has_readable(&keys["b"], "1")
    );
}

#[test]
fn what_a_resource_names_counts_unless_its_config_refuses_it() {
    let mut case = Case::new();
    case.config("", Some("1"));
    let (mine, theirs) = (team_key("shared-a", "mine"), team_key("shared-b", "t"));
    for key in [&mine, &theirs] {
        let mentions = vec![Mention {
            subject: "ada".to_owned(),
            is_wanted: true,
            role: None,
            customer_id: None,
            is_passive: false,
        }];
        let uses = each_once([config_key(&key.namespace)]);
        case.index.put(key, IndexRow { uses, mentions, ..row(1, &[]) });
    }
    let count = |case: &Case| case.index.other_mentions("ada", &mine, &config_key("shared-a")).len();
    assert_eq!(count(&case), 1);
    case.woken();
    case.index.set_reaching(&theirs, false);
    assert_eq!((count(&case), case.woken()), (0, names(["shared-a/mine"])));
    case.index.set_reaching(&theirs, true);
    assert_eq!((count(&case), case.woken()), (1, names(["shared-a/mine"])));
}

#[test]
fn what_a_resource_names_counts_as_soon_as_the_token_of_its_config_opened_the_account() {
    let case = Case::new();
    case.config("a", Some("1"));
    case.config("b", None);
    let (mine, theirs) = (team_key("a", "mine"), team_key("b", "t"));
    for key in [&mine, &theirs] {
        let mention =
            Mention { subject: "ada".to_owned(), is_wanted: true, role: None, customer_id: None, is_passive: false };
        let uses = each_once([config_key(&key.namespace)]);
        case.index.put(key, IndexRow { uses, mentions: vec![mention], ..row(1, &[]) });
    }
    let count = || case.index.other_mentions("ada", &mine, &config_key("a")).len();
    assert_eq!(count(), 0, "it may be another account");
    case.index.opened(&config_key("b"), "1");
    assert_eq!(count(), 1);
    // The watch delivers the config as it was before.
    case.config("b", None);
    assert_eq!(count(), 1);
    case.config("b", Some("2"));
    assert_eq!(count(), 0, "status is newer");
    case.index.forget(&config_key("b"));
    case.config("b", None);
    assert_eq!(count(), 0, "it is another config of this name");
}
