//! The forms that nobody documents: whichever the provider speaks, the result is the same.

use ping_emulator::{ChannelFields, CreateAnswer, Envelope, Fault, ServiceLookup, Settings, Trouble};

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition};
use crate::lifecycle::{SERVICE, channel, values};

async fn world_with(change: impl FnOnce(&mut Settings)) -> World {
    let mut settings = Settings::default();
    change(&mut settings);
    Setup { settings, ..Setup::default() }.build().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_found_again_however_it_is_answered() {
    for answer in [CreateAnswer::Data, CreateAnswer::Id, CreateAnswer::Message, CreateAnswer::Empty] {
        let world = world_with(|settings| settings.create_answer = answer).await;
        world.apply(TEAM);
        world.apply(SERVICE);
        world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
        for resource in ["pingteam/platform", "pingsvc/checkout", "pingnc/hook"] {
            world.ready(resource).await;
        }
        assert_eq!(world.writes().len(), 3, "{answer:?}: {:?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_result_is_not_known_says_so_and_waits_for_the_list() {
    let settings = Settings { create_answer: CreateAnswer::Empty, ..Settings::default() };
    let world = Setup { settings, read_lag: 4, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let object = world.says("pingteam/platform", "ResolvingCreate").await;
    assert_eq!(condition(&object, "Synced")["status"], "Unknown");
    assert_eq!(condition(&object, "Reconciling")["status"], "True");
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_in_every_known_envelope() {
    for envelope in [Envelope::Data, Envelope::Items, Envelope::Results, Envelope::Named] {
        let world = world_with(|settings| settings.envelope = envelope).await;
        world.apply(TEAM);
        world.apply(SERVICE);
        world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
        for resource in ["pingteam/platform", "pingsvc/checkout", "pingnc/hook"] {
            world.ready(resource).await;
        }
        assert_eq!(world.writes().len(), 3, "{envelope:?}: {:?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_an_unknown_envelope_is_an_error_and_not_an_empty_list() {
    let world = world_with(|settings| settings.envelope = Envelope::Unknown).await;
    world.apply(TEAM);
    let object = world.says("pingteam/platform", "ProviderUnavailable").await;
    assert_eq!(condition(&object, "Reconciling")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.emulator.set(|settings| settings.envelope = Envelope::Bare);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_looked_up_by_team_by_service_or_by_either() {
    for lookup in [ServiceLookup::Team, ServiceLookup::Service, ServiceLookup::Both] {
        let mut world = world_with(|settings| settings.service_lookup = lookup).await;
        world.apply(TEAM);
        world.apply(SERVICE);
        let id = id_of(&world.ready("pingsvc/checkout").await);
        world.patch("pingsvc/checkout", r#"{"spec": {"name": "checkout 2"}}"#);
        world.ready("pingsvc/checkout").await;
        world.restart().await;
        world.look_again("pingsvc/checkout").await;
        assert_eq!(world.emulator.state(TOKEN)["services"][&id]["name"], "checkout 2", "{lookup:?}");
        world.delete("pingsvc/checkout");
        world.gone("pingsvc/checkout").await;
        let count = |start: &str| world.writes().iter().filter(|call| call.starts_with(start)).count();
        assert_eq!([count("POST /v1/service"), count("PUT"), count("DELETE")], [1, 1, 1], "{lookup:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_read_in_every_known_form_and_the_right_ones_go_when_positions_move() {
    for (fields, renumber) in [
        (ChannelFields::Plain, true),
        (ChannelFields::Words, true),
        (ChannelFields::Bare, true),
        (ChannelFields::Plain, false),
    ] {
        let world = world_with(|settings| {
            settings.channel_fields = fields;
            settings.renumber = renumber;
        })
        .await;
        world.apply(TEAM);
        let team = id_of(&world.ready("pingteam/platform").await);
        for name in ["a", "b", "c", "d"] {
            world.apply(&channel(
                name,
                "{teamRef: {name: platform}}",
                "webhook",
                &format!("https://example.com/{name}"),
            ));
            world.ready(&format!("pingnc/{name}")).await;
        }
        world.patch("pingnc/d", r#"{"spec": {"enabled": false}}"#);
        for name in ["a", "c"] {
            world.delete(&format!("pingnc/{name}"));
        }
        world.patch("pingnc/b", r#"{"spec": {"value": "https://example.com/b2"}}"#);
        for name in ["a", "c"] {
            world.gone(&format!("pingnc/{name}")).await;
        }
        world.ready("pingnc/b").await;
        world.ready("pingnc/d").await;
        let left = &world.emulator.state(TOKEN)["teams"][&team]["channels"];
        assert_eq!(values(left, "value"), ["https://example.com/b2", "https://example.com/d"], "{fields:?}");
        assert_eq!(values(left, "enabled"), ["true", "false"], "{fields:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_service_is_found_again_although_its_team_is_not_seen_yet() {
    let settings = Settings { read_lag: 900, ..Settings::default() };
    let world = Setup { settings, ..Setup::default() }.build().await;
    world.emulator.fault(Fault::new("POST", "/v1/service", 1, Trouble::DropAfter));
    world.apply(TEAM);
    world.apply(SERVICE);
    world.ready("pingsvc/checkout").await;
    assert_eq!(world.count(&["POST /v1/service"]), 1, "{:#?}", world.calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_lag_behind_writes_lead_to_no_second_write() {
    let settings = Settings { read_lag: 1500, ..Settings::default() };
    let world = Setup { settings, read_lag: 2, resync: 1, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
    for resource in ["pingteam/platform", "pingsvc/checkout", "pingnc/hook"] {
        world.ready(resource).await;
    }
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.patch("pingnc/hook", r#"{"spec": {"value": "https://example.com/b"}}"#);
    world.ready("pingteam/platform").await;
    world.ready("pingnc/hook").await;
    let lists = || world.calls().iter().filter(|call| call.as_str() == "GET /v1/teams").count();
    let start = lists();
    crate::harness::wait::until("three more resyncs", async || lists() >= start + 3).await;
    assert_eq!(world.writes().len(), 5, "{:?}", world.writes());
}
