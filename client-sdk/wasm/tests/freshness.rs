//! What a client calls up to date.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId, Epoch, ParticipantId, Seq};
use rejoinder_core::keyring::MemoryBlocks;
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, Keeping, Limits, ServerFrame, Welcome};
use rejoinder_wasm::engine::{Engine, Step};
use rejoinder_wasm::rows::Words;
use rejoinder_wasm::show::Freshness;

const CHAT: ConversationId = ConversationId::from_bytes([7; 16]);
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

type Client = Engine<MemoryBlocks>;

fn done(client: &mut Client, step: Step) {
    client.committed(step.batch).unwrap();
}

/// Somebody who has just been welcomed for the first time, and looks at a conversation.
fn looks(role: Role) -> Client {
    let (blocks, dice) = (MemoryBlocks::default(), Dice::from_seed([1; 32]));
    let (mut client, step) =
        Engine::open(Vec::new(), BTreeMap::new(), blocks, Words::All, Keeping::Memory, dice)
            .unwrap();
    done(&mut client, step);
    client.trying(NOW);
    let step = client.connected(Some(Credential::Token("t".to_owned())), NOW).unwrap();
    done(&mut client, step);
    let welcome = Welcome {
        epoch: Epoch::from_bytes([2; 16]),
        principal: Principal::new(ParticipantId::from_bytes([3; 16]), role),
        site: None,
        limits: Limits::default(),
        time: NOW,
        token: Some("t".to_owned()),
        cursor: 0,
        erasures: Vec::new(),
        scope: 5,
    };
    let step = client.frame(ServerFrame::Welcome(Box::new(welcome)), NOW).unwrap();
    done(&mut client, step);
    for document in client.missing(CHAT) {
        let step = client.load(document, Vec::new(), NOW).unwrap();
        done(&mut client, step);
    }
    client
}

fn freshness(client: &Client) -> Freshness {
    client.conversation(CHAT, NOW).unwrap().freshness
}

#[test]
fn ui1_what_has_not_come_yet_is_not_shown_to_an_agent_as_empty() {
    let mut client = looks(Role::Agent(AgentRole::Agent));
    assert_eq!(freshness(&client), Freshness::Checking);
    let last = Seq::START;
    for document in [DocumentId::timeline(CHAT), DocumentId::team(CHAT)] {
        assert_eq!(freshness(&client), Freshness::Checking, "before {document}");
        let entries = ServerFrame::Entries { document, entries: Vec::new(), last };
        let step = client.frame(entries, NOW).unwrap();
        done(&mut client, step);
    }
    assert_eq!(freshness(&client), Freshness::Live);
}

#[test]
fn ui1_what_a_visitor_begins_is_up_to_date_from_its_beginning() {
    assert_eq!(freshness(&looks(Role::Visitor)), Freshness::Live);
}
