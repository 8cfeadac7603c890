//! `rejoinder export`: a conversation, written out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rejoinder_core::id::ConversationId;
use rejoinder_server::export::export;
use rejoinder_server::storage::sqlite::{Options, Sqlite};

use crate::data::DataArgs;
use crate::{Failure, print};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// The conversation.
    conversation: ConversationId,
    /// The folder to write the files into.
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
}

/// Writes the two documents and the transcript, and prints where they are.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let directory = args.data.directory()?;
    let storage = Sqlite::open(&Options::new(args.data.folder()?))?;
    let names = |agents: &_| -> Result<_, Failure> { Ok(directory.agent_names(agents)?) };
    let export = export(&storage, args.conversation, names)?;
    let transcript = serde_json::to_vec_pretty(&export.transcript)?;
    for (ending, bytes) in [
        ("timeline.automerge", &export.timeline),
        ("team.automerge", &export.team),
        ("json", &transcript),
    ] {
        let path = args.to.join(format!("{}.{ending}", args.conversation));
        write(&path, bytes).map_err(|error| {
            format!("{} cannot be written: {error}: choose another folder by --to", path.display())
        })?;
        print::line(path.display())?;
    }
    print::note("these files hold words: what is recalled from now on must be removed by hand");
    Ok(())
}

/// Writes a file that nobody else may read, there whole or not at all. One that is there stays as
/// it is: where it is the same, an export that was cut off goes on.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::read(path) {
        Ok(there) if there == bytes => return Ok(()),
        Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    // Of one that was cut off. What else stands there is nobody's to be written into.
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
