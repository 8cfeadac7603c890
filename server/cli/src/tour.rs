//! `rejoinder tour`: a chat between real processes.

/// Start a server and three clients, play what is hard, and search every file for recalled words.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print a JSON object a line, and a summary as the last one.
    #[arg(long)]
    pub(crate) json: bool,
}
