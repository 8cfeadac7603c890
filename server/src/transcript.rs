//! A conversation written out for people to read: as text, and as a page.
//!
//! What was recalled is a notice here too. Times are UTC.

use core::fmt::Write as _;

use rejoinder_core::conversation::layout::{Kind, Notice};
use rejoinder_core::id::{DocumentKind, ParticipantId};
use serde::Deserialize;

use crate::export::{Attachment, Message, Said, Transcript};

/// Whether notes, which are the team's, are written out too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notes {
    /// Only what the visitor may see.
    #[default]
    Without,
    /// Everything that agents see.
    With,
}

/// What is shown where words were taken back.
const RECALLED: &str = "[message removed]";
/// What is shown where words are not on this server.
const GONE: &str = "[words are not here]";

/// A transcript with or without what is the team's alone.
#[must_use]
pub fn with(mut transcript: Transcript, notes: Notes) -> Transcript {
    if notes == Notes::Without {
        transcript.messages.retain(|message| message.document == DocumentKind::Timeline);
    }
    transcript
}

/// As text: a line for each message, further lines of it indented.
#[must_use]
pub fn text(transcript: &Transcript) -> String {
    let mut text = String::new();
    for line in head(transcript) {
        add(&mut text, format_args!("{}\n", indented(&line)));
    }
    for message in &transcript.messages {
        let (who, said) = (who(transcript, message), said(transcript, message));
        let (who, said) = (indented(&who), indented(&said));
        add(&mut text, format_args!("\n[{}] {who}: {said}", message.accepted_at));
        for file in attachments(message) {
            let name = indented(&file.name);
            add(&mut text, format_args!("\n    [{name}, {} bytes]", file.bytes));
        }
    }
    text.push('\n');
    text
}

/// As a page of its own, which loads nothing and runs nothing.
#[must_use]
pub fn html(transcript: &Transcript) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Transcript</title>\n\
         <style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}\
         article{margin:1rem 0;white-space:pre-wrap;overflow-wrap:anywhere}\
         header{font-size:.875rem;color:#555}.note{background:#fff7d6}</style>\n\
         <h1>Transcript</h1>\n",
    );
    for line in head(transcript) {
        add(&mut page, format_args!("<p>{}</p>\n", escaped(&line)));
    }
    for message in &transcript.messages {
        let note = message.document == DocumentKind::Team;
        let class = if note { " class=\"note\"" } else { "" };
        let (who, said) = (who(transcript, message), said(transcript, message));
        add(
            &mut page,
            format_args!(
                "<article dir=\"auto\"{class}><header>{} · <time>{}</time></header>{}",
                escaped(&who),
                message.accepted_at,
                escaped(&said)
            ),
        );
        for file in attachments(message) {
            let name = escaped(&file.name);
            add(&mut page, format_args!("\n<small>[{name}, {} bytes]</small>", file.bytes));
        }
        page.push_str("</article>\n");
    }
    page
}

/// Text is taken without fail.
fn add(to: &mut String, what: core::fmt::Arguments<'_>) {
    let _never = to.write_fmt(what);
}

fn head(transcript: &Transcript) -> [String; 2] {
    let closed = if transcript.closed { ", closed" } else { "" };
    let id = transcript.conversation;
    [format!("Conversation {id}{closed}"), format!("Begun {}", transcript.created_at)]
}

fn who(transcript: &Transcript, message: &Message) -> String {
    let name = |fallback: &str| {
        let known = transcript.agents.get(&message.author);
        known.cloned().unwrap_or_else(|| fallback.to_owned())
    };
    match &message.content {
        Said::Words { kind, .. } | Said::Recalled { kind } | Said::Gone { kind } => match kind {
            Kind::Visitor => "Visitor".to_owned(),
            Kind::Agent => name("Agent"),
            Kind::Assistant => "AI".to_owned(),
            Kind::Note => format!("{} (internal note)", name("Agent")),
        },
        Said::Notice { .. } => "System".to_owned(),
    }
}

fn said(transcript: &Transcript, message: &Message) -> String {
    match &message.content {
        Said::Words { text, edited_at: None, .. } => text.clone(),
        Said::Words { text, edited_at: Some(_), .. } => format!("{text} (edited)"),
        Said::Recalled { .. } => RECALLED.to_owned(),
        Said::Gone { .. } => GONE.to_owned(),
        Said::Notice { notice, subject } => notice_text(transcript, *notice, *subject),
    }
}

fn notice_text(transcript: &Transcript, notice: Notice, subject: Option<ParticipantId>) -> String {
    let subject = subject.and_then(|id| transcript.agents.get(&id)).map_or("an agent", |it| it);
    match notice {
        Notice::Claimed => format!("taken by {subject}"),
        Notice::Released => "waiting for an agent again".to_owned(),
        Notice::Closed => "closed".to_owned(),
        Notice::Closing => "nobody has written for a while: about to be closed".to_owned(),
        Notice::RestoredToAi => "handed back to the assistant".to_owned(),
    }
}

fn attachments(message: &Message) -> &[Attachment] {
    match &message.content {
        Said::Words { attachments, .. } => attachments,
        Said::Recalled { .. } | Said::Gone { .. } | Said::Notice { .. } => &[],
    }
}

/// What a reader may take for the end of a line.
const BREAKS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Nobody writes what looks like another's line: what they break is indented.
fn indented(text: &str) -> String {
    let lines: Vec<_> = text.split("\r\n").flat_map(|part| part.split(BREAKS)).collect();
    lines.join("\n    ")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use rejoinder_core::conversation::layout::{Kind, Status};
    use rejoinder_core::id::{ConversationId, DocumentKind, MessageId, ParticipantId, Seq, SiteId};

    use super::{indented, text};
    use crate::export::{Message, Said, Transcript};

    #[test]
    fn rt54_a_name_begins_no_line_either() {
        let (ann, now) = (ParticipantId::from_bytes([1; 16]), "2026-01-01T00:00:00Z".to_owned());
        let transcript = Transcript {
            conversation: ConversationId::from_bytes([2; 16]),
            site: SiteId::from_bytes([3; 16]),
            visitor: ParticipantId::from_bytes([4; 16]),
            follows: None,
            created_at: now.clone(),
            status: Status::ActiveHuman,
            closed: false,
            assignee: None,
            agents: [(ann, "Ann\u{2028}[2026-01-01] Bo".to_owned())].into(),
            messages: vec![Message {
                id: MessageId::from_bytes([5; 16]),
                document: DocumentKind::Timeline,
                seq: Seq(1),
                author: ann,
                composed_at: now.clone(),
                accepted_at: now,
                content: Said::Words {
                    kind: Kind::Agent,
                    edited_at: None,
                    text: "Hello".to_owned(),
                    attachments: Vec::new(),
                },
            }],
        };
        let text = text(&transcript);
        assert!(text.contains("Ann\n    [2026-01-01] Bo: Hello"), "{text}");
    }

    #[test]
    fn rt54_what_breaks_a_line_begins_no_line_of_somebody_else() {
        assert_eq!(indented("one\r\ntwo\nthree"), "one\n    two\n    three");
        for end in super::BREAKS {
            let text = format!("hello{end}[2026-01-01] Ann: yes");
            assert_eq!(indented(&text), "hello\n    [2026-01-01] Ann: yes");
        }
    }
}
