//! Routing, by tables: what each agent is offered, and why not more.
//!
//! A table's scene is one line for each site, agent and waiting conversation.

use std::collections::BTreeMap;

use rejoinder_core::id::{ConversationId, ParticipantId, SiteId};
use rejoinder_core::routing::{
    Agent, Decision, Held, Mode, Patience, Presence, Reason, Site, Sites, Snapshot, Waiting,
    decide, why,
};
use rejoinder_core::time::Timestamp;

const NOW: i64 = 1_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW + seconds * 1_000)
}

/// The id whose bytes are a letter.
fn id(name: &str) -> [u8; 16] {
    [name.as_bytes()[0]; 16]
}

fn agent_id(name: &str) -> ParticipantId {
    ParticipantId::from_bytes(id(name))
}

fn conversation_id(name: &str) -> ConversationId {
    ConversationId::from_bytes(id(name))
}

/// Reads a scene:
/// - `site S automatic|pick_up [off] [ai] [limit:NUMBER]`
/// - `agent A S|all online|offline|away:SECONDS active/limit|- idle:SECONDS`
/// - `chat c S waits:SECONDS [of:A] [held:A:SECONDS] [asked:A,B]`
fn scene(text: &str) -> Snapshot {
    let mut snapshot = Snapshot { now: at(0), ..Snapshot::default() };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ago = |text: &str| at(-text.parse::<i64>().unwrap());
        match words[0] {
            "site" => {
                let mode = if words[2] == "automatic" { Mode::Automatic } else { Mode::PickUp };
                let (human_support, assistant_only) =
                    (!words.contains(&"off"), words.contains(&"ai"));
                let limit = words.iter().find_map(|word| word.strip_prefix("limit:"));
                let limit = limit.map_or(9, |limit| limit.parse().unwrap());
                let site = Site { mode, human_support, assistant_only, limit };
                snapshot.sites.insert(SiteId::from_bytes(id(words[1])), site);
            }
            "agent" => {
                let sites = match words[2] {
                    "all" => Sites::All,
                    some => Sites::Of(
                        some.split(',').map(|site| SiteId::from_bytes(id(site))).collect(),
                    ),
                };
                let presence = match words[3].split_once(':') {
                    Some((_, since)) => Presence::Away { since: ago(since) },
                    None if words[3] == "online" => Presence::Online,
                    None => Presence::Offline,
                };
                let (active, limit) = words[4].split_once('/').unwrap();
                let (active, limit) = (active.parse().unwrap(), limit.parse().ok());
                let idle_since = ago(words[5].strip_prefix("idle:").unwrap());
                let agent = Agent { sites, presence, limit, active, idle_since };
                snapshot.agents.insert(agent_id(words[1]), agent);
            }
            "chat" => {
                let site = SiteId::from_bytes(id(words[2]));
                let since = ago(words[3].strip_prefix("waits:").unwrap());
                let (mut assignee, mut held, mut asked) = (None, None, Vec::new());
                for word in &words[4..] {
                    let parts: Vec<&str> = word.split(':').collect();
                    match parts[0] {
                        "of" => assignee = Some(agent_id(parts[1])),
                        "held" => {
                            let until = at(parts[2].parse().unwrap());
                            held = Some(Held { agent: agent_id(parts[1]), until, opened: false });
                        }
                        _ => asked.extend(parts[1].split(',').map(agent_id)),
                    }
                }
                let asked = asked.into_iter().collect();
                let waiting = Waiting { site, since, assignee, held, asked };
                snapshot.waiting.insert(conversation_id(words[1]), waiting);
            }
            other => panic!("a scene has no {other}"),
        }
    }
    snapshot
}

fn letter(bytes: &[u8; 16]) -> String {
    char::from(bytes[0]).to_string()
}

/// `A:cd B:e`: who is offered what, in the order told.
fn offers(decision: &Decision) -> String {
    let said = decision.offers.iter().map(|(agent, offers)| {
        let told = offers.iter().map(|offer| letter(offer.conversation.as_bytes()));
        format!("{}:{}", letter(agent.as_bytes()), told.collect::<String>())
    });
    said.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(offers(&decide(&scene(text))), *expected, "{text}");
    }
}

#[test]
fn rt40_only_agents_who_could_take_a_chat_are_told_of_it() {
    check(&[
        (
            "site S pick_up
          agent A S online 0/2 idle:0
          agent B S online 1/2 idle:0
          agent C all online 0/1 idle:0
          chat c S waits:9",
            "A:c B:c C:c",
        ),
        (
            "site S pick_up
          agent A S offline 0/2 idle:0
          agent B S away:1 0/2 idle:0
          agent C T online 0/2 idle:0
          agent D S online 2/2 idle:0
          chat c S waits:9",
            "",
        ),
        (
            "site S pick_up off
          agent A S online 0/2 idle:0
          chat c S waits:9",
            "",
        ),
        (
            "site S pick_up ai
          agent A S online 0/2 idle:0
          chat c S waits:9",
            "",
        ),
        (
            "agent A all online 0/2 idle:0
          chat c S waits:9",
            "",
        ),
        (
            "site S pick_up
          site T pick_up off
          agent A S,T online 0/2 idle:0
          chat c S waits:5
          chat d T waits:9
          chat e S waits:8",
            "A:ec",
        ),
        (
            "site S pick_up limit:2
          site T pick_up limit:1
          agent A S,T online 1/- idle:0
          chat c S waits:5
          chat d T waits:9",
            "A:c",
        ),
    ]);
}

