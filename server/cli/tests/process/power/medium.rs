//! A medium below a file system: what is surely on it, what the system still holds, and what a
//! power cut may leave of both.
//!
//! Nothing is promised of what was not synced, neither that it is there nor in which order it came:
//! a write may be there as a whole, in some of its sectors, or not at all; the length of a file and
//! the names in a folder likewise. Only a change of a folder's names is there or is not. A file
//! that was synced is missing where the folder that names it was not synced.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use rejoinder_harness::core::dice::Dice;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A file or a folder, whatever its name.
pub(crate) type Node = u64;

/// The uppermost folder.
pub(crate) const ROOT: Node = 1;

/// Something that a process did, in the order in which it was done.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A file came to be.
    File { node: Node, folder: Node, name: OsString },
    /// A folder came to be.
    Folder { node: Node, folder: Node, name: OsString },
    /// Bytes were written.
    Written { file: Node, offset: usize, bytes: Vec<u8> },
    /// A file was cut off or made longer.
    Resized { file: Node, bytes: usize },
    /// A name went.
    Removed { folder: Node, name: OsString },
    /// A name was changed within its folder; one that was there was replaced.
    Renamed { folder: Node, from: OsString, to: OsString },
    /// A file got a name in another folder; one that was there was replaced. Each of the two
    /// folders may have it on the medium before the other.
    Moved { node: Node, from: (Node, OsString), to: (Node, OsString) },
    /// What was done to a file's bytes, or to a folder's names, is on the medium.
    Synced { node: Node },
}

/// What a disk lies about when it says that it is synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    /// The first file that is made under a name.
    Named(&'static str),
    /// Files that are made in a folder of a name.
    In(&'static str),
}

impl Lie {
    /// The files of a record that it is about.
    pub(crate) fn about(self, events: &[Event]) -> BTreeSet<Node> {
        let folder = events.iter().find_map(|event| match (self, event) {
            (Self::In(of), Event::Folder { node, name, .. }) if name == of => Some(*node),
            _ => None,
        });
        let about = |event: &Event| match event {
            Event::File { node, folder: of, name } => {
                let is_named = matches!(self, Self::Named(it) if name == it);
                (is_named || Some(*of) == folder).then_some(*node)
            }
            _ => None,
        };
        let nodes = events.iter().filter_map(about);
        nodes.take(if folder.is_some() { usize::MAX } else { 1 }).collect()
    }
}

/// Files and folders as somebody finds them.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) files: BTreeMap<Node, Vec<u8>>,
    pub(crate) folders: BTreeMap<Node, BTreeMap<OsString, Node>>,
}

impl Image {
    /// Nothing but an empty folder.
    pub(crate) fn empty() -> Self {
        let folders = BTreeMap::from([(ROOT, BTreeMap::new())]);
        Self { files: BTreeMap::new(), folders }
    }

    /// What a name in a folder stands for.
    pub(crate) fn named(&self, folder: Node, name: &OsStr) -> Option<Node> {
        self.folders.get(&folder)?.get(name).copied()
    }

    /// A number that no file or folder has.
    pub(crate) fn next(&self) -> Node {
        let last = |keys: Option<&Node>| keys.copied().unwrap_or(ROOT);
        let (file, folder) = (self.files.keys().last(), self.folders.keys().last());
        last(file).max(last(folder)) + 1
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::File { node, .. } => drop(self.files.insert(*node, Vec::new())),
            Event::Folder { node, .. } => drop(self.folders.insert(*node, BTreeMap::new())),
            Event::Written { file, offset, bytes } => {
                put(self.files.get_mut(file).unwrap(), *offset, bytes);
            }
            Event::Resized { file, bytes } => {
                self.files.get_mut(file).unwrap().resize(*bytes, 0);
            }
            Event::Removed { .. }
            | Event::Renamed { .. }
            | Event::Moved { .. }
            | Event::Synced { .. } => {}
        }
        for (folder, change) in Names::of(event) {
            change.apply(self.folders.get_mut(&folder).unwrap());
        }
    }

    /// What stands below a folder of a real file system.
    pub(crate) fn read(place: &Path) -> Self {
        let mut image = Self::empty();
        image.read_folder(ROOT, place);
        image
    }

    fn read_folder(&mut self, folder: Node, place: &Path) {
        for found in fs::read_dir(place).unwrap().map(Result::unwrap) {
            let (node, name, path) = (self.next(), found.file_name(), found.path());
            if path.is_dir() {
                self.apply(&Event::Folder { node, folder, name });
                self.read_folder(node, &path);
            } else {
                self.apply(&Event::File { node, folder, name });
                self.files.insert(node, fs::read(path).unwrap());
            }
        }
    }

    /// Lays it out below an empty folder of a real file system.
    pub(crate) fn lay(&self, place: &Path) {
        self.lay_folder(ROOT, place);
    }

    fn lay_folder(&self, folder: Node, place: &Path) {
        fs::create_dir(place).unwrap();
        for (name, node) in &self.folders[&folder] {
            match self.files.get(node) {
                Some(bytes) => fs::write(place.join(name), bytes).unwrap(),
                None => self.lay_folder(*node, &place.join(name)),
            }
        }
    }
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

