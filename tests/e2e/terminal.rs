//! How the command behaves towards terminals, pipes and impatient people.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ping_emulator::{Emulator, Settings};

use crate::harness::binary;
use crate::harness::wait::{until, within};

/// A manifest with an error in it.
const BROKEN: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: t}, spec: {}}";

/// A file that is named after the test.
fn file(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn colours_are_for_terminals_and_for_who_did_not_refuse_them() {
    let command = format!("{} validate -f {}", binary().display(), file("colours.yaml", BROKEN));
    let on_terminal = |no_color: Option<&str>| {
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).env_remove("NO_COLOR").stdin(Stdio::null());
        printed(&script.envs(no_color.map(|value| ("NO_COLOR", value))).output().expect("script, of every Debian"))
    };
    assert!(on_terminal(None).contains("\u{1b}[31merror\u{1b}[0m"), "{}", on_terminal(None));
    assert!(on_terminal(Some("1")).contains(": error: "), "{}", on_terminal(Some("1")));
    // By the convention an empty value refuses nothing.
    assert!(on_terminal(Some("")).contains("\u{1b}[31m"));
    let piped = Command::new("sh").args(["-c", &command]).env_remove("NO_COLOR").output().expect("a shell");
    assert!(printed(&piped).contains(": error: "), "{}", printed(&piped));
}

#[test]
fn nothing_is_said_when_the_reader_has_read_enough() {
    let many = file("many.yaml", &vec![BROKEN; 3000].join("\n---\n"));
    for arguments in [&["crds"][..], &["completions", "bash"], &["validate", "-f", &many], &["--help"]] {
        let mut child = Command::new(binary())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("its errors").read_to_string(&mut told).expect("text");
        let status = child.wait().expect("its end");
        assert_eq!(told, "", "{arguments:?}");
        assert!(status.code().is_some(), "{arguments:?}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_plan_at_once() {
    let emulator =
        Emulator::start(Settings { answer_latency: 60_000, ..Settings::default() }).await.expect("an emulator");
    let base = format!("http://{}", emulator.address());
    let manifests = file(
        "ctrl-c.yaml",
        &format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: ProviderConfig, metadata: {{name: default}}, spec: {{provider: Pinghome, \
             credentials: {{secretRef: {{name: t, key: token}}}}, endpoints: {{customerQuery: '{base}/customer-query'}}}}}}\n---\n\
             {{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: t}}, spec: {{name: T}}}}"
        ),
    );
    // Whoever runs tests in the background lets them ignore the signal; a person's terminal does not.
    let mut child = Command::new("env")
        .arg("--default-signal=INT")
        .arg(binary())
        .args(["plan", "-f", &manifests, "--token", "default=THE_TOKEN"])
        .args(["--allow-endpoint", &emulator.address().to_string()])
        .env("THE_TOKEN", "token-a")
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary");
    until("it waits for the provider", async || !emulator.journal().is_empty()).await;
    let begun = Instant::now();
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let ended = async || child.try_wait().expect("its state").is_some();
    within(Duration::from_secs(5), "it ends", ended).await;
    eprintln!("[terminal] ended after {} ms", begun.elapsed().as_millis());
}

#[test]
fn there_is_a_manual_page_for_every_subcommand() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    let made = Command::new(binary()).args(["man", "--out-dir"]).arg(&folder).output().expect("the binary");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let help = Command::new(binary()).arg("--help").output().expect("the binary");
    let subcommands: Vec<_> = ["run", "plan", "validate", "export", "crds", "completions"].to_vec();
    for name in subcommands {
        assert!(printed(&help).contains(&format!("\n  {name} ")), "{name}: {}", printed(&help));
        let page = std::fs::read_to_string(folder.join(format!("ping-operator-{name}.1"))).expect("a page");
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
}
