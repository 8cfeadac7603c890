//! `rejoinder demo`: a data folder full of conversations, to look at and to measure.
//!
//! Nothing is written past the parts that decide and keep: visitors come by the directory,
//! operations are composed as clients compose them and judged by an authority each, at the moments
//! of the past when they are to have happened, and storage appends what it admits.

mod cast;
mod chat;
mod plot;

use std::time::Instant;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, TicketId};
use rejoinder_core::principal::Principal;
use rejoinder_core::time::Timestamp;
use rejoinder_server::directory::{Directory, Rates, Ticket, TicketPriority, TicketStatus};
use rejoinder_server::storage::sqlite::{Options, Sqlite};
use rejoinder_server::storage::{Batch, Header, Storage};
use rejoinder_server::{clock, entropy};

use self::cast::Cast;
use self::chat::Chat;
use self::plot::{Ending, Parts};
use crate::data::DataArgs;
use crate::{Failure, demo, print};

/// Days over which conversations are spread.
const DAYS: i64 = 30;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Conversations that are appended before it is waited for them.
const AT_ONCE: usize = 128;

/// Messages of the long conversation.
const LONG: u64 = 2_000;

/// How much, and where.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// How many conversations.
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    conversations: u32,
}

/// Fills an empty data folder.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (folder, begun) = (args.data.folder()?, Instant::now());
    let rates = Rates { new_visitors_per_hour: u32::MAX, passwords_per_minute: u32::MAX };
    let directory = Directory::create(&folder, rates)?;
    if !directory.sites()?.is_empty() {
        let folder = folder.display();
        return Err(format!("{folder} is in use already: name another folder with --data").into());
    }
    let storage = Sqlite::open(&Options::new(&folder))?;
    let (now, mut dice) = (clock::now(), entropy::dice());
    let first = demo::begin(&directory)?;
    let cast = cast::fill(&directory, first, now.plus_millis(-(DAYS + 1) * DAY), &mut dice)?;
    let filling = Filling {
        directory: &directory,
        storage: &storage,
        known: vec![Vec::new(); cast.sites.len()],
        cast: &cast,
        dice,
        counted: Counted::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let counted = runtime.block_on(filling.fill(u64::from(args.conversations), now))?;
    drop(storage);
    let (seconds, data) = (begun.elapsed().as_secs_f32(), folder.display());
    print::line(format_args!(
        "{} conversations with {} operations, {} visitors and {} tickets in {seconds:.1} s",
        args.conversations, counted.operations, counted.visitors, counted.tickets,
    ))?;
    print::line(format_args!("serve     rejoinder serve --demo --data {data}"))?;
    print::line(format_args!("log-ins   password: {}", demo::PASSWORD))?;
    for agent in directory.agents()? {
        let (email, name, role) = (agent.email, agent.name, agent.role.name());
        print::line(format_args!("          {email:20} {name:10} {role}"))?;
    }
    Ok(())
}

/// What was made.
#[derive(Default)]
struct Counted {
    operations: usize,
    visitors: usize,
    tickets: usize,
}

/// A conversation to be played.
struct Plan {
    at: Timestamp,
    ending: Ending,
    turns: u64,
}

/// What is appended of a group of conversations, first and after that.
#[derive(Default)]
struct Halves {
    first: Vec<Batch>,
    second: Vec<Batch>,
}

struct Filling<'a> {
    directory: &'a Directory,
    storage: &'a Sqlite,
    cast: &'a Cast,
    dice: Dice,
    /// Visitors of each site who may come again.
    known: Vec<Vec<Principal>>,
    counted: Counted,
}

