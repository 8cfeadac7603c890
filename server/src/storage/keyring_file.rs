//! A keyring's bytes in a file: positional reads and writes in place, durable after a flush.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rejoinder_core::keyring::Blocks;

/// The file, shared by the keyring, which reads and writes under a lock, and by the writer, which
/// flushes without it: readers of keys never wait for a disk.
#[derive(Clone, Debug)]
pub(crate) struct KeyringFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    unflushed: Mutex<Unflushed>,
    #[cfg(test)]
    fails: std::sync::atomic::AtomicBool,
}

/// What was written since the last flush that succeeded.
#[derive(Debug, Default)]
struct Unflushed {
    ranges: Vec<(u64, usize)>,
    /// A flush failed. The system may take its pages for clean now, so that a second flush alone
    /// would promise what never happens: the ranges are written again first.
    failed: bool,
}

impl KeyringFile {
    /// The keyring's bytes are those of `file`.
    pub(crate) fn new(file: File) -> Self {
        Self(Arc::new(Inner {
            file,
            unflushed: Mutex::default(),
            #[cfg(test)]
            fails: false.into(),
        }))
    }

    /// Makes every write and flush fail, or work again.
    #[cfg(test)]
    pub(crate) fn fail(&self, fails: bool) {
        self.0.fails.store(fails, std::sync::atomic::Ordering::SeqCst);
    }

    fn works(&self) -> io::Result<()> {
        #[cfg(test)]
        if self.0.fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::Error::other("the test wants it to fail"));
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.works()?;
        self.0.file.sync_data()
    }

    fn unflushed(&self) -> MutexGuard<'_, Unflushed> {
        self.0.unflushed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once everything written is on the disk.
    pub(crate) fn settle(&self) -> io::Result<()> {
        let mut unflushed = self.unflushed();
        if unflushed.ranges.is_empty() {
            return Ok(());
        }
        if unflushed.failed {
            for &(offset, bytes) in &unflushed.ranges {
                let mut again = vec![0; bytes];
                self.0.file.read_exact_at(&mut again, offset)?;
                self.0.file.write_all_at(&again, offset)?;
                again.fill(0);
            }
        }
        match self.sync() {
            Ok(()) => {
                *unflushed = Unflushed::default();
                Ok(())
            }
            Err(error) => {
                unflushed.failed = true;
                Err(error)
            }
        }
    }
}

impl Blocks for KeyringFile {
    type Error = io::Error;

    fn len(&mut self) -> io::Result<u64> {
        Ok(self.0.file.metadata()?.len())
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.0.file.read_exact_at(bytes, offset)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // Remembered first: a write that fails half-way has written too.
        self.unflushed().ranges.push((offset, bytes.len()));
        self.works()?;
        self.0.file.write_all_at(bytes, offset)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle()
    }
}

#[cfg(test)]
mod tests {
    use rejoinder_core::dice::Dice;
    use rejoinder_core::id::{DatabaseId, Epoch};
    use rejoinder_core::keyring::{Blocks, Found, Keyring, Owner};
    use rejoinder_core::sealing::SealingKey;

    use super::KeyringFile;

    fn file(folder: &tempfile::TempDir) -> KeyringFile {
        let path = folder.path().join("keyring");
        let mut options = std::fs::File::options();
        options.read(true).write(true).create(true).truncate(false);
        KeyringFile::new(options.open(path).unwrap())
    }

    #[test]
    fn st3_a_keyring_in_a_file_outlives_its_process_and_never_shrinks() {
        let folder = tempfile::tempdir().unwrap();
        let dice = &mut Dice::from_seed([1; 32]);
        let owner = Owner { database: DatabaseId::random(dice), epoch: Epoch::random(dice) };
        let mut ring = Keyring::open(file(&folder), owner).unwrap();
        let (kept, shredded) = (SealingKey::random(dice), SealingKey::random(dice));
        let slots = [ring.put(&kept, dice).unwrap(), ring.put(&shredded, dice).unwrap()];
        ring.flush().unwrap();
        let bytes = file(&folder).len().unwrap();
        ring.shred(slots[1]).unwrap();
        ring.flush().unwrap();
        drop(ring);

        let mut ring = Keyring::open(file(&folder), owner).unwrap();
        assert_eq!(ring.get(slots[0]).unwrap(), Found::Key(kept));
        assert_eq!(ring.get(slots[1]).unwrap(), Found::Erased);
        assert_eq!(file(&folder).len().unwrap(), bytes);
        let on_disk = std::fs::read(folder.path().join("keyring")).unwrap();
        assert!(!on_disk.windows(32).any(|bytes| bytes == shredded.as_bytes()));
    }
}
