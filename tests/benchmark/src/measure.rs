//! What is measured: one module each.

pub(crate) mod admission;
pub(crate) mod fanout;
pub(crate) mod idle;
pub(crate) mod opening;
pub(crate) mod recall;

use std::time::Instant;

use rejoinder_core::authority::fate::Fate;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::{ConversationId, DeviceId, DocumentId};
use rejoinder_core::wire::{Credential, Keeping, ServerFrame};
use rejoinder_server::{clock, entropy};

use crate::author::Author;
use crate::failure::{Failure, failed};
use crate::link::Client;
use crate::process::Process;
use crate::stage::Stage;

/// Milliseconds since then.
fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

fn new_device() -> DeviceId {
    DeviceId::random(&mut entropy::dice())
}

/// An agent on a device of their own.
async fn agent(server: &Process, stage: &Stage, number: usize) -> Result<Client, Failure> {
    let token = stage.tokens[number % stage.tokens.len()].clone();
    let credential = Credential::Token(token);
    Client::greet(&server.address, credential, new_device(), Keeping::Durable).await
}

/// A new visitor, who begins a conversation with their first message.
async fn visitor(server: &Process, stage: &Stage) -> Result<(Client, Author), Failure> {
    let credential = Credential::Visitor(stage.site);
    let client = Client::greet(&server.address, credential, new_device(), Keeping::Durable).await?;
    let conversation = ConversationId::timed(clock::now(), &mut entropy::dice());
    let document = DocumentId::timeline(conversation);
    let author = Author::new(document, client.participant, Kind::Visitor);
    Ok((client, author))
}

/// Waits until this many operations are accepted; anything else ends the run.
async fn accepted(client: &mut Client, mut operations: usize) -> Result<(), Failure> {
    while operations > 0 {
        if let ServerFrame::Fates { fates, .. } = client.hear().await? {
            for told in &fates {
                let Fate::Accepted { .. } = told.fate else {
                    return failed(format!("an operation got {:?}", told.fate));
                };
            }
            operations -= fates.len();
        }
    }
    Ok(())
}

/// Writes messages in pushes of this many, of which a few are under way at once.
async fn write(
    client: &mut Client,
    author: &mut Author,
    messages: usize,
    push: usize,
    under_way: usize,
) -> Result<(), Failure> {
    let (mut written, mut told) = (0, 0);
    while told < messages {
        while written < messages && written - told + push <= push * under_way {
            let many = push.min(messages - written);
            client.say(&author.write(many)?.push(author.document)).await?;
            written += many;
        }
        let oldest = push.min(messages - told);
        accepted(client, oldest).await?;
        told += oldest;
    }
    Ok(())
}