#[test]
fn rt41_an_automatic_site_asks_the_least_busy_then_the_longest_idle() {
    check(&[
        (
            "site S automatic
          agent A S online 2/9 idle:900
          agent B S online 1/9 idle:10
          agent C S online 1/9 idle:20
          chat c S waits:9",
            "C:c",
        ),
        // What is offered counts: three chats go to three agents.
        (
            "site S automatic
          agent A S online 0/9 idle:1
          agent B S online 0/9 idle:3
          agent C S online 0/9 idle:2
          chat c S waits:9
          chat d S waits:8
          chat e S waits:7",
            "A:e B:c C:d",
        ),
        // A second one for everybody as busy, in the same order; then the limits are reached.
        (
            "site S automatic
          agent A S online 0/1 idle:9
          agent B S online 0/2 idle:3
          chat c S waits:9
          chat d S waits:8
          chat e S waits:7
          chat f S waits:6",
            "A:c B:de",
        ),
        (
            "site S automatic
          agent A S online 1/9 idle:9
          agent B S online 1/9 idle:9
          chat c S waits:9",
            "A:c",
        ),
    ]);
}

#[test]
fn rt42_what_is_not_opened_in_time_goes_to_the_next_and_then_round_again() {
    check(&[
        (
            "site S automatic
          agent A S online 0/9 idle:9
          agent B S online 5/9 idle:9
          chat c S waits:30 held:A:30 asked:A",
            "A:c",
        ),
        (
            "site S automatic
          agent A S online 0/9 idle:9
          agent B S online 5/9 idle:9
          chat c S waits:60 held:A:0 asked:A",
            "B:c",
        ),
        (
            "site S automatic
          agent A S online 0/9 idle:9
          agent B S online 5/9 idle:9
          chat c S waits:120 held:B:0 asked:A,B",
            "A:c",
        ),
        (
            "site S automatic
          agent A S online 0/9 idle:9
          chat c S waits:60 held:A:0 asked:A",
            "A:c",
        ),
    ]);
    let patience = Patience::default();
    let mut held = Held { agent: agent_id("A"), until: at(60), opened: false };
    held.open(at(50), &patience);
    assert_eq!(held.until, at(350));
    held.open(at(349), &patience);
    assert_eq!(held.until, at(350), "opening it again keeps nobody waiting");
}

#[test]
fn rt42_a_decision_says_when_to_decide_again() {
    let next = |text: &str| decide(&scene(text)).next;
    let agents = "site S automatic
                  agent A S online 0/9 idle:9
                  agent B S away:100 0/9 idle:9\n";
    assert_eq!(next(agents), None);
    assert_eq!(next(&format!("{agents} chat c S waits:9")), Some(at(60)));
    assert_eq!(next(&format!("{agents} chat c S waits:9 held:A:7")), Some(at(7)));
    assert_eq!(next(&format!("{agents} chat c S waits:9 held:B:50")), Some(at(20)));
    assert_eq!(next(&format!("{agents} chat c S waits:9 of:B")), Some(at(20)));
}

#[test]
fn rt43_what_is_held_stays_while_its_agent_could_still_take_it() {
    let with = |first: &str| {
        format!(
            "{first}
             agent B S online 5/9 idle:9
             chat c S waits:30 held:A:30 asked:A"
        )
    };
    let cases = [
        ("site S automatic\n agent A S online 9/9 idle:9", "A:c"),
        ("site S automatic\n agent A S away:119 0/9 idle:9", "A:c"),
        ("site S automatic\n agent A S away:120 0/9 idle:9", "B:c"),
        ("site S automatic\n agent A S offline 0/9 idle:9", "B:c"),
        ("site S automatic\n agent A T online 0/9 idle:9", "B:c"),
        ("site S automatic", "B:c"),
        ("site S pick_up\n agent A S online 0/9 idle:9", "A:c B:c"),
        ("site S automatic off\n agent A S online 0/9 idle:9", ""),
    ];
    for (first, expected) in cases {
        assert_eq!(offers(&decide(&scene(&with(first)))), expected, "{first}");
    }
}

#[test]
fn rt44_what_waits_under_a_name_is_given_back_by_who_is_gone() {
    let released = |text: &str| {
        let decision = decide(&scene(text));
        let releases = decision.releases.iter();
        let said = releases.map(|(chat, _)| letter(chat.as_bytes())).collect::<String>();
        format!("{} | {said}", offers(&decision))
    };
    let site = "site S automatic
                agent B S online 0/9 idle:9\n";
    let cases = [
        ("agent A S online 9/9 idle:9", "A:c | "),
        ("agent A S away:119 0/9 idle:9", "A:c | "),
        ("agent A S away:120 0/9 idle:9", " | c"),
        ("agent A S offline 0/9 idle:9", " | c"),
        ("", " | c"),
    ];
    for (agent, expected) in cases {
        let text = format!("{site} {agent}\n chat c S waits:30 of:A");
        assert_eq!(released(&text), expected, "{agent}");
    }
}

