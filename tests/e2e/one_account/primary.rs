//! NodePing's list says which account is the token's own. Where it does not, nothing is written.

use ping_emulator::{PrimarySign, Settings};
use serde_json::{Value, json};

use crate::account::account;
use crate::harness::wait::until;
use crate::harness::world::TOKEN;
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::SUB_ACCOUNT;
use crate::one_account::{OTHER_ACCOUNT, message};

async fn world(primary_sign: PrimarySign) -> World {
    let settings = Settings { primary_sign, ..Settings::default() };
    let setup = Setup { settings, with_configs: false, ..Setup::default() };
    setup.build().await
}

fn nodeping(world: &World) -> String {
    world.config("nodeping", "NodePing")
}

fn primary(world: &World, token: &str) -> String {
    world.emulator.state(token)["primary"].as_str().unwrap_or_default().to_owned()
}

/// A customer's account, which somebody else made.
fn customer(world: &World, name: &str) -> String {
    let path = format!("/nodeping/accounts?name={name}&contactname=Joe&email=joe@x.org&timezone=1&location=eur");
    world.human("POST", &path, json!(null))["_id"].as_str().unwrap_or_default().to_owned()
}

/// A sub-account resource that adopts by a name, and would suspend and delete what it finds.
fn adopting(name: &str) -> String {
    SUB_ACCOUNT.replace("name: Acme", &format!("name: {name}, adoptionPolicy: IfUnique, status: Suspend"))
}

/// What was sent to NodePing, but for the list of accounts.
fn beyond_the_list(world: &World) -> Vec<String> {
    let is_list = |call: &str| call.starts_with("GET") && !call.contains("/accounts/") && !call.contains("id=");
    world.calls().into_iter().filter(|call| !is_list(call)).collect()
}

/// How often the list of accounts was read.
fn lists(world: &World) -> usize {
    world.count(&["GET", "/accounts"])
}

