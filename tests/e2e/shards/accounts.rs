//! Six accounts, a config for each, and what their resources lead to at the provider.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use ping_emulator::Settings;

use crate::harness::{Setup, World};
use crate::lifecycle::channel;
use crate::population::{Account, Provider};

const TOKENS: [&str; 6] = ["token-0", "token-1", "token-2", "token-3", "token-4", "token-5"];
/// The last one is at NodePing.
pub(super) const ALL: [Account; TOKENS.len()] = [
    account(0, Provider::Pinghome),
    account(1, Provider::Pinghome),
    account(2, Provider::Pinghome),
    account(3, Provider::Pinghome),
    account(4, Provider::Pinghome),
    account(5, Provider::NodePing),
];
/// So many are at Pinghome: the first ones.
pub(super) const ACCOUNTS: usize = ALL.len() - 1;
pub(super) const SHARDS: u16 = 16;
/// Of each account, each with a service and two channels, and some more.
const TEAMS: usize = 12;

const fn account(number: usize, provider: Provider) -> Account {
    Account { token: TOKENS[number], provider }
}

/// A world with a config for each account, and nobody at work.
pub(super) async fn accounts() -> World {
    let settings = Settings { tokens: TOKENS.map(str::to_owned).to_vec(), ..Settings::default() };
    let setup = Setup { settings, with_configs: false, is_home: true, is_started: false, ..Setup::default() };
    let world = setup.build().await;
    for Account { token, provider } in ALL {
        world.secret_with(token, "token", token);
        let provider = match provider {
            Provider::Pinghome => "Pinghome",
            Provider::NodePing => "NodePing",
        };
        let manifest = world.config(token, provider);
        let secret = format!("secretRef: {{name: {token}");
        let manifest = manifest.replace("secretRef: {name: tokens", &secret);
        world.apply(&manifest.replace("spec: {", "spec: {deletionGuard: {maxDeletions: 1000}, "));
    }
    world
}

/// The manifests of an account's resources, the names of whose teams end like this.
pub(super) fn resources(account: usize, mark: &str) -> String {
    let uses = format!("providerConfigRef: {{name: {}}}", TOKENS[account]);
    let mut manifests = Vec::new();
    for number in 0..TEAMS {
        let name = format!("a{account}-t{number}");
        let head = |kind: &str, name: &str| {
            format!(
                "{{apiVersion: ping-operator.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{{uses}, "
            )
        };
        manifests.push(format!("{}name: {name}{mark}}}}}", head("Team", &name)));
        manifests.push(format!("{}name: {name}, teamRef: {{name: {name}}}}}}}", head("Service", &name)));
        for hook in ["one", "two"] {
            let of = channel(
                &format!("{name}-{hook}"),
                &format!("{{teamRef: {{name: {name}}}}}"),
                "webhook",
                &format!("https://example.com/{name}/{hook}"),
            );
            manifests.push(of.replace("spec: {", &format!("spec: {{{uses}, ")));
        }
    }
    manifests.push(String::new());
    manifests.join("\n---\n")
}

/// The Lease of the shard of each account, by what calls to the account are authorized with.
pub(super) async fn leases_of_accounts(world: &World) -> BTreeMap<String, String> {
    let mut leases = BTreeMap::new();
    for Account { token, provider } in ALL {
        let config = world.get(&format!("pingpc/{token}")).await.unwrap_or_default();
        let id = config["status"]["account"]["id"].as_str().unwrap_or_default().to_owned();
        let authorization = match provider {
            Provider::Pinghome => format!("Bearer {token}"),
            Provider::NodePing => {
                let user = serde_json::to_value(ByteString(format!("{token}:").into_bytes())).unwrap_or_default();
                format!("Basic {}", user.as_str().unwrap_or_default())
            }
        };
        leases.insert(authorization, format!("ping-operator-shard-{}", shard_of(&id)));
    }
    leases
}

/// As the operator's documentation says it.
fn shard_of(id: &str) -> u128 {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (u128::from(hash) * u128::from(SHARDS)) >> 64
}

/// What each account has at the provider: the names of the teams and of the services, and the addresses of the channels.
pub(super) fn held(world: &World, account: usize) -> Vec<String> {
    let state = world.emulator.state(TOKENS[account]);
    let mut held = Vec::new();
    for team in state["teams"].as_object().into_iter().flat_map(|teams| teams.values()) {
        held.push(format!("team {}", team["name"]));
        let channels = team["channels"].as_array().cloned().unwrap_or_default();
        held.extend(channels.iter().map(|channel| format!("channel {}", channel["value"])));
    }
    let services = state["services"].as_object().cloned().unwrap_or_default();
    held.extend(services.values().map(|service| format!("service {}", service["name"])));
    held.sort();
    held
}

/// What an account must have, each once.
pub(super) fn wanted(account: usize, mark: &str) -> Vec<String> {
    let mut wanted = Vec::new();
    for number in 0..TEAMS {
        let name = format!("a{account}-t{number}");
        wanted.push(format!("team \"{name}{mark}\""));
        wanted.push(format!("service \"{name}\""));
        wanted.extend(["one", "two"].map(|hook| format!("channel \"https://example.com/{name}/{hook}\"")));
    }
    wanted.sort();
    wanted
}