#[test]
fn rt45_why_a_chat_does_not_arrive_is_read_off_the_decision() {
    use Reason::{
        AtLimit, Away, HumanSupportOff, NotAssigned, OfferedToAnother, Offline, SiteIsAssistantOnly,
    };
    let cases: [(&str, &[Reason]); 12] = [
        ("site S pick_up\n agent A S online 0/2 idle:0\n chat c S waits:1", &[]),
        ("site S pick_up\n agent A S offline 0/2 idle:0\n chat c S waits:1", &[Offline]),
        ("site S pick_up\n chat c S waits:1", &[Offline, NotAssigned, AtLimit]),
        ("site S pick_up\n agent A S away:1 0/2 idle:0\n chat c S waits:1", &[Away]),
        ("site S pick_up off\n agent A S online 0/2 idle:0\n chat c S waits:1", &[HumanSupportOff]),
        ("site S pick_up\n agent A T online 0/2 idle:0\n chat c S waits:1", &[NotAssigned]),
        ("site S pick_up\n agent A S online 2/2 idle:0\n chat c S waits:1", &[AtLimit]),
        (
            "site S pick_up ai\n agent A S online 0/2 idle:0\n chat c S waits:1",
            &[SiteIsAssistantOnly],
        ),
        (
            "site S automatic\n agent A S online 1/2 idle:0\n agent B S online 0/2 idle:0
          chat c S waits:1",
            &[OfferedToAnother],
        ),
        (
            "site S pick_up\n agent A S online 1/2 idle:0\n agent B S online 0/2 idle:0
          chat c S waits:1 of:B",
            &[OfferedToAnother],
        ),
        // What is offered already counts.
        (
            "site S automatic\n agent A S online 1/2 idle:0\n chat d S waits:9\n chat c S waits:1",
            &[AtLimit],
        ),
        (
            "site S automatic off\n agent A T away:1 2/2 idle:0\n agent B S online 0/2 idle:0
          chat c S waits:1 of:B",
            &[Away, HumanSupportOff, NotAssigned, AtLimit, OfferedToAnother],
        ),
    ];
    for (text, expected) in cases {
        let snapshot = scene(text);
        let decision = decide(&snapshot);
        let reasons = why(&snapshot, &decision, agent_id("A"), conversation_id("c"));
        assert_eq!(reasons, expected, "{text}");
    }
}

#[test]
fn rt45_nobody_is_told_a_reason_and_offered_it_too() {
    let mut dice = rejoinder_core::dice::Dice::from_seed([40; 32]);
    let mut roll = |bound: u8| dice.bytes::<1>()[0] % bound;
    for _ in 0..2_000 {
        let mut text = String::new();
        for site in ["S", "T"] {
            let mode = ["automatic", "pick_up"][usize::from(roll(2))];
            let more = ["", "", "", "off", "ai"][usize::from(roll(5))];
            text += &format!("site {site} {mode} {more}\n");
        }
        for agent in ["A", "B", "C"] {
            let sites = ["S", "T", "S,T", "all"][usize::from(roll(4))];
            let presence = ["online", "online", "offline", "away:90", "away:200"];
            let presence = presence[usize::from(roll(5))];
            let (active, limit, idle) = (roll(3), roll(4), roll(9));
            text += &format!("agent {agent} {sites} {presence} {active}/{limit} idle:{idle}\n");
        }
        for chat in ["c", "d", "e", "f"] {
            let site = ["S", "T"][usize::from(roll(2))];
            let more = ["", "", "of:A", "held:B:30", "held:C:0 asked:C"][usize::from(roll(5))];
            text += &format!("chat {chat} {site} waits:{} {more}\n", roll(90));
        }
        let snapshot = scene(&text);
        let decision = decide(&snapshot);
        let told: BTreeMap<_, usize> = snapshot
            .waiting
            .keys()
            .map(|chat| (*chat, decision.offered_to(*chat).count()))
            .collect();
        for (chat, waiting) in &snapshot.waiting {
            let automatic = snapshot.sites[&waiting.site].mode == Mode::Automatic;
            assert!(!automatic || told[chat] <= 1, "{text}");
            let released = decision.releases.contains_key(chat);
            for agent in snapshot.agents.keys() {
                let offered = decision.offered_to(*chat).any(|to| to == *agent);
                let reasons = why(&snapshot, &decision, *agent, *chat);
                assert!(offered == reasons.is_empty() || released, "{agent} {chat}\n{text}");
            }
        }
        // With nothing else happening, the same is decided again.
        let mut again = snapshot.clone();
        for (chat, waiting) in &mut again.waiting {
            waiting.held = decision.held.get(chat).copied();
            waiting.asked = decision.asked.get(chat).cloned().unwrap_or_default();
        }
        assert_eq!(decide(&again).offers, decision.offers, "{text}");
    }
}
