//! One resource of a population: what it says, and how it stands.

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

/// Of a team: itself first.
const OF_A_TEAM: [&str; 5] = ["pingteam", "pingsvc", "pingsvc", "pingnc", "pingnc"];
/// How many resources are made, and deleted, together.
pub(super) const TOGETHER: usize = OF_A_TEAM.len();
/// All kinds.
pub(super) const KINDS: [&str; 4] = ["pingteam", "pingsvc", "pingnc", "pingsub"];
/// The domain of all people.
pub(super) const PEOPLE: &str = "@people.example.com";

/// Whose account it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Provider {
    Pinghome,
    NodePing,
}

/// An account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// Its token, which is the name of the config and of the Secret, too.
    pub(crate) token: &'static str,
    pub(crate) provider: Provider,
}

/// How a resource is, as far as the user knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stands {
    There,
    /// It is to be deleted, with its team.
    Condemned,
    Deleted,
}

/// One resource.
pub(super) struct Member {
    pub(super) number: usize,
    pub(super) team: usize,
    pub(super) account: Account,
    pub(super) api: Api<DynamicObject>,
    pub(super) stands: Stands,
    /// Counts what was written into it.
    pub(super) version: usize,
    /// Counts the resources that its object was handed over to.
    pub(super) heirs: usize,
    /// The id of the object that was handed over.
    pub(super) inherited: Option<String>,
    /// Of a Team: who may go to another one, if it lists the person now.
    pub(super) guest: Option<String>,
}

impl Member {
    /// Whether it is made before the others that are made together with it, and deleted with all of them.
    pub(super) fn is_first(&self) -> bool {
        self.number.is_multiple_of(TOGETHER)
    }

    /// The name of the resource. An heir has another one than whom it follows.
    pub(super) fn name(&self) -> String {
        format!("r{}-{}", self.number, self.heirs)
    }

    pub(super) fn kind(&self) -> &'static str {
        Self::kind_of(self.number, self.account)
    }

    /// The short name of the kind of the resource of this number.
    pub(super) fn kind_of(number: usize, account: Account) -> &'static str {
        match account.provider {
            Provider::Pinghome => OF_A_TEAM[number % TOGETHER],
            Provider::NodePing => "pingsub",
        }
    }

    /// What the resource says now.
    fn spec(&self) -> Value {
        let Self { number, team, version, account, .. } = self;
        let team_ref = json!({ "name": format!("r{}-0", team * TOGETHER) });
        let config = json!({ "name": account.token });
        match self.kind() {
            "pingteam" => {
                let members: Vec<_> = self.people().into_iter().map(|email| json!({ "email": email })).collect();
                json!({ "providerConfigRef": config, "name": self.text(), "members": members })
            }
            "pingsvc" => json!({ "providerConfigRef": config, "name": self.text(), "teamRef": team_ref }),
            "pingsub" => json!({
                "providerConfigRef": config, "name": self.text(), "contactName": "Joe Smith", "email": "joe@example.com",
                "timezone": (version % 12).to_string(), "location": "eur", "deletionPolicy": "Delete",
            }),
            _ => json!({
                "providerConfigRef": config, "owner": { "teamRef": team_ref }, "type": "webhook",
                "value": self.text(), "enabled": (number + version) % 2 == 0,
            }),
        }
    }

    /// Whom a Team lists; nobody for other kinds. Each version takes somebody out, and may list somebody again.
    pub(super) fn people(&self) -> Vec<String> {
        if self.kind() != "pingteam" {
            return Vec::new();
        }
        let Self { team, version, .. } = self;
        let own = [version % 3, 3 + version % 2].map(|person| format!("p{person}.{team}{PEOPLE}"));
        own.into_iter().chain(self.guest.clone()).collect()
    }

    /// The name at the provider, or the address.
    pub(super) fn text(&self) -> String {
        format!("https://example.com/{}/{}", self.number, self.version)
    }

    pub(super) async fn create(&mut self) {
        let kind = match self.kind() {
            "pingteam" => "Team",
            "pingsvc" => "Service",
            "pingsub" => "SubAccount",
            _ => "NotificationChannel",
        };
        let annotations = self.inherited.iter().map(|id| ("ping-operator.dev/external-id", id)).collect::<Vec<_>>();
        let annotations: serde_json::Map<_, _> =
            annotations.into_iter().map(|(key, id)| (key.to_owned(), json!(id))).collect();
        let metadata = json!({ "name": self.name(), "annotations": annotations });
        let object = json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": self.spec() });
        let object = serde_json::from_value(object).expect("an object");
        self.api.create(&PostParams::default(), &object).await.expect("it is accepted");
        self.stands = Stands::There;
    }

    pub(super) async fn edit(&mut self) {
        self.version += 1;
        let patch = Patch::Merge(json!({ "spec": self.spec() }));
        self.api.patch(&self.name(), &PatchParams::default(), &patch).await.expect("it is accepted");
    }

    pub(super) async fn delete(&mut self) {
        self.api.delete(&self.name(), &DeleteParams::default()).await.expect("it is accepted");
        (self.stands, self.inherited) = (Stands::Deleted, None);
    }

    /// Another resource claims the object, and this one is deleted. Without an object: nothing.
    pub(super) async fn hand_over(&mut self) {
        let object = self.get().await.unwrap_or_default();
        let Some(id) = object["status"]["externalId"].as_str() else { return };
        let former = self.name();
        (self.heirs, self.inherited) = (self.heirs + 1, Some(id.to_owned()));
        self.create().await;
        self.api.delete(&former, &DeleteParams::default()).await.expect("it is accepted");
    }

    pub(super) async fn get(&self) -> Option<Value> {
        let found = self.api.get_opt(&self.name()).await.expect("an answer of the API server");
        found.and_then(|object| serde_json::to_value(object).ok())
    }
}
