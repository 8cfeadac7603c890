/** What a key means, told apart from the page. */

/** What Safari says a key is that its input method has taken. */
const TAKEN = 229;

/**
 * Whether a key belongs to an input method: the Enter that chooses a candidate must not send.
 * Safari ends the composition before that Enter's `keydown`, and marks the key only.
 */
export function composes(event: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean {
  return event.isComposing || event.keyCode === TAKEN;
}
