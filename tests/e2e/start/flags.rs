//! Every flag is parsed at start: what is wrong ends the start with one sentence.

use std::process::{Command, Output};

use crate::harness::binary;

/// Runs `run` where no API server is.
fn run(flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.arg("run").args(flags).env("KUBECONFIG", "/does/not/exist").envs(variables.iter().copied());
    command.output().expect("the binary")
}

#[test]
fn a_wrong_value_of_a_flag_or_its_variable_ends_the_start_with_one_sentence() {
    for (flag, value, expected) in [
        ("--watch-namespaces", "monitoring,Team_A", "'Team_A' is no name of a namespace"),
        ("--selector", "shard==a=b", "'shard==a=b' is no requirement on labels"),
        ("--selector", "shard in a", "key in (a,b)"),
        ("--allow-endpoint", "https://proxy.example.com/x", "'https://proxy.example.com/x' is no host"),
        ("--admin-address", ":8080", "':8080' is no address"),
        ("--lease-name", "My Lease", "'My Lease' is no name of a Lease"),
        ("--lease-namespace", "a/b", "'a/b' is no name of a namespace"),
        ("--proxy", "socks5://user:secret@proxy:1080", "the scheme 'socks5' is not supported"),
        ("--proxy", "user:secret@proxy", "must be http(s)://"),
        ("--no-proxy", "a.example.com", "there is no proxy without --proxy"),
        ("--ca-file", "/does/not/exist.pem", "the file '/does/not/exist.pem' cannot be read"),
        ("--concurrency", "0", "0 is not in 1..=1024"),
        ("--worker-threads", "0", "0 is not in 1..=256"),
        ("--resource-metrics", "perhaps", "possible values: true, false"),
        ("--log-format", "xml", "possible values: text, json"),
    ] {
        let variable = format!("PING_OPERATOR_{}", flag.trim_start_matches('-').replace('-', "_").to_uppercase());
        for output in [run(&[&format!("{flag}={value}")], &[]), run(&[], &[(&variable, value)])] {
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{flag} {value}: {text}");
            let error = text.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
            assert!(error.contains(flag) && text.contains(expected), "{flag} {value}: {text}");
            assert!(!text.contains("secret"), "{flag}: {text}");
        }
    }
}

#[test]
fn certificates_of_the_system_that_cannot_be_read_are_told_at_start() {
    let output = run(&[], &[("SSL_CERT_FILE", "/does/not/exist.pem")]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("SSL_CERT_FILE: the file '/does/not/exist.pem' cannot be read"), "{text}");
}

#[test]
fn the_help_names_the_variable_of_each_flag_and_no_password() {
    let password = ("PING_OPERATOR_PROXY", "http://user:c4n4ry@proxy");
    let output = Command::new(binary()).args(["run", "--help"]).envs([password]).output();
    let help = String::from_utf8(output.expect("the binary").stdout).expect("text");
    let flags = help.lines().filter_map(|line| line.trim_start().trim_start_matches("-h, ").strip_prefix("--"));
    let names: Vec<_> = flags.map(|flag| flag.split([' ', '=']).next().unwrap_or_default()).collect();
    assert!(names.len() > 12, "{names:?}");
    for name in names.iter().filter(|name| **name != "help") {
        let variable = format!("[env: PING_OPERATOR_{}", name.replace('-', "_").to_uppercase());
        assert!(help.contains(&variable), "{variable}\n{help}");
    }
    assert!(!help.contains("c4n4ry"), "{help}");
}
