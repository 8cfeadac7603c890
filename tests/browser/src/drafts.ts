import { expect, type Frame } from "@playwright/test";

/** Until what stands in a composer, or nothing, is in the store. */
export async function draftIsKept(frame: Frame, text: string | null): Promise<void> {
  const kept = () =>
    frame.evaluate(async () => {
      const client = window.rejoinderClient;
      const texts = (client?.inbox.value ?? []).flatMap(({ conversation }) =>
        (client?.conversation(conversation).view.value?.drafts ?? []).map((draft) => draft.text),
      );
      return texts.filter((one) => one !== "");
    });
  await expect.poll(kept).toEqual(text === null ? [] : [text]);
}
