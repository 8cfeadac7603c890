import type { Frame } from "@playwright/test";

const SLOT_BYTES = 64;
const MAGIC = "rejoinder keyring";

/** The keyrings of an app's origin, as they are now. */
export async function keyrings(frame: Frame): Promise<Buffer[]> {
  const texts = await frame.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    const found: string[] = [];
    for await (const handle of folder.values()) {
      if (handle.kind !== "file") continue;
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      found.push([...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    }
    return found;
  });
  return texts.map((text) => Buffer.from(text, "hex"));
}

/** The keys that stand in a keyring: those of all words and drafts that may still be read. */
export function keysIn(keyring: Buffer): Buffer[] {
  if (!keyring.toString("latin1").startsWith(MAGIC)) throw new Error("this is no keyring");
  const keys: Buffer[] = [];
  for (let at = SLOT_BYTES; at < keyring.length; at += SLOT_BYTES) {
    const key = keyring.subarray(at + 16, at + 48);
    if (key.some((byte) => byte !== 0)) keys.push(key);
  }
  return keys;
}
