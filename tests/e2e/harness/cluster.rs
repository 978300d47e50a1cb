//! One API server for all tests of the process; it ends with the process, however that ends.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

/// A running control plane with the CRDs and the operator's roles.
pub(crate) struct Cluster {
    dir: PathBuf,
    /// Its standard input is what keeps the control plane alive.
    _keeper: Child,
}

impl Cluster {
    /// Everything may be done with this.
    pub(crate) fn admin(&self) -> PathBuf {
        self.dir.join("admin.kubeconfig")
    }

    /// A client that may do everything.
    pub(crate) async fn client(&self) -> Client {
        let kubeconfig = Kubeconfig::read_from(self.admin()).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        Client::try_from(config.expect("a config")).expect("a client")
    }

    /// What the shipped roles allow may be done with this.
    pub(crate) fn operator(&self) -> PathBuf {
        self.dir.join("operator.kubeconfig")
    }

    /// Every request to the API server, one JSON document a line.
    pub(crate) fn audit_log(&self) -> PathBuf {
        self.dir.join("audit.log")
    }

    /// Sends the API server a signal.
    #[allow(dead_code, reason = "the bench only measures")]
    pub(crate) fn signal_server(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.server()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Starts the API server that a signal ended, with what it had stored.
    #[allow(dead_code, reason = "the bench only measures")]
    pub(crate) fn start_server(&self) {
        let ended = self.server();
        // Not a child of the tests: it ends with the control plane.
        let script = "bash \"$1\" </dev/null >/dev/null 2>&1 & echo $!";
        let started = Command::new("bash").args(["-c", script, "starter"]).arg(self.dir.join("server")).output();
        let id = String::from_utf8(started.expect("bash").stdout).expect("a process id").trim().to_owned();
        std::fs::write(self.dir.join("pids"), self.read("pids").replace(&ended, &id)).expect("what is to be ended");
        std::fs::write(self.dir.join("server.pid"), id).expect("the server's process");
    }

    fn server(&self) -> String {
        self.read("server.pid").trim().to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.join(name)).expect("a file of the control plane")
    }
}

/// The control plane of this process.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// A control plane of its own, for a test that would disturb the others.
#[allow(dead_code, reason = "the bench has one")]
pub(crate) fn another_cluster() -> &'static Cluster {
    Box::leak(Box::new(start()))
}

fn start() -> Cluster {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let name = format!("controlplane-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).expect("a directory for the control plane");
    let script = "\"$1/up.sh\" \"$2\" && echo up && cat >/dev/null; \"$1/down.sh\" \"$2\"; rm -rf \"$2\"";
    let mut keeper = Command::new("bash")
        .args(["-c", script, "keeper"])
        .arg(root.join("tests/controlplane"))
        .arg(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash");
    let mut line = String::new();
    let output = keeper.stdout.take().expect("the keeper's output");
    BufReader::new(output).read_line(&mut line).expect("the keeper's first line");
    assert_eq!(line, "up\n", "the control plane did not start: run `make controlplane` and see {}", dir.display());
    let cluster = Cluster { dir, _keeper: keeper };
    install(&cluster, &root);
    cluster
}

fn install(cluster: &Cluster, root: &std::path::Path) {
    let kubectl = |args: &[&str]| {
        let command = Command::new("kubectl").env("KUBECONFIG", cluster.admin()).args(args).output().expect("kubectl");
        assert!(command.status.success(), "{}", String::from_utf8_lossy(&command.stderr));
    };
    let base = root.join("deploy/kustomize/base");
    kubectl(&["apply", "--server-side", "-k", &base.to_string_lossy()]);
    kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
}