/// A change of the names in a folder.
#[derive(Clone, Debug)]
enum Names {
    Comes(OsString, Node),
    Goes(OsString),
    Moves(OsString, OsString),
}

impl Names {
    /// Which folders' names an event changes, and how.
    fn of(event: &Event) -> Vec<(Node, Self)> {
        match event {
            Event::File { node, folder, name } | Event::Folder { node, folder, name } => {
                vec![(*folder, Self::Comes(name.clone(), *node))]
            }
            Event::Removed { folder, name } => vec![(*folder, Self::Goes(name.clone()))],
            Event::Renamed { folder, from, to } => {
                vec![(*folder, Self::Moves(from.clone(), to.clone()))]
            }
            Event::Moved { node, from, to } => {
                vec![(to.0, Self::Comes(to.1.clone(), *node)), (from.0, Self::Goes(from.1.clone()))]
            }
            Event::Written { .. } | Event::Resized { .. } | Event::Synced { .. } => Vec::new(),
        }
    }

    fn apply(&self, names: &mut BTreeMap<OsString, Node>) {
        match self {
            Self::Comes(name, node) => drop(names.insert(name.clone(), *node)),
            Self::Goes(name) => drop(names.remove(name)),
            // What came under the former name may not have come.
            Self::Moves(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
        }
    }
}

/// A change of a file's bytes.
#[derive(Clone, Debug)]
enum Bytes {
    Written(usize, Vec<u8>),
    Resized(usize),
}

/// How a power cut treats what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Luck {
    /// All of it is there, as when only the process ended.
    All,
    /// None of it is there.
    Nothing,
    /// Of each file and each folder, what was done first.
    Early,
    /// Some changes, whatever their order.
    Some,
    /// Some sectors of some writes, whatever their order.
    Torn,
}

impl Luck {
    pub(crate) const EVERY: [Self; 5] =
        [Self::All, Self::Nothing, Self::Early, Self::Some, Self::Torn];

    /// Which of so many changes are there.
    fn keeps(self, dice: &mut Dice, changes: usize) -> Vec<bool> {
        let early = dice.below(changes as u64 + 1);
        let kept = |at: usize| match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Early => (at as u64) < early,
            Self::Some | Self::Torn => dice.below(2) == 0,
        };
        (0..changes).map(kept).collect()
    }
}

/// What is surely there, and what came after it.
#[derive(Clone, Debug)]
struct Part<S, C> {
    safe: S,
    loose: Vec<C>,
}

impl<S, C> Part<S, C> {
    const fn new(safe: S) -> Self {
        Self { safe, loose: Vec::new() }
    }
}

/// A medium.
#[derive(Clone, Debug)]
pub(crate) struct Medium {
    files: BTreeMap<Node, Part<Vec<u8>, Bytes>>,
    folders: BTreeMap<Node, Part<BTreeMap<OsString, Node>, Names>>,
}

impl Medium {
    /// A medium on which all of this surely is.
    pub(crate) fn with(image: Image) -> Self {
        let files = image.files.into_iter().map(|(node, it)| (node, Part::new(it))).collect();
        let folders = image.folders.into_iter().map(|(node, it)| (node, Part::new(it))).collect();
        Self { files, folders }
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        for (folder, change) in Names::of(event) {
            self.folders.get_mut(&folder).unwrap().loose.push(change);
        }
        match event {
            Event::File { node, .. } => drop(self.files.insert(*node, Part::new(Vec::new()))),
            Event::Folder { node, .. } => {
                self.folders.insert(*node, Part::new(BTreeMap::new()));
            }
            Event::Written { file, offset, bytes } => {
                let change = Bytes::Written(*offset, bytes.clone());
                self.files.get_mut(file).unwrap().loose.push(change);
            }
            Event::Resized { file, bytes } => {
                self.files.get_mut(file).unwrap().loose.push(Bytes::Resized(*bytes));
            }
            Event::Synced { node } => self.sync(*node),
            Event::Removed { .. } | Event::Renamed { .. } | Event::Moved { .. } => {}
        }
    }

    fn sync(&mut self, node: Node) {
        if let Some(file) = self.files.get_mut(&node) {
            for change in file.loose.drain(..) {
                change.apply(&mut file.safe, None);
            }
        } else {
            let folder = self.folders.get_mut(&node).unwrap();
            for change in folder.loose.drain(..) {
                change.apply(&mut folder.safe);
            }
        }
    }

