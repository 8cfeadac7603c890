//! Every bound, with its unit and its reason, in one place.
//!
//! A bound that a client must know travels in [`crate::wire::Welcome`].

/// Characters (Unicode scalar values) in the text of one revision. Long enough for a pasted log,
/// short enough to be read.
pub const TEXT_CHARACTERS: usize = 10_000;

/// Attachments described by one revision. What a person would still look through.
pub const ATTACHMENTS: usize = 20;

/// Characters in an attachment's file name: what common file systems keep.
pub const FILE_NAME_CHARACTERS: usize = 255;

/// Bytes of one attachment. The size at which mail stops carrying it too.
pub const ATTACHMENT_BYTES: u64 = 25 * 1024 * 1024;

/// Bytes of all attachments of one conversation: twenty of the largest. It bounds what a visitor
/// can lay on a disk.
pub const CONVERSATION_ATTACHMENT_BYTES: u64 = 500 * 1024 * 1024;

/// Bytes of an encoded revision body: four bytes for each character, and the attachments'
/// descriptions.
pub const BODY_BYTES: usize = 64 * 1024;

/// Bytes of one WebSocket frame. Room for the largest revision and a batch of operations.
pub const FRAME_BYTES: usize = 256 * 1024;

/// Bytes of a document's snapshot in one frame; larger ones travel in chunks.
pub const SNAPSHOT_CHUNK_BYTES: usize = 128 * 1024;

/// Places of a log in one frame of a snapshot: 80 KB at most, beside [`SNAPSHOT_CHUNK_BYTES`].
pub const ORDER_ROWS: usize = 2_048;

/// Erasure orders in one frame: 80 KB at most.
pub const ERASURE_ORDERS: usize = 2_048;

/// Bytes of log entries in one frame.
pub const ENTRIES_BYTES: usize = 128 * 1024;

/// Bytes of revisions' records in one frame.
pub const REVISIONS_BYTES: usize = 128 * 1024;

/// Operations in one push. A batch larger than this gains nothing and holds others up.
pub const PUSH_OPERATIONS: usize = 64;

/// Revisions asked for in one frame.
pub const WANT_REVISIONS: usize = 256;

/// Operations of one device that wait in one document's outbox. Days of writing without a
/// network; it also bounds how far an operation's past may be from a prefix of the log.
pub const OUTBOX_OPERATIONS: usize = 1_000;

/// Changes a change may name as its dependencies. More concurrent heads than devices that
/// write into one conversation at once.
pub const DEPENDENCIES: usize = 256;

/// Follow-ups through which a message is looked for: more closings than lie between the newest data
/// and a backup that is restored.
pub const FOLLOW_UPS: usize = 8;

/// Values of one key that may stand side by side, none of whose authors had seen another: more
/// devices than write the same at once. A change names all whose place it takes.
pub const SIDE_BY_SIDE: usize = 16;

/// Changes in one document. Past it, the conversation goes on in its follow-up.
pub const DOCUMENT_CHANGES: usize = 10_000;

/// Changes in one document beyond [`DOCUMENT_CHANGES`] that are kept for recalls and for closing:
/// taking words back must work in a full document too.
pub const RESERVED_CHANGES: usize = 10_000;

/// Documents a connection may have open at once.
pub const OPEN_DOCUMENTS: usize = 256;

/// Documents that a device names in one `Holding`: some 35 KiB.
pub const HOLDING_DOCUMENTS: usize = 1_024;

/// Documents that a device names as held in all, each of which becomes a row: both of every
/// conversation that an agent's device may list.
pub const HELD_DOCUMENTS: usize = 65_536;

/// The same of a visitor, who has few conversations.
pub const VISITOR_HELD_DOCUMENTS: usize = 64;

/// Frames that a client may send while it is still erasing: an open, and a leave or a receipt, for
/// each document.
pub const HELD_FRAMES: usize = 2 * OPEN_DOCUMENTS;

/// Newest messages whose words a client asks for when it opens a document, until it is told to
/// show more: about what fits on a screen, a few times over.
pub const WINDOW_MESSAGES: u32 = 50;

/// Milliseconds after which a signal (typing, viewing) is gone unless sent again.
pub const SIGNAL_MILLIS: i64 = 10_000;

/// Milliseconds between two signals that a client sends of one kind.
pub const SIGNAL_EVERY_MILLIS: i64 = 4_000;

/// Milliseconds that the first frame of a connection may take.
pub const HELLO_MILLIS: u64 = 5_000;

/// Milliseconds that the headers of an HTTP request may take.
pub const HEADER_MILLIS: u64 = 5_000;

/// Milliseconds without a byte after which a connection is closed. Clients ping three times in
/// that time.
pub const IDLE_MILLIS: u64 = 60_000;

/// Milliseconds without a byte after which the server pings: a page in a browser cannot, and its
/// browser answers. A client that pings by itself is not asked.
pub const QUIET_MILLIS: u64 = 25_000;

/// Milliseconds between two pings of a client.
pub const PING_MILLIS: u64 = 20_000;

/// Bytes that wait for one connection. Past it, a reader is told to open again from its cursor.
pub const QUEUE_BYTES: usize = 512 * 1024;

/// Submissions that wait for one conversation's task before further ones are put off.
pub const CONVERSATION_QUEUE: usize = 1_024;

/// Bytes of frames that one connection has said and that are not carried out yet: two of the
/// largest. Past it nothing more is read from it until some are.
pub const UNDER_WAY_BYTES: usize = 2 * FRAME_BYTES;

