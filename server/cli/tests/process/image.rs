//! A disk of its own: an ext4 file system in a file, of which every byte can be read, those of
//! removed and shortened files too.
#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Bytes of the disk.
const BYTES: u64 = 96 << 20;

/// In the environment of a test that is to mount it: where the image is.
const IMAGE: &str = "DISK_IMAGE";

/// A mounted disk. Dropped, it is unmounted.
///
/// It is seen by this process and those that it starts only, so that nothing stays mounted even
/// where this one is killed.
#[derive(Debug)]
pub(crate) struct Disk {
    image: PathBuf,
    place: PathBuf,
    mounted: bool,
}

impl Disk {
    /// Mounts the disk that this process was started for by [`run_on_a_disk`], if it was: all
    /// temporary files are on it from now on.
    pub(crate) fn mount() -> Option<Self> {
        let image = PathBuf::from(std::env::var_os(IMAGE)?);
        let place = std::env::temp_dir();
        succeeds(&mut mount(&image, &place)).unwrap();
        Some(Self { image, place, mounted: true })
    }

    /// Where it is mounted.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// Every byte that is on it by now.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(&self.image).unwrap()
    }

    /// Writes words to a file, lets them come to the disk, and removes the file: a control, for a
    /// search of the disk to find.
    pub(crate) fn removes_a_file(&self, words: &str) {
        let path = self.place.join("removed");
        fs::write(&path, words).unwrap();
        File::open(&path).unwrap().sync_all().unwrap();
        fs::remove_file(path).unwrap();
    }

    /// Unmounts it: everything is written, and nothing changes any more.
    pub(crate) fn unmount(&mut self) {
        succeeds(Command::new("umount").arg(&self.place)).unwrap();
        self.mounted = false;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: after a failure, something may still be open.
            let _failed = Command::new("umount").arg("--lazy").arg(&self.place).status();
        }
    }
}

/// Runs a test of this program again, where it can mount a disk. Elsewhere it says that it was not
/// run.
pub(crate) fn run_on_a_disk(test: &str) {
    let folder = tempfile::Builder::new().prefix("rejoinder-disk-").tempdir().unwrap();
    let (image, place) = (folder.path().join("image"), folder.path().join("disk"));
    fs::create_dir(&place).unwrap();
    File::create(&image).unwrap().set_len(BYTES).unwrap();
    if let Err(why) = is_possible(&image, &place) {
        // Past what the test runner captures: who reads "ok" is to know.
        let _closed = writeln!(std::io::stderr(), "{test} was not run: {why}");
        return;
    }
    let mut command = privately();
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    command.env(IMAGE, &image).env("TMPDIR", &place);
    let done = command.stderr(Stdio::inherit()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    println!("{said}");
    assert!(done.status.success(), "it failed on the disk");
    assert!(said.contains("1 passed"), "there is no test of this name");
}

/// Makes the file system, and mounts it once for a moment.
fn is_possible(image: &Path, place: &Path) -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root mounts disks".to_owned());
    }
    succeeds(Command::new("mkfs.ext4").args(["-q", "-F", "-b", "4096"]).arg(image))?;
    let mount = mount(image, place);
    succeeds(privately().arg(mount.get_program()).args(mount.get_args()))
}

/// A command before another, whose mounts nobody else sees and which end with it.
fn privately() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    command
}

/// A mount that leaves blocks that are freed as they are, as disks do by themselves.
fn mount(image: &Path, place: &Path) -> Command {
    let mut command = Command::new("mount");
    command.args(["-o", "loop,nodiscard"]).arg(image).arg(place);
    command
}

fn succeeds(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| format!("{name}: {error}"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    if done.status.success() { Ok(()) } else { Err(format!("{name}: {}", said.trim())) }
}
