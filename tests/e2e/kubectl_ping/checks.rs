//! `check`, and what is told when the API server refuses.

use super::{ping, ping_through, ping_well};
use crate::harness::World;
use crate::rights::Rights;

#[tokio::test(flavor = "multi_thread")]
async fn check_names_the_right_that_is_missing_and_says_what_is_there() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    let emulator = world.emulator.address().to_string();
    let fine = ping_well(&world, &["check", "--allow-endpoint", &emulator]);
    for expected in [
        "clock: this machine and the API server agree",
        "CRDs: all 8 are installed, as version",
        "rights: you: all ",
        &format!("provider: {emulator} answers (HTTP "),
        "as seen from this machine",
    ] {
        assert!(fine.contains(expected), "{expected}: {fine}");
    }
    let untried = ping_well(&world, &["check"]);
    assert!(untried.contains("is not tried") && untried.contains("--allow-endpoint"), "{untried}");
    let name = format!("user-{}", world.namespace);
    Rights::shipped(&world).without_verb("teams", "patch").without("secrets").give(&world);
    let account = format!("ping-operator/{name}");
    let missing = ping(&world, &["check", "--service-account", &account]);
    assert_eq!(missing.code, Some(1), "{}{}", missing.out, missing.told);
    for expected in ["may not patch teams\n", "may not get secrets\n", "resources [secrets], verbs [get]"] {
        assert!(missing.out.contains(expected), "{expected}: {}", missing.out);
    }
    assert!(!missing.out.contains("may not list teams"), "{}", missing.out);
    let shipped = ping_well(&world, &["check", "--service-account", "ping-operator/ping-operator"]);
    assert!(shipped.contains("the ServiceAccount ping-operator/ping-operator: all "), "{shipped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_api_server_is_told_in_words_with_the_cluster_and_the_right() {
    let world = World::new().await;
    let admin = std::fs::read_to_string(world.cluster.admin()).expect("a kubeconfig");
    let path = world.cluster.admin().with_file_name(format!("nobody-{}.kubeconfig", world.namespace));
    std::fs::write(&path, admin.replace("user: {token:", "user: {as: nobody, token:")).expect("a kubeconfig");
    for verb in [&["status"][..], &["suspend", "team/platform"], &["tree"], &["events", "team/platform"]] {
        let refused = ping_through(&world, &path, verb);
        assert_eq!(refused.code, Some(2), "{verb:?}: {}{}", refused.out, refused.told);
        assert!(
            refused.told.starts_with("error: you may not ") && refused.told.contains("the cluster '"),
            "{}",
            refused.told
        );
        assert!(
            refused.told.contains(".ping-operator.dev") && refused.told.contains("`kubectl auth can-i "),
            "{}",
            refused.told
        );
        assert!(!refused.told.contains("Status {") && refused.told.lines().count() == 1, "{}", refused.told);
    }
}
