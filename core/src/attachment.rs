//! Attachments: which files are taken, and how their bytes are sealed.
//!
//! The bytes of a file are no words of the document: they travel and are kept beside it, sealed
//! under a random key that stands in the [revision](crate::conversation::revision) that describes
//! them, and nowhere else. So whatever erases those words makes the bytes unreadable wherever they
//! are, and nobody has to find them first.

use sha2::{Digest, Sha256};

use crate::conversation::revision::{Attachment, is_file_name};
use crate::dice::Dice;
use crate::id::AttachmentId;
use crate::limits;
use crate::sealing::{self, Sealed, SealingKey};

/// What a type of file is called, how its name may end, and how its bytes begin.
struct Type {
    media_type: &'static str,
    endings: &'static [&'static str],
    begins: Beginning,
}

/// How the bytes of a type of file begin.
enum Beginning {
    /// With one of these.
    Bytes(&'static [&'static [u8]]),
    /// With these, and then others after so many bytes.
    Then(&'static [u8], usize, &'static [&'static [u8]]),
    /// It is text: UTF-8 without NUL.
    Text,
}

/// The files that are taken: what people show each other in a chat, and nothing that a browser or
/// a system runs. SVG and HTML are programs; archives hide what is in them.
const TYPES: [Type; 17] = [
    of("image/png", &["png"], Beginning::Bytes(&[b"\x89PNG\r\n\x1a\n"])),
    of("image/jpeg", &["jpg", "jpeg"], Beginning::Bytes(&[b"\xff\xd8\xff"])),
    of("image/gif", &["gif"], Beginning::Bytes(&[b"GIF87a", b"GIF89a"])),
    of("image/webp", &["webp"], Beginning::Then(b"RIFF", 8, &[b"WEBP"])),
    of("application/pdf", &["pdf"], Beginning::Bytes(&[b"%PDF-"])),
    of("text/plain", &["txt", "log", "md"], Beginning::Text),
    of("text/csv", &["csv"], Beginning::Text),
    of("application/json", &["json"], Beginning::Text),
    of("audio/mpeg", &["mp3"], Beginning::Bytes(&[b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"])),
    of("audio/ogg", &["ogg", "oga", "opus"], Beginning::Bytes(&[b"OggS"])),
    of("audio/wav", &["wav"], Beginning::Then(b"RIFF", 8, &[b"WAVE"])),
    of("video/mp4", &["mp4", "m4v"], Beginning::Then(b"", 4, &[b"ftyp"])),
    of("video/quicktime", &["mov"], Beginning::Then(b"", 4, &[b"ftypqt", b"moov", b"wide"])),
    of("video/webm", &["webm"], Beginning::Bytes(&[b"\x1a\x45\xdf\xa3"])),
    of(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &["docx"],
        Beginning::Bytes(&[b"PK\x03\x04"]),
    ),
    of(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &["xlsx"],
        Beginning::Bytes(&[b"PK\x03\x04"]),
    ),
    of(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &["pptx"],
        Beginning::Bytes(&[b"PK\x03\x04"]),
    ),
];

const fn of(media_type: &'static str, endings: &'static [&'static str], begins: Beginning) -> Type {
    Type { media_type, endings, begins }
}

impl Beginning {
    fn fits(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Bytes(any) => any.iter().any(|some| bytes.starts_with(some)),
            Self::Then(first, at, any) => {
                let then = bytes.get(*at..).unwrap_or_default();
                bytes.starts_with(first) && any.iter().any(|some| then.starts_with(some))
            }
            Self::Text => !bytes.contains(&0) && core::str::from_utf8(bytes).is_ok(),
        }
    }
}

/// A file that is not taken, or bytes that are not those of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More than [`limits::ATTACHMENT_BYTES`].
    #[error("the file is larger than 25 MB: send a link to it, or a smaller one")]
    TooLarge,
    /// Its type is not on the list.
    #[error("files of this type are not taken: send a picture, a PDF, an office document or text")]
    Type,
    /// Its name is empty, too long, not in one line, or does not end as its type does.
    #[error("the file's name does not fit what it is: give it its usual ending")]
    Name,
    /// Its bytes do not begin as its type does.
    #[error("the file is not what its name says: save it again, in the type of its name")]
    Content,
    /// The bytes are not those that the description is of.
    #[error("the file is damaged: it is not the one that was described")]
    Damaged,
}

/// How the names of files that are taken end, as a chooser of files wants to know.
pub fn endings() -> impl Iterator<Item = &'static str> {
    TYPES.iter().flat_map(|it| it.endings).copied()
}

/// Whether a file may be attached.
///
/// # Errors
/// [`AttachmentError`], why not.
pub fn check(name: &str, media_type: &str, bytes: &[u8]) -> Result<(), AttachmentError> {
    if bytes.is_empty() {
        return Err(AttachmentError::Empty);
    }
    if bytes.len() as u64 > limits::ATTACHMENT_BYTES {
        return Err(AttachmentError::TooLarge);
    }
    let known = TYPES.iter().find(|it| it.media_type == media_type);
    let Type { endings, begins, .. } = known.ok_or(AttachmentError::Type)?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let ends = ending.is_some_and(|ending| endings.contains(&ending.as_str()));
    if !ends || !is_file_name(name) {
        return Err(AttachmentError::Name);
    }
    if begins.fits(bytes) { Ok(()) } else { Err(AttachmentError::Content) }
}

/// The type of a file by the ending of its name; a browser may know none, or another.
#[must_use]
pub fn type_of(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    let known = TYPES.iter().find(|it| it.endings.contains(&ending.as_str()));
    known.map(|it| it.media_type)
}

/// Describes a file, with a new id and a new key.
///
/// # Errors
/// [`AttachmentError`], why it may not be attached.
pub fn describe(
    name: &str,
    media_type: &str,
    bytes: &[u8],
    dice: &mut Dice,
) -> Result<Attachment, AttachmentError> {
    check(name, media_type, bytes)?;
    Ok(Attachment {
        id: AttachmentId::random(dice),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: bytes.len() as u64,
        digest: Sha256::digest(bytes).into(),
        key: SealingKey::random(dice),
    })
}

/// Seals an attachment's bytes under the key that stands in its description.
#[must_use]
pub fn seal(attachment: &Attachment, bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    sealing::seal(&attachment.key, Sealed::Attachment { id: attachment.id }, bytes, dice)
}

/// Opens what [`seal`] made, and checks that it is what the description says.
///
/// # Errors
/// [`AttachmentError::Damaged`] when it does not open, or is of another size or other bytes;
/// otherwise why such a file may not be attached.
pub fn open(attachment: &Attachment, sealed: &[u8]) -> Result<Vec<u8>, AttachmentError> {
    let place = Sealed::Attachment { id: attachment.id };
    let bytes = sealing::open(&attachment.key, place, sealed);
    let bytes = bytes.map_err(|_| AttachmentError::Damaged)?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    if bytes.len() as u64 != attachment.bytes || digest != attachment.digest {
        return Err(AttachmentError::Damaged);
    }
    check(&attachment.name, &attachment.media_type, &bytes)?;
    Ok(bytes)
}

/// Bytes that sealing adds: a nonce and a tag.
pub const SEALED_MORE_BYTES: u64 = sealing::MORE_BYTES as u64;

#[cfg(test)]
mod tests {
    use super::{AttachmentError, SEALED_MORE_BYTES, check, describe, open, seal, type_of};
    use crate::dice::Dice;
    use crate::limits;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and pixels";

    #[test]
    fn at1_a_file_is_taken_only_if_name_type_and_bytes_agree() {
        assert_eq!(check("Holiday.PNG", "image/png", PNG), Ok(()));
        assert_eq!(check("a.csv", "text/csv", "größe,1\n".as_bytes()), Ok(()));
        assert_eq!(check("a.mp4", "video/mp4", b"\0\0\0\x18ftypmp42"), Ok(()));
        assert_eq!(check("a.png", "image/png", b""), Err(AttachmentError::Empty));
        assert_eq!(check("a.svg", "image/svg+xml", b"<svg/>"), Err(AttachmentError::Type));
        assert_eq!(check("a.html", "text/html", b"<p>"), Err(AttachmentError::Type));
        assert_eq!(check("a.png", "image/png", b"MZ\x90"), Err(AttachmentError::Content));
        assert_eq!(check("a.txt", "text/plain", b"a\0b"), Err(AttachmentError::Content));
        assert_eq!(check("a.txt", "text/plain", b"\xff\xfe"), Err(AttachmentError::Content));
        for name in ["", "png", "a.exe", "a.png.exe", "a/b.png", "a\\b.png", "a\n.png"] {
            assert_eq!(check(name, "image/png", PNG), Err(AttachmentError::Name), "{name:?}");
        }
        let long = format!("{}.png", "a".repeat(limits::FILE_NAME_CHARACTERS));
        assert_eq!(check(&long, "image/png", PNG), Err(AttachmentError::Name));
        let mut large = PNG.to_vec();
        large.resize(usize::try_from(limits::ATTACHMENT_BYTES).unwrap(), 0);
        assert_eq!(check("a.png", "image/png", &large), Ok(()));
        large.push(0);
        assert_eq!(check("a.png", "image/png", &large), Err(AttachmentError::TooLarge));
        assert_eq!(type_of("Holiday.JPG"), Some("image/jpeg"));
        assert_eq!(type_of("page.html"), None);
    }

    #[test]
    fn at2_an_attachment_opens_under_the_key_of_its_description_only() {
        let dice = &mut Dice::from_seed([1; 32]);
        let attachment = describe("a.png", "image/png", PNG, dice).unwrap();
        let sealed = seal(&attachment, PNG, dice);
        assert_eq!(sealed.len() as u64, PNG.len() as u64 + SEALED_MORE_BYTES);
        assert_eq!(open(&attachment, &sealed).as_deref(), Ok(PNG));
        let other = describe("a.png", "image/png", PNG, dice).unwrap();
        assert_eq!(open(&other, &sealed), Err(AttachmentError::Damaged));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(open(&attachment, &damaged), Err(AttachmentError::Damaged));
        }
        // Whoever describes one file and seals another under its key.
        let swapped = seal(&attachment, b"\x89PNG\r\n\x1a\n or others", dice);
        assert_eq!(open(&attachment, &swapped), Err(AttachmentError::Damaged));
        assert!(!format!("{attachment:?}").contains(&format!("{:?}", attachment.key.as_bytes())));
    }
}
