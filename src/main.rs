//! The command line: `serve` runs the emulator, everything else talks to one that runs.

mod client;

use std::{io::IsTerminal, process::ExitCode};

use clap::{Parser, Subcommand};
use healthcare_emulator::{
    app::App,
    clock::Clock,
    config::{Config, LogFormat},
    http::audit,
};
use tracing_subscriber::EnvFilter;

/// A local emulator of the DICOM service of Azure Health Data Services.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the emulator.
    Serve(Box<Config>),
    #[command(flatten)]
    Client(client::Command),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// The error with its causes; one that the words before have told already is left out.
#[allow(clippy::print_stderr)] // the last word of a command that failed
fn report(error: &anyhow::Error) {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            told.push_str(if told.is_empty() { "" } else { ": " });
            told.push_str(&cause);
        }
    }
    eprintln!("error: {told}");
}

#[tokio::main]
async fn run(cli: Cli) -> anyhow::Result<()> {
    // TLS to blob stores and databases; fails only if a provider is there already.
    drop(rustls::crypto::ring::default_provider().install_default());
    match cli.command {
        Command::Serve(config) => serve(&config).await,
        Command::Client(command) => client::run(command).await,
    }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    start_logging(config)?;
    let mut stop = Box::pin(stop_signal()?);
    let app = tokio::select! {
        app = App::start(config, Clock::machine()) => app?,
        () = &mut stop => return Ok(()),
    };
    app.serve(stop).await
}

fn start_logging(config: &Config) -> anyhow::Result<()> {
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    if config.audit.is_on() {
        // A quiet log is not meant to lose the audit.
        filter = filter.add_directive(format!("{}=info", audit::TARGET).parse()?);
    }
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_ansi(colours);
    match config.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Resolves at Ctrl-C or SIGTERM. The handlers are in place when this returns.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