/// Conversations whose operations wait, of those that have waited longest, by which a server knows
/// how busy it is: more than a few people can hold up, and fewer than wait when all do.
pub const BUSY_CONVERSATIONS: usize = 32;

/// Milliseconds that operations wait from which on presence is dropped: people notice a delay, and
/// nobody misses that somebody types.
pub const SHED_PRESENCE_MILLIS: u64 = 250;

/// Milliseconds that operations wait from which on nobody begins a conversation: those who talk
/// already come before those who do not.
pub const SHED_BEGINNINGS_MILLIS: u64 = 500;

/// Milliseconds that operations wait from which on visitors' are put off: they are kept and sent
/// again, which is better than a queue that only grows.
pub const SHED_VISITORS_MILLIS: u64 = 1_000;

/// Milliseconds that operations wait from which on agents' are put off too: as many agents as that
/// takes are rare, for visitors give way to them first.
pub const SHED_TEAMS_MILLIS: u64 = 4_000;

/// Milliseconds after which the first of those may try again whose operations were shed, and over
/// how many more the others are spread: were all to come at once, there would be nothing to do
/// meanwhile, and too much then.
pub const SHED_RETRY_MILLIS: u64 = 500;

/// See [`SHED_RETRY_MILLIS`].
pub const SHED_SPREAD_MILLIS: u64 = 4_000;

/// Operations of one participant in a second, in the long run: faster than anybody types or clicks.
pub const OPERATIONS_PER_SECOND: u32 = 20;

/// Seconds of operations that may come at once: at 20 a second, what has waited in two outboxes
/// for days.
pub const OPERATIONS_SECONDS: u32 = 100;

/// Other frames that may come for each operation: opening, asking for words, receipts, typing.
pub const FRAMES_AN_OPERATION: u32 = 10;

/// Requests over REST with one token in a second, in the long run.
pub const REQUESTS_PER_SECOND: u32 = 20;

/// Seconds of requests that may come at once: a desk that is opened asks for dozens of things.
pub const REQUESTS_SECONDS: u32 = 15;

/// People behind one address who are busy at the same moment: an office.
pub const BUSY_IN_ADDRESS: u32 = 20;

/// Visitors of one site who write at the same moment.
pub const BUSY_VISITORS: u32 = 100;

/// Connections from one address at a time: all of an office, with several tabs each.
pub const CONNECTIONS_PER_ADDRESS: u32 = 4_096;

/// Connections of one participant at a time: more devices and tabs than anybody looks at.
pub const CONNECTIONS: u32 = 64;

/// Milliseconds after which somebody who has too many connections may try again.
pub const CROWDED_RETRY_MILLIS: u64 = 5_000;

/// Milliseconds that a request over REST may take, its body included, files excepted.
pub const REQUEST_MILLIS: u64 = 30_000;

/// Milliseconds: a client's first wait before it connects again, doubled each time; the wait is
/// drawn evenly between nothing and this (full jitter), from the first try.
pub const RECONNECT_FIRST_MILLIS: u64 = 500;

/// Milliseconds: the longest wait before a client connects again.
pub const RECONNECT_LONGEST_MILLIS: u64 = 30_000;

/// New visitors from one address in an hour.
pub const NEW_VISITORS_PER_HOUR: u32 = 5;

/// New conversations of one visitor in 12 hours.
pub const NEW_CONVERSATIONS: u32 = 6;

/// The window of [`NEW_CONVERSATIONS`], in milliseconds.
pub const NEW_CONVERSATIONS_MILLIS: i64 = 12 * 3_600_000;

/// The part of the silence that a site allows, before whose end it is announced: the last fifth.
pub const SILENCE_NOTICE_PART: i64 = 5;

/// Milliseconds before a silent conversation is closed that it is announced at most: who is still
/// there has time to answer, and who is not does not find an announcement of hours ago.
pub const SILENCE_NOTICE_MILLIS: i64 = 10 * 60_000;

/// Milliseconds that a visitor who met nobody has to say how to be reached: until the next day.
pub const OFFLINE_INFO_MILLIS: i64 = 24 * 3_600_000;

/// Milliseconds between two looks at what has lasted long enough: silence, retention, erasures that
/// were broken off. Minutes are what settings count in.
pub const SWEEP_MILLIS: u64 = 15_000;

/// Milliseconds between two looks through a site for conversations that are older than it keeps
/// their words: retention counts in days, and a look goes through all old ones.
pub const RETENTION_EVERY_MILLIS: i64 = 3_600_000;

/// Messages that the server takes back in one step, where it takes back many: others' writes wait
/// for no longer than that.
pub const ERASED_AT_ONCE: usize = 256;

/// Milliseconds for which what the sweep could not carry out is let rest: a disk is given room,
/// or a damaged conversation restored, no sooner.
pub const FAILED_RESTS_MILLIS: i64 = 60_000;

/// Milliseconds for which what an erased visitor had on its way is still looked for: a push that
/// was being admitted when they were erased has ended by then.
pub const ERASURE_SETTLES_MILLIS: i64 = 60_000;

/// Pages, answers and ways to be reached that one visitor tells of in a minute: faster than anybody
/// reads or types.
pub const TOLD_PER_MINUTE: u32 = 30;

/// Log-ins by password from one address in a minute.
pub const PASSWORDS_PER_MINUTE: u32 = 10;

/// Unread notifications that a client is told of: what a person would still go through.
pub const NOTIFICATIONS: usize = 256;

/// Agents that one note can mention: a team. Those named after are not notified.
pub const MENTIONS: usize = 50;
