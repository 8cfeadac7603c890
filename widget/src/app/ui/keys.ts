/** Safari's code for keys that an input method takes after the composition is told to be over. */
const TAKEN = 229;

/** Whether a key belongs to an input method, which may mean a candidate by Enter or Esc. */
export function isComposing(event: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean {
  return event.isComposing || event.keyCode === TAKEN;
}
