//! The emulator as a program, for the demo.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use clap::{Parser, Subcommand};
use ping_emulator::{Emulator, Settings};
use serde_json::Value;

/// Both provider APIs on one port. Switches, faults and the journal are below /control.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM; the address is the first line on stdout.
    Serve {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Switches as JSON, such as '{"readLag": 500}'.
        #[arg(long, default_value = "{}")]
        settings: String,
    },
    /// Print what a running emulator received, one request a line.
    Journal {
        /// Where it listens.
        address: SocketAddr,
        /// Reads, too.
        #[arg(long)]
        reads: bool,
        /// Forget it afterwards.
        #[arg(long)]
        clear: bool,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Args::parse().command {
        Command::Serve { listen, settings } => serve(listen, &settings).await,
        Command::Journal { address, reads, clear } => {
            print(&ask(address, "GET")?, reads);
            if clear {
                ask(address, "DELETE")?;
            }
            Ok(())
        }
    }
}

async fn serve(listen: SocketAddr, settings: &str) -> Result<(), Box<dyn Error>> {
    let settings: Settings = serde_json::from_str(settings)?;
    let emulator = Emulator::start_on(listen, settings).await?;
    println!("{}", emulator.address());
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = term.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}

fn ask(address: SocketAddr, method: &str) -> Result<Value, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "{method} /control/journal HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    Ok(serde_json::from_str(body)?)
}

fn print(journal: &Value, reads: bool) {
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let mut read_count = 0;
    for entry in journal.as_array().into_iter().flatten() {
        let method = text(entry, "method");
        if method == "GET" && !reads {
            read_count += 1;
            continue;
        }
        let pairs = entry["query"].as_array().cloned().unwrap_or_default();
        let query: Vec<_> = pairs
            .iter()
            .map(|pair| format!("{}={}", pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default()))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let body = if entry["body"].is_null() { String::new() } else { entry["body"].to_string() };
        println!(
            "{} {method:<6} {}{}{mark}{} {body}",
            entry["status"],
            text(entry, "host"),
            text(entry, "path"),
            query.join("&")
        );
    }
    if !reads {
        println!("(and {read_count} reads)");
    }
}
