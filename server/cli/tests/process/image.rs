//! A disk of its own: an ext4 file system in a file, of which every byte can be read, those of
//! removed and shortened files too.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::private::{not_run, privately, run_again, succeeds};

/// Bytes of the disk.
const BYTES: u64 = 96 << 20;

/// Where it is in memory, so that no real disk is waited for.
const MEMORY: &str = "/dev/shm";

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
    let (folder, image) = room();
    let place = folder.path().join("disk");
    fs::create_dir(&place).unwrap();
    match is_possible(&image, &place) {
        Ok(()) => run_again(test, &place, (IMAGE, image.as_os_str())),
        Err(why) => not_run(test, &why),
    }
}

/// A folder with room for the image: in memory where that is large enough.
fn room() -> (TempDir, PathBuf) {
    let folder =
        |place: &Path| tempfile::Builder::new().prefix("rejoinder-disk-").tempdir_in(place);
    if let Ok(memory) = folder(Path::new(MEMORY)) {
        let image = memory.path().join("image");
        let mut reserve = Command::new("fallocate");
        reserve.arg("--length").arg(BYTES.to_string()).arg(&image);
        if succeeds(&mut reserve).is_ok() {
            return (memory, image);
        }
    }
    let folder = folder(&std::env::temp_dir()).unwrap();
    let image = folder.path().join("image");
    File::create(&image).unwrap().set_len(BYTES).unwrap();
    (folder, image)
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

/// A mount that leaves blocks that are freed as they are, as disks do by themselves.
fn mount(image: &Path, place: &Path) -> Command {
    let mut command = Command::new("mount");
    command.args(["-o", "loop,nodiscard"]).arg(image).arg(place);
    command
}
