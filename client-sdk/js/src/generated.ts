// Written by `BLESS=1 cargo test -p rejoinder-wasm`, which fails when it is out of date.

/** An agent's role, from the narrowest to the widest. */
export type AgentRole =
  | "support_agent"
  | "agent"
  | "account_manager"
  | "supervisor"
  | "admin"
  | "owner";

/** Whose turn it is. */
export type Status =
  | "active_ai"
  | "waiting_for_human"
  | "active_human"
  | "awaiting_offline_info";

/** How urgent a conversation is. */
export type Priority =
  | "low"
  | "medium"
  | "high"
  | "urgent";

/** What a system message announces. */
export type Notice =
  | "claimed"
  | "released"
  | "closed"
  | "restored_to_ai"
  | "closing";

/** How a message is labelled. */
export type Source =
  | "visitor"
  | "agent"
  | "assistant"
  | "system"
  | "note";

/** Who speaks in a message with words. */
export type Kind =
  | "visitor"
  | "agent"
  | "assistant"
  | "note";

/** Why an operation is refused. */
export type Refusal =
  | "not_allowed"
  | "not_you"
  | "not_yours"
  | "unknown_message"
  | "recalled"
  | "conversation_closed"
  | "id_taken"
  | "words_missing"
  | "words_differ"
  | "text_too_long"
  | "malformed_words"
  | "hash_differs"
  | "foreign_actor"
  | "reused_seq"
  | "bad_dependencies"
  | "implausible_time"
  | "not_the_last"
  | "too_late"
  | "document_full"
  | "already_claimed"
  | "status_not_allowed"
  | "already_recalled"
  | "human_active"
  | "too_many";

/** Why a frame is refused or put off. */
export type Problem =
  | "version"
  | "credential"
  | "malformed"
  | "frame_too_large"
  | "out_of_turn"
  | "unknown_conversation"
  | "damaged_conversation"
  | "too_much"
  | "storage"
  | "busy"
  | "closing"
  | "timed_out"
  | "replaced"
  | "unknown_site"
  | "origin"
  | "code_needed";

/** Why an agent is notified. */
export type NotificationKind =
  | "mention"
  | "assigned";

/** Why a waiting conversation is not offered. */
export type Reason =
  | "offline"
  | "away"
  | "human_support_off"
  | "not_assigned"
  | "at_limit"
  | "offered_to_another"
  | "site_is_assistant_only";

/** Why a command was not carried out. */
export type CommandCode =
  | "empty"
  | "text_too_long"
  | "malformed_words"
  | "not_open"
  | "unknown_message"
  | "recalled"
  | "not_yours"
  | "closed"
  | "not_allowed"
  | "outbox_full"
  | "unknown_operation"
  | "no_identity"
  | "file_empty"
  | "file_too_large"
  | "file_type"
  | "file_content";

/** Bounds that applications show. */
export const LIMITS = {
  text_characters: 10000,
  attachments: 20,
  attachment_bytes: 26214400,
  window_messages: 50,
  outbox_operations: 1000,
  open_documents: 256,
} as const;

/** How the names of files end that may be attached. */
export const FILE_ENDINGS: readonly string[] = [
  "png",
  "jpg",
  "jpeg",
  "gif",
  "webp",
  "pdf",
  "txt",
  "log",
  "md",
  "csv",
  "json",
  "mp3",
  "ogg",
  "oga",
  "opus",
  "wav",
  "mp4",
  "m4v",
  "mov",
  "webm",
  "docx",
  "xlsx",
  "pptx",
];
