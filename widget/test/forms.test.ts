import { beforeEach, expect, test, vi } from "vitest";
import { FakeClient } from "../dev/fake";
import { view } from "../dev/scenes";
import type { PrechatField, SiteInfo } from "../src/app/site";
import { LIVE, NEW, page, visitor } from "./cast";

beforeEach(() => void page());

const FIELDS: PrechatField[] = [
  { label: "Order", kind: "text", required: false, options: [] },
  { label: "E-mail", kind: "email", required: true, options: [] },
];

/** Somebody on a site that asks these things, and what their browser sends. */
async function asked(client: FakeClient, fields: PrechatField[] = FIELDS) {
  const { Forms } = await import("../src/app/forms");
  const sent: { path: string; body: unknown }[] = [];
  let status = 204;
  vi.stubGlobal("fetch", async (path: string, { body }: { body: string }) => {
    if (status === 0) throw new TypeError("no network");
    sent.push({ path, body: JSON.parse(body) });
    return new Response(null, { status });
  });
  const made = await visitor([client]);
  made.session.site.info.value = { prechat_fields: fields, agents: [] } as unknown as SiteInfo;
  const forms = new Forms(made.session, made.thread);
  await made.session.start();
  const answers = (next: number) => {
    status = next;
  };
  return { ...made, forms, sent, answers };
}

test("LC9 nothing is begun before what must be answered is", async () => {
  const { forms, sent } = await asked(new FakeClient(LIVE));
  expect(forms.fields.value).toEqual(FIELDS);
  expect(await forms.submitAnswers()).toBe("E-mail");
  forms.answer("E-mail", "nobody");
  expect(await forms.submitAnswers()).toBe("E-mail");
  expect(forms.wrong.value["E-mail"]).toContain("e-mail");
  expect(sent).toEqual([]);
  forms.answer("E-mail", " vera@example.com ");
  expect(await forms.submitAnswers()).toBeNull();
  const body = { answers: { "E-mail": "vera@example.com" } };
  expect(sent).toEqual([{ path: "/api/v1/prechat", body }]);
  expect(forms.fields.value).toEqual([]);
});

test("LC9 the page is told that it was answered, and not what", async () => {
  const { said } = page();
  const { forms } = await asked(new FakeClient(LIVE));
  forms.answer("E-mail", "vera@example.com");
  await forms.submitAnswers();
  const told = said.filter((one) => one.type === "event" && one.name === "prechat:submitted");
  expect(told).toEqual([{ type: "event", name: "prechat:submitted", detail: {} }]);
});

test("LC9 whoever has written is not asked any more", async () => {
  const { forms } = await asked(new FakeClient({ ...LIVE, views: [view("c", [])] }));
  expect(forms.fields.value).toEqual([]);
});

test("LC9 without a network the chat goes on, and the answers follow", async () => {
  const client = new FakeClient(NEW);
  const { forms, sent, session, answers } = await asked(client);
  answers(0);
  forms.answer("E-mail", "vera@example.com");
  await forms.submitAnswers();
  expect(forms.fields.value).toEqual([]);
  answers(204);
  session.connection.value = "offline";
  await client.goOnline();
  session.connection.value = "live";
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.path).toBe("/api/v1/prechat");
});

test("LC9 what the server does not take stays as it was typed, and says so", async () => {
  const { forms, answers } = await asked(new FakeClient(LIVE));
  forms.answer("E-mail", "vera@example.com");
  answers(422);
  await forms.submitAnswers();
  expect(forms.wrong.value[""]).toBeTruthy();
  expect(forms.fields.value).toEqual(FIELDS);
  expect(forms.answers.value["E-mail"]).toBe("vera@example.com");
});

test("LC8 who met nobody is asked once how to be reached", async () => {
  const waiting = view("c", []);
  waiting.timeline.status = "awaiting_offline_info";
  const { forms, sent } = await asked(new FakeClient({ ...LIVE, views: [waiting] }));
  expect(forms.asksContact.value).toBe("c");
  expect(await forms.submitContact("c")).toBe("email");
  forms.contact.value = { name: " ", email: "vera@example.com" };
  expect(await forms.submitContact("c")).toBeNull();
  const body = { conversation: "c", email: "vera@example.com" };
  expect(sent).toEqual([{ path: "/api/v1/offline-info", body }]);
  expect(forms.asksContact.value).toBeNull();
});
