//! The emulator as a program, for the demo.

use std::net::SocketAddr;

use clap::Parser;
use ping_emulator::{Emulator, Settings};

/// Both provider APIs on one port. Switches, faults and the journal are below /control.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Switches as JSON, such as '{"readLag": 500}'.
    #[arg(long, default_value = "{}")]
    settings: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let settings: Settings = serde_json::from_str(&args.settings)?;
    let emulator = Emulator::start_on(args.listen, settings).await?;
    println!("{}", emulator.address());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