    /// What is found after a power cut.
    pub(crate) fn left(&self, luck: Luck, dice: &mut Dice) -> Image {
        let mut image = Image { files: BTreeMap::new(), folders: BTreeMap::new() };
        for (node, file) in &self.files {
            let mut bytes = file.safe.clone();
            let kept = luck.keeps(dice, file.loose.len());
            for (change, kept) in file.loose.iter().zip(kept) {
                if kept {
                    let torn = if luck == Luck::Torn { Some(&mut *dice) } else { None };
                    change.apply(&mut bytes, torn);
                }
            }
            image.files.insert(*node, bytes);
        }
        for (node, folder) in &self.folders {
            let mut names = folder.safe.clone();
            let kept = luck.keeps(dice, folder.loose.len());
            for (change, _) in folder.loose.iter().zip(kept).filter(|(_, kept)| *kept) {
                change.apply(&mut names);
            }
            image.folders.insert(*node, names);
        }
        image
    }
}

impl Bytes {
    /// Changes a file: all of it, or with dice some sectors.
    fn apply(&self, file: &mut Vec<u8>, mut dice: Option<&mut Dice>) {
        match self {
            Self::Resized(bytes) => file.resize(*bytes, 0),
            Self::Written(offset, bytes) => {
                let mut at = 0;
                while at < bytes.len() {
                    let end = bytes.len().min(at + SECTOR - (offset + at) % SECTOR);
                    if dice.as_mut().is_none_or(|dice| dice.below(2) == 0) {
                        put(file, offset + at, &bytes[at..end]);
                    }
                    at = end;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use rejoinder_harness::core::dice::Dice;

    use super::{Event, Image, Luck, Medium, ROOT, SECTOR};

    /// A file, written to and synced, written to once more, and not synced in its folder.
    fn medium() -> Medium {
        let mut medium = Medium::with(Image::empty());
        let written = |byte| Event::Written { file: 2, offset: 0, bytes: vec![byte; 2 * SECTOR] };
        let made = Event::File { node: 2, folder: ROOT, name: "file".into() };
        for event in [made, written(1), Event::Synced { node: 2 }, written(2)] {
            medium.apply(&event);
        }
        medium
    }

    fn found(image: &Image) -> Option<&[u8]> {
        image.named(ROOT, OsStr::new("file")).map(|node| &*image.files[&node])
    }

    #[test]
    fn st20_a_power_cut_takes_what_was_not_synced_and_nothing_else() {
        let (mut medium, dice) = (medium(), &mut Dice::from_seed([1; 32]));
        assert_eq!(found(&medium.left(Luck::Nothing, dice)), None, "its name was not synced");
        assert_eq!(found(&medium.left(Luck::All, dice)), Some(&[2; 2 * SECTOR][..]));
        medium.apply(&Event::Synced { node: ROOT });
        assert_eq!(found(&medium.left(Luck::Nothing, dice)), Some(&[1; 2 * SECTOR][..]));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let image = medium.left(Luck::Torn, dice);
            let bytes = found(&image).unwrap();
            seen.insert((bytes[0], bytes[SECTOR - 1], bytes[SECTOR], bytes[2 * SECTOR - 1]));
        }
        let all = [(1, 1, 1, 1), (1, 1, 2, 2), (2, 2, 1, 1), (2, 2, 2, 2)];
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
        medium.apply(&Event::Synced { node: 2 });
        for luck in Luck::EVERY {
            assert_eq!(found(&medium.left(luck, dice)), Some(&[2; 2 * SECTOR][..]));
        }
    }

    #[test]
    fn st20_a_file_that_was_moved_is_in_the_folder_that_was_synced_and_perhaps_in_the_other() {
        let (mut medium, dice) = (medium(), &mut Dice::from_seed([1; 32]));
        let folder = Event::Folder { node: 3, folder: ROOT, name: "folder".into() };
        let moved = Event::Moved { node: 2, from: (ROOT, "file".into()), to: (3, "moved".into()) };
        for event in [folder, Event::Synced { node: ROOT }, moved] {
            medium.apply(&event);
        }
        let there = |image: &Image| {
            let moved = image.named(3, OsStr::new("moved")).is_some();
            (image.named(ROOT, OsStr::new("file")).is_some(), moved)
        };
        assert_eq!(there(&medium.left(Luck::Nothing, dice)), (true, false));
        assert_eq!(there(&medium.left(Luck::All, dice)), (false, true));
        medium.apply(&Event::Synced { node: 3 });
        assert_eq!(there(&medium.left(Luck::Nothing, dice)), (true, true));
    }
}
