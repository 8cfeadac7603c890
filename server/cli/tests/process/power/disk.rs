//! A file system that remembers in which order everything came to it, and that can lose its power.
//!
//! It is served by this process (FUSE), so that the server is the real one, with every one of its
//! calls and what it maps into memory.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem,
    FopenFlags, Generation, INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate,
    ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite, Request, TimeOrNow,
    WriteFlags,
};

use super::medium::{Event, Image, Node};

/// How long a sync takes: long enough that who does not wait for it is found out.
const SYNC: Duration = Duration::from_millis(1);

/// Names and sizes change by the kernel's own doing only.
const FOR_EVER: Duration = Duration::from_secs(1 << 20);

/// What came to it.
#[derive(Debug)]
struct Record {
    image: Image,
    events: Vec<Event>,
    off: bool,
}

impl Record {
    fn does(&mut self, event: Event) -> Result<(), Errno> {
        if self.off {
            return Err(Errno::EIO);
        }
        self.image.apply(&event);
        self.events.push(event);
        Ok(())
    }

    fn named(&self, folder: INodeNo, name: &OsStr) -> Result<FileAttr, Errno> {
        let node = self.image.named(folder.0, name).ok_or(Errno::ENOENT)?;
        Ok(self.attributes(node))
    }

    fn attributes(&self, node: Node) -> FileAttr {
        let file = self.image.files.get(&node);
        let size = file.map_or(0, Vec::len) as u64;
        FileAttr {
            ino: INodeNo(node),
            size,
            blocks: size.div_ceil(512),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if file.is_some() { FileType::RegularFile } else { FileType::Directory },
            perm: if file.is_some() { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }

    fn makes(&mut self, event: impl FnOnce(Node) -> Event) -> Result<FileAttr, Errno> {
        let node = self.image.next();
        self.does(event(node))?;
        Ok(self.attributes(node))
    }
}

/// A mounted disk. Dropped, it is unmounted.
#[derive(Debug)]
pub(crate) struct Disk {
    record: Shared,
    session: Option<BackgroundSession>,
}

#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Record>>);

impl Disk {
    /// Mounts a disk on which there is this.
    pub(crate) fn mount(image: Image, place: &Path) -> io::Result<Self> {
        let record = Record { image, events: Vec::new(), off: false };
        let record = Shared(Arc::new(Mutex::new(record)));
        let session = fuser::spawn_mount(record.clone(), place, &Config::default())?;
        Ok(Self { record, session: Some(session) })
    }

    /// How many things were done by now.
    pub(crate) fn events(&self) -> usize {
        self.record.lock().events.len()
    }

    /// Whether what is done comes to the disk.
    pub(crate) fn has_power(&self) -> bool {
        !self.record.lock().off
    }

    /// The power goes: nothing that is done from now on comes to the disk.
    pub(crate) fn loses_power(&self) {
        self.record.lock().off = true;
    }

    /// What was done. The disk is unmounted.
    pub(crate) fn unmount(mut self) -> Vec<Event> {
        self.session.take().unwrap().umount_and_join().unwrap();
        core::mem::take(&mut self.record.lock().events)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap()
    }

    fn sync(&self, node: INodeNo) -> Result<(), Errno> {
        // Nothing else is served meanwhile: what came before is what is synced.
        thread::sleep(SYNC);
        self.lock().does(Event::Synced { node: node.0 })
    }
}

fn answer(reply: ReplyEmpty, done: Result<(), Errno>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn tell(reply: ReplyEntry, found: Result<FileAttr, Errno>) {
    match found {
        Ok(attributes) => reply.entry(&FOR_EVER, &attributes, Generation(0)),
        Err(error) => reply.error(error),
    }
}

impl Filesystem for Shared {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        tell(reply, self.lock().named(parent, name));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&FOR_EVER, &self.lock().attributes(ino.0));
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut record = self.lock();
        let done = size.map_or(Ok(()), |bytes| {
            record.does(Event::Resized { file: ino.0, bytes: bytes as usize })
        });
        match done {
            Ok(()) => reply.attr(&FOR_EVER, &record.attributes(ino.0)),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        let (folder, name) = (parent.0, name.to_owned());
        tell(reply, self.lock().makes(|node| Event::Folder { node, folder, name }));
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let (folder, name) = (parent.0, name.to_owned());
        match self.lock().makes(|node| Event::File { node, folder, name }) {
            Ok(it) => {
                let keeps = FopenFlags::FOPEN_KEEP_CACHE;
                reply.created(&FOR_EVER, &it, Generation(0), FileHandle(0), keeps);
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let event = Event::Removed { folder: parent.0, name: name.to_owned() };
        answer(reply, self.lock().does(event));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let mut record = self.lock();
        let folder = record.image.named(parent.0, name);
        let names = folder.and_then(|folder| record.image.folders.get(&folder));
        if names.is_some_and(|names| !names.is_empty()) {
            return reply.error(Errno::ENOTEMPTY);
        }
        let event = Event::Removed { folder: parent.0, name: name.to_owned() };
        answer(reply, record.does(event));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to, mut record) = (name.to_owned(), newname.to_owned(), self.lock());
        let Some(node) = record.image.named(parent.0, name) else {
            return reply.error(Errno::ENOENT);
        };
        let event = if parent == newparent {
            Event::Renamed { folder: parent.0, from, to }
        } else {
            Event::Moved { node, from: (parent.0, from), to: (newparent.0, to) }
        };
        answer(reply, record.does(event));
    }

    fn open(&self, _: &Request, _ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let record = self.lock();
        let Some(bytes) = record.image.files.get(&ino.0) else { return reply.error(Errno::EISDIR) };
        let start = bytes.len().min(offset as usize);
        reply.data(&bytes[start..bytes.len().min(start + size as usize)]);
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let (offset, bytes) = (offset as usize, data.to_vec());
        match self.lock().does(Event::Written { file: ino.0, offset, bytes }) {
            Ok(()) => reply.written(data.len() as u32),
            Err(error) => reply.error(error),
        }
    }

    /// Nobody asks for it again: a process that serves this and ends with files open on it would
    /// wait for itself.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.error(Errno::ENOSYS);
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        answer(reply, self.sync(ino));
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        answer(reply, self.sync(ino));
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let record = self.lock();
        let Some(names) = record.image.folders.get(&ino.0) else {
            return reply.error(Errno::ENOTDIR);
        };
        for (at, (name, node)) in names.iter().enumerate().skip(offset as usize) {
            let it = record.attributes(*node);
            if reply.add(it.ino, at as u64 + 1, it.kind, name) {
                break;
            }
        }
        reply.ok();
    }
}
