//! `rejoinder backup` and `rejoinder restore`.

use std::path::PathBuf;

use rejoinder_server::attachments::Attachments;
use rejoinder_server::directory::{self, Present, RestoredDirectory};
use rejoinder_server::storage::sqlite::{self, RestoredKeys};
use serde::Serialize;

use crate::data::DataArgs;
use crate::{Failure, print};

#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The folder to put the copies into; it must hold none yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Also copy the keyring, to this file. Without it a restore takes the keys that the data
    /// folder has by then, and if that is lost, the words are lost.
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The folder that the backup is in.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The copy of the keyring. Without it the keys that the data folder has are used.
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// Also take the backup's directory when the data folder has a sound one: agents disabled and
    /// tokens revoked since the backup are then let in again.
    #[arg(long)]
    replace_directory: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct BackedUp {
    database: String,
    directory: String,
    keyring: Option<String>,
}

#[derive(Serialize)]
struct Restored {
    epoch: String,
    keys: &'static str,
    directory: &'static str,
}

/// Copies what a data folder holds, while it is served or not.
pub(crate) fn backup(args: &BackupArgs) -> Result<(), Failure> {
    let folder = args.data.folder()?;
    let directory = args.data.directory()?;
    let target = args.to.join(directory::FILE);
    let begun = sqlite::begin_backup(&folder, &args.to, args.keyring.as_deref())?;
    let failed = |what: &str, error: &dyn std::error::Error| {
        format!("{what} cannot be copied to {}, no backup was made: {error}", args.to.display())
    };
    if target.exists() {
        if !begun.takes_over() {
            let target = target.display();
            return Err(format!("{target} is there already: choose another place").into());
        }
        // Of a backup that was cut off.
        std::fs::remove_file(&target).map_err(|error| failed("the directory", &error))?;
    }
    // After the database: what its words describe and was received is there by now.
    Attachments::copy(&folder, &args.to).map_err(|error| failed("attachments", &error))?;
    // After the database: a visitor who has a conversation in it is in the directory by now.
    directory.backup(&target).map_err(|error| failed("the directory", &error))?;
    // Last: whatever is cut off before is no backup.
    let made = begun.finish()?;
    if made.keyring.is_some() {
        print::note(
            "the copy of the keyring brings words that are recalled from now on back to whoever \
             also has a database of today or before: keep it apart from every backup, and only \
             until the next one",
        );
    } else {
        print::note(
            "without --keyring the words of this backup need the keyring of the data folder: if \
             that is lost, they are lost",
        );
    }
    let show = |path: PathBuf| path.display().to_string();
    let made = BackedUp {
        database: show(made.database),
        directory: show(target),
        keyring: made.keyring.map(show),
    };
    if args.json {
        return print::json(&made);
    }
    print::line(format_args!("database   {}", made.database))?;
    print::line(format_args!("directory  {}", made.directory))?;
    if let Some(keyring) = made.keyring {
        print::line(format_args!("keyring    {keyring}"))?;
    }
    Ok(())
}

/// Puts a backup in place of what a data folder holds. What was recalled stays recalled.
pub(crate) fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let folder = args.data.folder()?;
    let restored = sqlite::restore(&args.from, args.keyring.as_deref(), &folder)?;
    Attachments::copy(&args.from, &folder).map_err(|error| {
        format!("conversations are restored, but not all attachments: {error}: restore once more")
    })?;
    let present = if args.replace_directory { Present::Goes } else { Present::Stays };
    let directory = directory::restore(&args.from, &folder, present).map_err(|error| {
        format!("conversations are restored, but not the directory: {error}: restore once more")
    })?;
    let keys = match restored.keys {
        RestoredKeys::Given => "given",
        RestoredKeys::Kept => "kept",
        RestoredKeys::None => {
            print::note(
                "there is no keyring: the words of the backup are gone, and come back only from \
                 devices that still hold them",
            );
            "none"
        }
    };
    let directory = match directory {
        RestoredDirectory::Kept => "kept",
        RestoredDirectory::Taken => {
            print::note(
                "the directory is the backup's: agents disabled and people logged out since are \
                 let in again: see `rejoinder agent list`",
            );
            "taken"
        }
        RestoredDirectory::None => {
            print::note("the backup has no directory: run `rejoinder init` to log in");
            "none"
        }
    };
    let restored = Restored { epoch: restored.epoch.to_string(), keys, directory };
    if args.json {
        return print::json(&restored);
    }
    print::line(format_args!("epoch      {}", restored.epoch))?;
    print::line(format_args!("keys       {}", restored.keys))?;
    print::line(format_args!("directory  {}", restored.directory))?;
    Ok(())
}
