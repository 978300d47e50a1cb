//! A small HTTP proxy: it passes on plain requests and, by CONNECT, anything else; and it counts.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running proxy. It ends when this is dropped.
pub(super) struct Proxy {
    task: JoinHandle<()>,
    address: String,
    /// The first line and the credentials of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Serves on a free loopback port.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let log = Arc::clone(&log);
                tokio::spawn(async move { pass(stream, &log).await });
            }
        });
        Self { task, address, asked }
    }

    /// Its URL, with a user and a password.
    pub(super) fn url(&self) -> String {
        format!("http://user:pass@{}", self.address)
    }

    /// The requests that it was asked for: method, target, and whether the password was right.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `user:pass`.
const PASSWORD: &str = "proxy-authorization: basic dxnlcjpwyxnz";

async fn pass(mut stream: TcpStream, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut words = text.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let may_pass = text.to_lowercase().contains(PASSWORD);
    let line = format!("{method} {target} {}", if may_pass { "allowed" } else { "refused" });
    log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    if !may_pass {
        return stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await.ok();
    }
    let host = target.trim_start_matches("http://").split('/').next()?;
    let mut upstream = TcpStream::connect(host).await.ok()?;
    if method == "CONNECT" {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    } else {
        upstream.write_all(&head).await.ok()?;
    }
    copy_bidirectional(&mut stream, &mut upstream).await.ok().map(drop)
}
