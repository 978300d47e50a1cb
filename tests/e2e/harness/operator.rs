//! The operator as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use super::wait::until;

/// The ports of admin servers. Linux gives none of them to whoever asks for any port, so none is taken between the look and the start.
const PORTS: std::ops::Range<u16> = 10_000..20_000;

/// The operator's binary: `OPERATOR=…`, such as that of a release, or the one that was built with the tests.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("OPERATOR").map_or_else(|| env!("CARGO_BIN_EXE_ping-operator").into(), PathBuf::from)
}

/// A running operator. It is killed when this is dropped.
pub(crate) struct Operator {
    child: Child,
    log: std::path::PathBuf,
    admin: String,
}

impl Operator {
    /// Starts the binary and waits until it is ready.
    #[allow(dead_code, reason = "the bench only measures")]
    pub(crate) async fn start(kubeconfig: &Path, namespace: &str, flags: &[String], env: &[(&str, &str)]) -> Self {
        let operator = Self::spawn(kubeconfig, namespace, flags, env);
        operator.ready().await;
        operator
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&self) {
        until("the operator is ready", async || self.get("/readyz").await.is_some_and(|(code, _)| code == 200)).await;
    }

    /// Starts the binary.
    pub(crate) fn spawn(kubeconfig: &Path, namespace: &str, flags: &[String], env: &[(&str, &str)]) -> Self {
        let port = free_port();
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("operator-{namespace}-{port}.log"));
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let child = Command::new(binary())
            .args(["run", "--watch-namespaces", namespace, "--admin-address", &format!("127.0.0.1:{port}")])
            .args(flags)
            .env("KUBECONFIG", kubeconfig)
            .env("RUST_LOG", "info")
            // As after the restart of a container: nobody waits for the writes of the process before.
            .env("POD_NAME", format!("pod-{}", namespace.replace(',', "-")))
            .envs(image_env())
            .envs(env.iter().copied())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the operator's binary");
        Self { child, log, admin: format!("127.0.0.1:{port}") }
    }

    /// What the admin server answers: status and body.
    pub(crate) async fn get(&self, path: &str) -> Option<(u16, String)> {
        self.get_as(path, "*/*").await
    }

    /// What the admin server answers to a client that accepts these media types.
    pub(crate) async fn get_as(&self, path: &str, accept: &str) -> Option<(u16, String)> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(&self.admin).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let code = answer.split(' ').nth(1)?.parse().ok()?;
        Some((code, answer))
    }

    /// Everything that it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process, for measuring.
    #[allow(dead_code, reason = "the bench measures")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    #[allow(dead_code, reason = "the bench only measures")]
    pub(crate) fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Its exit status, if it has ended by itself.
    #[allow(dead_code, reason = "the bench only measures")]
    pub(crate) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().expect("its state")
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> std::process::ExitStatus {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        assert!(asked.success());
        until("the operator has ended", async || matches!(self.child.try_wait(), Ok(Some(_)))).await;
        self.child.wait().expect("its exit status")
    }
}

/// The variables that the image sets.
fn image_env() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("../../../Dockerfile").lines();
    let set = lines.filter_map(|line| line.strip_prefix("ENV ")).flat_map(str::split_whitespace);
    set.map(|pair| pair.split_once('=').expect("NAME=value"))
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that no other operator of this process has had. Another process begins elsewhere.
fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let many = u32::from(PORTS.end - PORTS.start);
    loop {
        let number = std::process::id().wrapping_mul(101).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed).into());
        let port = PORTS.start + u16::try_from(number % many).expect("it is below their number");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
