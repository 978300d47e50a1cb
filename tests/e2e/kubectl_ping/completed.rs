//! Completion: kubectl itself asks the plugin, by the two names under which the binary is installed.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::world::TEAM;
use crate::harness::{World, binary};
use crate::kubectl_ping::Called;

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_completes_verbs_kinds_and_the_names_that_the_cluster_has() {
    let world = World::new().await;
    world.apply(TEAM);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bin-{}", world.namespace));
    std::fs::create_dir_all(&dir).expect("a folder");
    for name in ["kubectl-ping", "kubectl_complete-ping"] {
        std::os::unix::fs::symlink(binary(), dir.join(name)).expect("a link");
    }
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").expect("a PATH"));
    let completed = |words: &[&str]| {
        let mut kubectl = Command::new("kubectl");
        kubectl.env("PATH", &path).env("KUBECONFIG", world.cluster.admin()).args(["__complete", "ping"]).args(words);
        let Called { code, out, told } = Called::of(&kubectl.stdin(Stdio::null()).output().expect("kubectl"));
        assert_eq!(code, Some(0), "{out}{told}");
        out
    };
    assert!(completed(&["sta"]).starts_with("status\tShow what is not Ready"), "{}", completed(&["sta"]));
    assert_eq!(completed(&["status", "te"]), "team/\n:6\n");
    assert_eq!(completed(&["status", "-n", &world.namespace, "team/"]), "team/platform\n:4\n");
}
