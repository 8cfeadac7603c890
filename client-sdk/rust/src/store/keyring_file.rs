//! The file that a keyring lives in: written in place, flushed, never renamed and never shrunk.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rejoinder_core::keyring::Blocks;

/// A keyring's bytes in a file.
#[derive(Debug)]
pub(super) struct KeyringFile {
    file: File,
    /// Whether it holds nothing but zeros: a file whose first header never came to the disk.
    blank: bool,
    #[cfg(test)]
    broken: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl KeyringFile {
    /// Opens the file, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = private(path)?;
        Ok(Self {
            blank: is_blank(&mut file)?,
            file,
            #[cfg(test)]
            broken: std::sync::Arc::default(),
        })
    }

    /// Whether it never was a keyring: empty, or nothing but zeros.
    pub(super) const fn is_blank(&self) -> bool {
        self.blank
    }

    /// A file that fails to be written while `broken` says so.
    #[cfg(test)]
    pub(super) fn breaking_with(
        self,
        broken: &std::sync::Arc<std::sync::atomic::AtomicBool>,
    ) -> Self {
        Self { broken: broken.clone(), ..self }
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only tests break it"))]
    fn works(&self) -> io::Result<()> {
        #[cfg(test)]
        if self.broken.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

/// Opens a file for reading and writing, or makes one that only its owner may read.
///
/// # Errors
/// What the file system says.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn is_blank(file: &mut File) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    file.seek(SeekFrom::Start(0))?;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(true),
            bytes if chunk[..bytes].iter().any(|&byte| byte != 0) => return Ok(false),
            _ => {}
        }
    }
}

impl Blocks for KeyringFile {
    type Error = io::Error;

    fn len(&mut self) -> io::Result<u64> {
        // A blank file is taken for an empty one, and so is made a keyring in place.
        if self.blank { Ok(0) } else { Ok(self.file.metadata()?.len()) }
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(bytes)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.works()?;
        self.blank = false;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.works()?;
        self.file.sync_data()
    }
}
