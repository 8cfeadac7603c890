//! `rejoinder`, the one binary: it serves, and it looks after what a server keeps.
//!
//! Exit status: 0 when it was done, 1 when not, 2 when it was asked for in a wrong way. What was
//! asked for goes to standard output, everything else to standard error.

mod agent;
mod apps;
mod backup;
mod data;
mod demo;
mod export;
mod fill;
mod init;
mod participant;
mod password;
mod print;
mod serve;
mod site;
mod tour;
mod verify;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Why a command was not carried out. Its text says what was wrong and what to do; its sources, if
/// any, what is behind that.
type Failure = Box<dyn Error>;

/// Live chat that works offline and takes words back.
#[derive(Parser)]
#[command(name = "rejoinder", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a data folder with its first owner and its first site.
    Init(init::Args),
    /// Serve conversations, until interrupted.
    Serve(Box<serve::Args>),
    /// Make a data folder full of conversations, to look at and to measure.
    Demo(fill::Args),
    /// Play a chat between real processes, with everything that is hard about it.
    Tour(tour::Args),
    /// A client that is driven by JSON lines on standard input.
    #[command(hide = true)]
    Participant(participant::Args),
    /// Add, show, change and disable agents. Works while a server runs.
    #[command(subcommand)]
    Agent(agent::Command),
    /// Add, show and set up sites. Works while a server runs.
    #[command(subcommand)]
    Site(site::Command),
    /// Write a conversation out: its Automerge documents, and its words as JSON. While no server
    /// runs.
    Export(export::Args),
    /// Copy what a data folder holds. Works while a server runs.
    Backup(backup::BackupArgs),
    /// Put a backup in place. What was recalled since stays recalled. While no server runs.
    Restore(backup::RestoreArgs),
    /// Read everything again and say what is damaged, and where. Works while a server runs.
    Verify(verify::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Nobody may be there to read it.
            let _closed = usage.print();
            return u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let done = match cli.command {
        Command::Init(args) => init::run(args),
        Command::Serve(args) => serve::run(*args),
        Command::Demo(args) => fill::run(&args),
        Command::Tour(args) => tour::run(&args),
        Command::Participant(args) => participant::run(args),
        Command::Agent(command) => agent::run(command),
        Command::Site(command) => site::run(command),
        Command::Export(args) => export::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Verify(args) => verify::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::failure(failure.as_ref());
            ExitCode::FAILURE
        }
    }
}
