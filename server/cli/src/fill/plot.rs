//! What happens in a conversation of demo data.

use rejoinder_core::conversation::layout::{Kind, Priority, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::CategoryId;
use rejoinder_core::principal::Principal;

use super::chat::Chat;
use crate::Failure;

pub(super) const FIRST_NAMES: [&str; 12] =
    ["Vera", "Walt", "Noor", "Ida", "Tom", "Lena", "Omar", "Ruth", "Jan", "Mei", "Paul", "Zoe"];
pub(super) const LAST_NAMES: [&str; 10] =
    ["Stone", "Rivera", "Haddad", "Olsen", "Kim", "Baker", "Silva", "Wolf", "Moreau", "Ito"];

const THINGS: [&str; 8] =
    ["parcel", "invoice", "blue jacket", "gift card", "password", "subscription", "lamp", "order"];
const QUESTIONS: [&str; 8] = [
    "Hello, where is my {}?",
    "My {} does not work. What can I do?",
    "Can I still change my {}?",
    "I was charged twice for the {}.",
    "How do I return the {}?",
    "Is the {} back in stock soon?",
    "The {} came damaged, see the box.",
    "I cannot find the {} in my account.",
];
const ANSWERS: [&str; 8] = [
    "Thank you for writing! I am looking at your {} now.",
    "I have found the {}: it is on its way.",
    "I am sorry about that. A new {} goes out today.",
    "You can do that under **Account**, then *Your {}*.",
    "The money for the {} is back on your account within 5 working days.",
    "Could you tell me the number on the {}?",
    "I have asked the warehouse about the {}.",
    "The {} can be returned within 30 days.",
];
const REPLIES: [&str; 8] = [
    "Thanks, that helps.",
    "It says 4711 on the {}.",
    "And when does the {} arrive?",
    "Hm, I still do not see it.",
    "Great, thank you!",
    "Yes, the {} from Monday.",
    "No, it was another {}.",
    "Could somebody call me about the {}?",
];
const NOTES: [&str; 4] = [
    "Asked twice about the {} already.",
    "The warehouse says the {} left on Tuesday.",
    "A regular: be generous with the {}.",
    "Refund for the {} was approved.",
];

/// How a conversation ends, or where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Closed,
    Waiting,
    ActiveHuman,
    ActiveAi,
    AwaitingOfflineInfo,
}

/// Who takes part.
pub(super) struct Parts<'a> {
    pub(super) visitor: &'a Principal,
    pub(super) agent: &'a Principal,
    pub(super) assistant: &'a Principal,
    /// Who says what it is about, and that.
    pub(super) category: Option<(&'a Principal, CategoryId)>,
    /// How often they answer each other.
    pub(super) turns: u64,
}

/// One of several.
pub(super) fn one_of<'a, T: ?Sized>(all: &[&'a T], dice: &mut Dice) -> &'a T {
    let index = usize::try_from(dice.below(all.len() as u64)).unwrap_or_default();
    all[index]
}

fn line(all: &[&str], thing: &str, dice: &mut Dice) -> String {
    one_of(all, dice).replace("{}", thing)
}

/// Happens once in so many times.
fn once_in(times: u64, dice: &mut Dice) -> bool {
    dice.below(times) == 0
}

/// The first half: somebody asks, and unless nobody has come yet they are answered.
pub(super) fn begins(
    chat: &mut Chat,
    parts: &Parts<'_>,
    ending: Ending,
    dice: &mut Dice,
) -> Result<(), Failure> {
    let thing = one_of(&THINGS, dice);
    let asked = chat.says(parts.visitor, Kind::Visitor, &line(&QUESTIONS, thing, dice), dice)?;
    if once_in(4, dice) {
        chat.waits(20_000);
        chat.says(parts.visitor, Kind::Visitor, &line(&REPLIES, thing, dice), dice)?;
    }
    if once_in(30, dice) {
        chat.waits(9_000);
        chat.does(parts.visitor, Operation::Recall { message: asked }, dice)?;
        chat.says(parts.visitor, Kind::Visitor, &line(&QUESTIONS, thing, dice), dice)?;
    }
    if ending == Ending::Waiting {
        return Ok(());
    }
    let agent = parts.agent;
    chat.waits(seconds(15, 600, dice));
    chat.does(agent, Operation::Assign { assignee: Some(agent.participant) }, dice)?;
    chat.waits(seconds(5, 120, dice));
    chat.says(agent, Kind::Agent, &line(&ANSWERS, thing, dice), dice)?;
    for _ in 0..parts.turns {
        chat.waits(seconds(10, 90, dice));
        chat.says(parts.visitor, Kind::Visitor, &line(&REPLIES, thing, dice), dice)?;
        chat.waits(seconds(10, 90, dice));
        chat.says(agent, Kind::Agent, &line(&ANSWERS, thing, dice), dice)?;
    }
    Ok(())
}

/// The second half: slips are mended, and it ends or is handed on.
pub(super) fn goes_on(
    chat: &mut Chat,
    parts: &Parts<'_>,
    ending: Ending,
    dice: &mut Dice,
) -> Result<(), Failure> {
    if ending == Ending::Waiting {
        return Ok(());
    }
    let (agent, thing) = (parts.agent, one_of(&THINGS, dice));
    if once_in(5, dice) {
        chat.says(agent, Kind::Note, &line(&NOTES, thing, dice), dice)?;
    }
    chat.waits(seconds(5, 60, dice));
    let answer = chat.says(agent, Kind::Agent, &line(&ANSWERS, thing, dice), dice)?;
    if once_in(5, dice) {
        chat.waits(15_000);
        chat.edits(agent, answer, &line(&ANSWERS, thing, dice), dice)?;
    } else if once_in(9, dice) {
        chat.waits(15_000);
        chat.does(agent, Operation::Recall { message: answer }, dice)?;
    }
    if once_in(8, dice) {
        let priority = [Priority::Low, Priority::High, Priority::Urgent];
        let one = usize::try_from(dice.below(3)).unwrap_or_default();
        chat.does(agent, Operation::SetPriority { priority: priority[one] }, dice)?;
    }
    if let Some((manager, category)) = parts.category {
        chat.does(manager, Operation::SetCategory { category: Some(category) }, dice)?;
    }
    chat.waits(seconds(20, 900, dice));
    let to = |status| Operation::SetStatus { status };
    match ending {
        Ending::Closed => chat.does(agent, Operation::Close, dice),
        Ending::Waiting | Ending::ActiveHuman => Ok(()),
        Ending::ActiveAi | Ending::AwaitingOfflineInfo => {
            chat.does(agent, to(Status::ActiveAi), dice)?;
            chat.waits(4_000);
            chat.says(parts.assistant, Kind::Assistant, &line(&ANSWERS, thing, dice), dice)?;
            if ending == Ending::ActiveAi {
                return Ok(());
            }
            chat.does(parts.assistant, to(Status::AwaitingOfflineInfo), dice)
        }
    }
}

fn seconds(least: u64, most: u64, dice: &mut Dice) -> i64 {
    let seconds = least + dice.below(most - least);
    i64::try_from(seconds * 1_000).unwrap_or(i64::MAX)
}
