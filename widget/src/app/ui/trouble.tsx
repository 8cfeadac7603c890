import type { ConversationId, Delivery, OperationId, Refusal } from "@rejoinder/client";
import { type Chat, useChat } from "../chat";
import type { Item } from "../items";
import { strings } from "../language";

/** What may go through the next time; everything else would be refused again. */
const PASSING: ReadonlySet<Refusal> = new Set<Refusal>([
  "not_you",
  "id_taken",
  "words_missing",
  "words_differ",
  "hash_differs",
  "foreign_actor",
  "reused_seq",
  "bad_dependencies",
  "implausible_time",
  "status_not_allowed",
  "too_many",
]);

type Problem = { operation: OperationId; code: Refusal | null };

/** What the server did not take, why, and what can be done: the words are kept for it. */
export function Trouble({ row }: { row: Extract<Item, { type: "message" }> }) {
  const chat = useChat();
  const words = strings.value;
  const own = problemOf(row.message.delivery);
  const problem = own ?? problemOf(row.message.change);
  if (!problem || !row.own) return null;
  const reason = reasonOf(problem);
  const what = chat.thread.views.value
    .get(row.conversation)
    ?.outbox.find((pending) => pending.operation === problem.operation)?.what;
  const changed = what === "recall" ? words.notRecalled(reason) : words.notEdited(reason);
  return (
    <div class="trouble" role="alert">
      <p>{own ? words.notSent(reason) : changed}</p>
      <p class="buttons">
        {(problem.code === null || PASSING.has(problem.code)) && (
          <Again conversation={row.conversation} operation={problem.operation} />
        )}
        <Discard
          conversation={row.conversation}
          operation={problem.operation}
          label={words.discard}
        />
      </p>
    </div>
  );
}

/** What was refused and is no message: ending the chat, asking for a person. */
export function Undone() {
  const chat = useChat();
  const words = strings.value;
  return (
    <>
      {chat.thread.sections.value.flatMap(({ conversation, view }) =>
        (view?.outbox ?? []).map(({ operation, delivery, message }) => {
          const problem = problemOf(delivery);
          if (!problem || message) return null;
          return (
            <div key={operation} class="notice warn" role="alert">
              <p>{words.notDone(reasonOf(problem))}</p>
              <Discard conversation={conversation} operation={operation} label={words.fine} />
            </div>
          );
        }),
      )}
    </>
  );
}

type Which = { conversation: ConversationId; operation: OperationId };

function Again({ conversation, operation }: Which) {
  const chat = useChat();
  const again = () => handle(chat, conversation)?.sendAnyway(operation);
  return (
    <button type="button" onClick={() => void attempt(chat, again)}>
      {strings.value.sendAgain}
    </button>
  );
}

function Discard({ conversation, operation, label }: Which & { label: string }) {
  const chat = useChat();
  const discard = () => handle(chat, conversation)?.discard(operation);
  return (
    <button type="button" onClick={() => void attempt(chat, discard)}>
      {label}
    </button>
  );
}

function handle(chat: Chat, conversation: ConversationId) {
  return chat.session.client.value?.conversation(conversation);
}

async function attempt(chat: Chat, what: () => Promise<void> | undefined): Promise<void> {
  try {
    await what();
  } catch (error) {
    chat.fail(error);
  }
}

function reasonOf({ code }: Problem): string {
  return code ? strings.value.refusals[code] : strings.value.collided;
}

function problemOf(delivery: Delivery | null): Problem | null {
  if (typeof delivery !== "object" || delivery === null) return null;
  return "refused" in delivery
    ? delivery.refused
    : { operation: delivery.collided.operation, code: null };
}