async fn read_three_times_more(world: &World) {
    let before = lists(world);
    let mut asked = 0;
    until("the list is read again", async || {
        asked += 1;
        let annotation = format!("ping-operator.dev/reconcile-requested-at={asked}");
        world.kubectl(&["annotate", "--overwrite", "pingpc/nodeping", &annotation], "");
        lists(world) >= before + 3
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_list_does_not_show_the_primary_account_nothing_but_that_list_is_read() {
    for (sign, why) in [
        (PrimarySign::Absent, "does not show which one is the primary account"),
        (PrimarySign::Everywhere, "several primary accounts"),
        (PrimarySign::Omitted, "does not show which one is the primary account"),
    ] {
        let world = world(sign).await;
        world.secret(TOKEN);
        let own = primary(&world, TOKEN);
        for name in ["Customer", "Other"] {
            customer(&world, name);
        }
        let name = world.emulator.state(TOKEN)["accounts"][&own]["name"].as_str().unwrap_or_default().to_owned();
        world.emulator.clear_journal();
        world.apply(&nodeping(&world));
        world.apply(&account("name: Mine, suppressNotifications: true"));
        world.apply(&adopting(&name));
        let by_id = format!("metadata: {{name: by-id, annotations: {{ping-operator.dev/external-id: '{own}'}}}}");
        world.apply(&SUB_ACCOUNT.replace("metadata: {name: acme}", &by_id));
        let config = world.until("pingpc/nodeping", "says why", |object| message(object, "Ready").contains(why)).await;
        assert_eq!(condition(&config, "Ready")["status"], "False");
        assert_eq!(config["status"]["account"], Value::Null);
        for resource in ["pingacct/primary", "pingsub/acme", "pingsub/by-id"] {
            world.until(resource, "says why", |object| message(object, "Ready").contains(why)).await;
        }
        read_three_times_more(&world).await;
        assert_eq!(beyond_the_list(&world), Vec::<String>::new(), "{sign:?}");
        // Nothing is left of it when the list is as documented.
        world.emulator.set(|settings| settings.primary_sign = PrimarySign::Number);
        let object = world.ready("pingacct/primary").await;
        assert_eq!(object["status"]["externalId"], json!(own));
        world.says("pingsub/by-id", "Invalid").await;
        let config = world.ready("pingpc/nodeping").await;
        assert_eq!(config["status"]["account"]["id"], json!(own));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_sub_accounts_as_text_shows_the_primary_account_as_well() {
    let world = world(PrimarySign::Text).await;
    world.secret(TOKEN);
    let (own, _) = (primary(&world, TOKEN), customer(&world, "Customer"));
    world.apply(&nodeping(&world));
    world.apply(&account("name: Mine"));
    let by_id = format!("metadata: {{name: acme, annotations: {{ping-operator.dev/external-id: '{own}'}}}}");
    world.apply(&SUB_ACCOUNT.replace("metadata: {name: acme}", &by_id));
    let object = world.ready("pingacct/primary").await;
    assert_eq!(object["status"]["externalId"], json!(own));
    world.says("pingsub/acme", "Invalid").await;
    assert_eq!(world.writes().iter().filter(|call| call.contains("status=")).count(), 0, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_account_without_a_sign_is_the_primary_one_and_no_other_account_takes_its_place() {
    let world = world(PrimarySign::Absent).await;
    world.secret(TOKEN);
    let own = primary(&world, TOKEN);
    world.apply(&nodeping(&world));
    world.apply(&account("name: Mine"));
    let object = world.ready("pingacct/primary").await;
    assert_eq!(object["status"]["externalId"], json!(own));
    world.ready("pingpc/nodeping").await;
    let written = world.writes();
    // From now on the list shows one account, and it is another one.
    let _ = customer(&world, "Customer");
    world.emulator.set(|settings| settings.primary_sign = PrimarySign::Omitted);
    world.look_again("pingacct/primary").await;
    world.says("pingacct/primary", "AccountChanged").await;
    assert_eq!(world.writes(), written);
    world.emulator.set(|settings| settings.primary_sign = PrimarySign::Number);
    world.ready("pingacct/primary").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_account_is_noticed_even_if_no_list_shows_the_primary_one() {
    let world = world(PrimarySign::Number).await;
    world.secret(TOKEN);
    customer(&world, "Customer");
    world.apply(&nodeping(&world));
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    world.emulator.set(|settings| settings.primary_sign = PrimarySign::Absent);
    world.secret(OTHER_ACCOUNT);
    read_three_times_more(&world).await;
    world.patch("pingsub/acme", r#"{"spec": {"name": "Acme 2"}}"#);
    world
        .until("pingsub/acme", "is not written", |object| {
            object["status"]["observedGeneration"] == 2 && condition(object, "Ready")["status"] != "True"
        })
        .await;
    world.until("pingpc/nodeping", "is not ready", |object| condition(object, "Ready")["status"] == "False").await;
    let others = world.emulator.state(OTHER_ACCOUNT)["accounts"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(others, 1);
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_opens_another_account_later_stops_the_connection_at_the_first_list() {
    let world = world(PrimarySign::Number).await;
    world.secret(TOKEN);
    world.apply(&nodeping(&world));
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    let written = world.writes();
    let moved =
        |settings: &mut Settings| drop(settings.same_account.insert(TOKEN.to_owned(), OTHER_ACCOUNT.to_owned()));
    world.emulator.set(moved);
    world.look_again("pingsub/acme").await;
    world.says("pingsub/acme", "AccountChanged").await;
    world.says("pingpc/nodeping", "AccountChanged").await;
    assert_eq!(world.writes(), written);
    world.emulator.set(|settings| drop(settings.same_account.remove(TOKEN)));
    world.ready("pingsub/acme").await;
    assert_eq!(world.writes(), written);
    assert_eq!(reason(&world.ready("pingpc/nodeping").await, "Ready"), "Available");
}
