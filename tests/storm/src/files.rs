//! Files of notes: sent over REST by the devices that described them, again until they are taken.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rejoinder_core::attachment::{describe, seal};
use rejoinder_core::conversation::revision::Attachment;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, MessageId};
use rejoinder_core::session::client::Session;
use rejoinder_harness::Light;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use crate::cast::SERVER;

/// How long sending a file may take, and how long is waited until it is tried again.
const PATIENT: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(400);

/// Where a file goes, and its sealed bytes.
type Waiting = (String, Vec<u8>);

/// Files that wait, of one device. A clone is the same.
#[derive(Clone, Default)]
pub(crate) struct Files(Arc<Mutex<VecDeque<Waiting>>>);

/// A file with some words in it, and its sealed bytes.
pub(crate) fn make(text: &str, dice: &mut Dice) -> (Attachment, Vec<u8>) {
    let file = describe("list.txt", "text/plain", text.as_bytes(), dice).unwrap();
    let sealed = seal(&file, text.as_bytes(), dice);
    (file, sealed)
}

impl Files {
    /// A file of a note is to be sent.
    pub(crate) fn add(
        &self,
        chat: ConversationId,
        note: MessageId,
        file: &Attachment,
        sealed: Vec<u8>,
    ) {
        let path = format!("/api/v1/attachments/{chat}/team/{note}/{}", file.id);
        self.0.lock().unwrap().push_back((path, sealed));
    }

    /// Sends what waits, until this is dropped.
    pub(crate) async fn go(self, light: Light) {
        loop {
            sleep(AGAIN).await;
            let Some((path, sealed)) = self.0.lock().unwrap().front().cloned() else { continue };
            let token = light.sees(|s: &Session| s.identity().map(|it| it.token.clone()));
            let Some(token) = token else { continue };
            // Taken, or gone with its note.
            let done = [204, 410];
            let sent = timeout(PATIENT, put(&path, &token, &sealed)).await;
            let done = sent.is_ok_and(|status| status.is_ok_and(|status| done.contains(&status)));
            let mut waiting = self.0.lock().unwrap();
            let tried = waiting.pop_front().filter(|_| !done);
            waiting.extend(tried);
        }
    }
}

async fn put(path: &str, token: &str, sealed: &[u8]) -> io::Result<u16> {
    let mut stream = TcpStream::connect(SERVER).await?;
    let length = sealed.len();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: server\r\nConnection: close\r\nAuthorization: Bearer {token}\
         \r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(sealed).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
