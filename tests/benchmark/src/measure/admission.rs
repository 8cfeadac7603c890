//! Composing and admitting one operation, without any input or output.

use std::time::Instant;

use rejoinder_core::authority::elsewhere::Elsewhere;
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting};
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::{ConversationId, DocumentId, DocumentKind, ParticipantId};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_server::{clock, entropy};

use crate::author::{Author, Letters};
use crate::failure::{Failure, failed};
use crate::report::{Report, Target, median};

const MESSAGES: usize = 1_000;
const BATCH: usize = 64;
const ROUNDS: usize = 60;

pub(crate) fn run(report: &mut Report) -> Result<(), Failure> {
    let dice = &mut entropy::dice();
    let visitor = Principal::new(ParticipantId::random(dice), Role::Visitor);
    let conversation = ConversationId::timed(clock::now(), dice);
    let document = DocumentId::timeline(conversation);
    let mut author = Author::new(document, visitor.participant, Kind::Visitor);
    let mut authority = Authority::load(conversation, visitor.participant, &Rows::default(), dice)?;
    let (policy, elsewhere) = (Policy::default(), Elsewhere::NOTHING);
    let mut admit = |authority: &mut Authority, letters: &Letters| {
        let now = clock::now();
        let setting = Setting { principal: &visitor, policy: &policy, elsewhere, now };
        let Letters { submissions, revisions } = letters;
        let push = Push { kind: DocumentKind::Timeline, submissions, revisions };
        let mut admission = Admission::default();
        let fates = authority.admit(&mut admission, push, setting, dice);
        let all = fates.iter().all(|told| matches!(told.fate, Fate::Accepted { .. }));
        if all { Ok(admission) } else { failed::<Admission>("an operation was not accepted") }
    };
    let mut rows = Rows::default();
    for _ in 0..MESSAGES / BATCH {
        let admission = admit(&mut authority, &author.write(BATCH)?)?;
        rows.rows.extend(admission.rows);
        rows.actors.extend(admission.actors);
    }
    // From here on every round starts where a server that has just loaded the log would.
    let (mut composing, mut admitting) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut authority =
            Authority::load(conversation, visitor.participant, &rows, &mut entropy::dice())?;
        let mut session = author.again();
        let begun = Instant::now();
        let letters = session.write(BATCH)?;
        composing.push(begun.elapsed().as_secs_f64() * 1e6 / 64.0);
        let begun = Instant::now();
        admit(&mut authority, &letters)?;
        admitting.push(begun.elapsed().as_secs_f64() * 1e6 / 64.0);
    }
    let (composing, admitting) = (median(&mut composing), median(&mut admitting));
    report.tell("compose one message, with its commitment", "us", composing, None);
    report.tell("admit it, in a batch of 64 at 1,000 messages", "us", admitting, None);
    let target = Target::AtMost(50.0);
    report.check("compose and admit one operation", "us", target, composing + admitting, None);
    Ok(())
}