impl Filling<'_> {
    async fn fill(mut self, conversations: u64, now: Timestamp) -> Result<Counted, Failure> {
        for plans in self.plans(conversations, now).chunks(AT_ONCE) {
            let (mut halves, mut tickets) = (Halves::default(), Vec::new());
            for plan in plans {
                let site = usize::from(self.dice.below(3) == 0);
                let visitor = self.visitor(plan, site)?;
                let (header, by) = self.play(plan, site, &visitor, &mut halves)?;
                if self.dice.below(12) == 0 {
                    tickets.push((header, by));
                }
            }
            for half in [halves.first, halves.second] {
                // All are handed over before the first is waited for: they share a commit.
                let appends: Vec<_> =
                    half.into_iter().map(|batch| self.storage.append(batch)).collect();
                for appended in appends {
                    appended.await?;
                }
            }
            for (header, by) in tickets {
                self.ticket(&header, &by)?;
            }
        }
        Ok(self.counted)
    }

    /// When conversations begin and how they end, the oldest first.
    fn plans(&mut self, conversations: u64, now: Timestamp) -> Vec<Plan> {
        let open = (conversations / 25).clamp(1, 240);
        let mut plans: Vec<Plan> = (0..conversations)
            .map(|n| {
                let (long, is_open) = (n == 0, n < open);
                let ending = match n % 4 {
                    _ if !is_open => Ending::Closed,
                    0 => Ending::ActiveHuman,
                    1 => Ending::Waiting,
                    2 => Ending::ActiveAi,
                    _ => Ending::AwaitingOfflineInfo,
                };
                let at = match (long, is_open) {
                    (true, _) => now.plus_millis(-3 * DAY),
                    (false, true) => now.plus_millis(-HOUR - self.within(20 * HOUR)),
                    (false, false) => self.by_day(now),
                };
                let turns = if long { LONG / 2 } else { self.dice.below(6) };
                Plan { at, ending, turns }
            })
            .collect();
        plans.sort_by_key(|plan| plan.at);
        plans
    }

    /// A moment of the last days, seldom at night.
    fn by_day(&mut self, now: Timestamp) -> Timestamp {
        loop {
            let at = now.plus_millis(-3 * HOUR - self.within(DAYS * DAY - 4 * HOUR));
            let hour = at.as_millis().rem_euclid(DAY) / HOUR;
            if (7..20).contains(&hour) || self.dice.below(8) == 0 {
                return at;
            }
        }
    }

    fn within(&mut self, millis: i64) -> i64 {
        i64::try_from(self.dice.below(millis.unsigned_abs())).unwrap_or_default()
    }

    /// Who comes: somebody who was there before, or somebody new.
    fn visitor(&mut self, plan: &Plan, site: usize) -> Result<Principal, Failure> {
        let closed = plan.ending == Ending::Closed;
        let known = &self.known[site];
        if closed && !known.is_empty() && self.dice.below(3) > 0 {
            let one = usize::try_from(self.dice.below(known.len() as u64)).unwrap_or_default();
            return Ok(known[one].clone());
        }
        let of = self.cast.sites[site].id;
        let visitor = cast::visitor(self.directory, of, plan.at, &mut self.dice)?;
        self.counted.visitors += 1;
        if closed {
            self.known[site].push(visitor.clone());
        }
        Ok(visitor)
    }

    /// Plays a conversation, and says which it was and who had it.
    fn play(
        &mut self,
        plan: &Plan,
        site: usize,
        visitor: &Principal,
        halves: &mut Halves,
    ) -> Result<(Header, Principal), Failure> {
        let (cast, dice) = (self.cast, &mut self.dice);
        let header = Header {
            conversation: ConversationId::timed(plan.at, dice),
            site: cast.sites[site].id,
            visitor: visitor.participant,
            follows: None,
            created_at: plan.at,
            gone: false,
        };
        let agent = plot::one_of(&cast.of(site), dice);
        let category = plot::one_of(&cast.categories[site].iter().collect::<Vec<_>>(), dice);
        let category = cast.manager().map(|manager| (manager, *category));
        let parts = Parts {
            visitor,
            agent,
            assistant: &cast.assistant,
            category: category.filter(|_| dice.below(2) == 0),
            turns: plan.turns,
        };
        let mut chat = Chat::begin(header.clone(), cast.sites[site].policy(), dice)?;
        plot::begins(&mut chat, &parts, plan.ending, dice)?;
        let first = chat.batch();
        plot::goes_on(&mut chat, &parts, plan.ending, dice)?;
        let second = chat.batch();
        self.counted.operations += first.admission.rows.len() + second.admission.rows.len();
        halves.first.push(first);
        if !second.admission.is_empty() {
            halves.second.push(second);
        }
        Ok((header, agent.clone()))
    }

    /// A ticket that came of a conversation.
    fn ticket(&mut self, header: &Header, by: &Principal) -> Result<(), Failure> {
        let dice = &mut self.dice;
        let at = header.created_at.plus_millis(20 * MINUTE);
        let status = [TicketStatus::Open, TicketStatus::Pending, TicketStatus::Solved];
        let priority = [TicketPriority::Low, TicketPriority::Medium, TicketPriority::High];
        let subjects = ["Send a replacement", "Check the refund", "Call the customer back"];
        self.directory.put_ticket(Ticket {
            id: TicketId::random(dice),
            site: header.site,
            subject: plot::one_of(&subjects, dice).to_owned(),
            description: String::new(),
            priority: *plot::one_of(&priority.each_ref(), dice),
            status: *plot::one_of(&status.each_ref(), dice),
            assignee: (dice.below(4) > 0).then_some(by.participant),
            conversation: Some(header.conversation),
            created_by: Some(by.participant),
            created_at: at,
            updated_at: at,
            version: 1,
        })?;
        self.counted.tickets += 1;
        Ok(())
    }
}
