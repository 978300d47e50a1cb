//! Proxies and private CAs, for the providers and for the API server.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::proxy::Proxy;
use crate::harness::world::{TEAM, TOKEN};
use crate::harness::{Operator, Setup, World, binary};

/// Variables of a proxy that does not exist.
const NOWHERE: [(&str, &str); 3] =
    [("HTTP_PROXY", "http://127.0.0.1:9"), ("HTTPS_PROXY", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9")];

/// Starts an operator with more flags and variables.
async fn operator(world: &World, flags: &[&str], variables: &[(&str, &str)]) -> Operator {
    let address = world.emulator.address().to_string();
    let flags: Vec<_> = ["--allow-endpoint", &address].iter().chain(flags).map(ToString::to_string).collect();
    Operator::start(&world.cluster.operator(), &world.namespace, &flags, variables).await
}

async fn unstarted() -> World {
    Setup { is_started: false, ..Setup::default() }.build().await
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_reached_through_the_proxy_that_a_flag_names() {
    let (world, proxy) = (unstarted().await, Proxy::start().await);
    let _operator = operator(&world, &["--proxy", &proxy.url()], &NOWHERE[..1]).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let (asked, made) = (proxy.asked(), world.calls().len());
    assert!(made > 0 && asked.iter().all(|line| line.ends_with(" allowed")), "{asked:?}");
    assert!(asked.iter().any(|line| line.contains(&world.emulator.address().to_string())), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_used_only_if_a_flag_says_so_and_exceptions_go_past_it() {
    let (world, proxy) = (unstarted().await, Proxy::start().await);
    let url = proxy.url();
    let variables = [("HTTP_PROXY", url.as_str())];
    let first = operator(&world, &[], &variables).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    assert_eq!(proxy.asked(), Vec::<String>::new());
    assert!(first.stop().await.success());

    let second = operator(&world, &["--proxy", &url, "--no-proxy", "example.com, 127.0.0.0/8"], &[]).await;
    world.look_again("pingteam/platform").await;
    assert_eq!(proxy.asked(), Vec::<String>::new());
    assert!(second.stop().await.success());

    let _third = operator(&world, &["--proxy-from-environment"], &variables).await;
    world.look_again("pingteam/platform").await;
    assert!(!proxy.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_opens_no_host_that_was_not_allowed() {
    let (world, proxy) = (unstarted().await, Proxy::start().await);
    let flags = ["--proxy", &proxy.url()].map(str::to_owned);
    let _operator = Operator::start(&world.cluster.operator(), &world.namespace, &flags, &[]).await;
    world.says("pingpc/default", "EndpointNotAllowed").await;
    world.says("pingpc/nodeping", "EndpointNotAllowed").await;
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_goes_through_the_proxy_too() {
    let (world, proxy) = (unstarted().await, Proxy::start().await);
    let manifests = format!("{}\n---\n{TEAM}", world.config("default", "Pinghome"));
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("proxied-{}.yaml", world.namespace));
    std::fs::write(&file, manifests).expect("a file of manifests");
    let output = Command::new(binary())
        .args(["plan", "--token", "default=THE_TOKEN", "--proxy", &proxy.url(), "-f"])
        .arg(&file)
        .args(["--allow-endpoint", &world.emulator.address().to_string()])
        .env("THE_TOKEN", TOKEN)
        .output()
        .expect("the binary");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Platform"), "{text}");
    assert!(!proxy.asked().is_empty());
}

/// The API server as it stands in the kubeconfig: it has a certificate of a CA that no system knows.
fn server(world: &World) -> (String, PathBuf) {
    let kubeconfig = std::fs::read_to_string(world.cluster.admin()).expect("a kubeconfig");
    let after = |mark: &str| {
        kubeconfig.split_once(mark).and_then(|(_, rest)| rest.split('"').next()).expect("a quoted value").to_owned()
    };
    (after("server: \""), PathBuf::from(after("certificate-authority: \"")))
}

/// Exports from an API server as if it were a provider. It refuses the token, if it is reached.
fn export(url: &str, flags: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(binary())
        .args([
            "export",
            "--provider",
            "NodePing",
            "--token-env",
            "THE_TOKEN",
            "--endpoint",
            &format!("api={url}/api/v1"),
        ])
        .args(flags)
        .env("THE_TOKEN", "nobody")
        .envs(variables.iter().copied())
        .output()
        .expect("the binary")
}

fn is_reached(output: &Output) -> bool {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{text}");
    eprintln!("[network] {text}");
    !text.contains("no connection")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_ca_is_trusted_by_a_flag_or_by_ssl_cert_file_and_through_a_proxy() {
    let (world, proxy) = (unstarted().await, Proxy::start().await);
    let (url, ca) = server(&world);
    let ca = ca.to_string_lossy().into_owned();
    assert!(!is_reached(&export(&url, &[], &[])));
    assert!(is_reached(&export(&url, &["--ca-file", &ca], &[])));
    assert!(is_reached(&export(&url, &[], &[("SSL_CERT_FILE", &ca)])));
    assert_eq!(proxy.asked(), Vec::<String>::new());
    assert!(is_reached(&export(&url, &["--ca-file", &ca, "--proxy", &proxy.url()], &[])));
    let expected = format!("CONNECT {} allowed", url.trim_start_matches("https://"));
    assert!(proxy.asked().contains(&expected), "{:?}", proxy.asked());
    let refused = proxy.url().replace(":pass@", ":wrong@");
    let output = export(&url, &["--ca-file", &ca, "--proxy", &refused], &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = refused.split('@').next_back().expect("an address");
    assert!(text.contains(&format!("through the proxy {place}: proxy authentication required")), "{text}");
    assert!(!text.contains("wrong") && !output.status.success(), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_is_reached_through_the_proxy_of_the_kubeconfig_or_of_the_environment() {
    let (world, proxy) = (unstarted().await, Proxy::start().await);
    let url = proxy.url();
    let kubeconfig = std::fs::read_to_string(world.cluster.operator()).expect("a kubeconfig");
    let proxied = kubeconfig.replace("cluster: {server:", &format!("cluster: {{proxy-url: \"{url}\", server:"));
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("proxied-{}.kubeconfig", world.namespace));
    std::fs::write(&file, proxied).expect("a kubeconfig");
    let flags = ["--allow-endpoint".to_owned(), world.emulator.address().to_string()];
    let first = Operator::start(&file, &world.namespace, &flags, &[]).await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let (server, _) = server(&world);
    let connect = format!("CONNECT {} allowed", server.trim_start_matches("https://"));
    let asked = proxy.asked();
    assert!(!asked.is_empty() && asked.iter().all(|line| *line == connect), "only the API server: {asked:?}");
    assert!(first.stop().await.success());

    let by_environment = Proxy::start().await;
    let url = by_environment.url();
    let _second = operator(&world, &[], &[("HTTPS_PROXY", &url)]).await;
    world.look_again("pingteam/platform").await;
    assert!(by_environment.asked().contains(&connect), "{:?}", by_environment.asked());
}

#[test]
fn a_kubeconfig_that_is_of_no_use_is_told_without_its_token_and_the_password_of_its_proxy() {
    let kubeconfig = |proxy: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: a, cluster: {{server: \"https://h:1\", proxy-url: \"{proxy}\"}}}}]\n\
             users: [{{name: a, user: {{token: S3CRET{more}}}}}]\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n\
             current-context: a\n"
        )
    };
    for (name, text, expected) in [
        ("socks", kubeconfig("socks5://user:S3CRET@proxy:1080", ""), "the scheme 'socks5' of 'socks5://proxy'"),
        ("schemeless", kubeconfig("user:S3CRET@proxy:1080", ""), "its URL has no scheme: 'proxy'"),
        ("unreadable", kubeconfig("http://user:S3CRET@proxy", ", exec: 7"), "no kubeconfig in YAML at line 4"),
    ] {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("useless-{name}.kubeconfig"));
        std::fs::write(&file, text).expect("a kubeconfig");
        let output = Command::new(binary())
            .args(["run", "--admin-address", "127.0.0.1:0"])
            .env("KUBECONFIG", &file)
            .output()
            .expect("the binary");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(expected) && !text.contains("S3CRET"), "{text}");
    }
}
