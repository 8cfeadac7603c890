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
  let field: string | null = null;
  let asks = fields;
  vi.stubGlobal("fetch", async (path: string, { body }: { body?: string }) => {
    if (status === 0) throw new TypeError("no network");
    if (body === undefined) return Response.json({ prechat_fields: asks, agents: [] });
    sent.push({ path, body: JSON.parse(body) });
    if (status === 204) return new Response(null, { status });
    return Response.json({ error: { code: "invalid", field } }, { status });
  });
  const made = await visitor([client]);
  made.session.site.info.value = { prechat_fields: fields, agents: [] } as unknown as SiteInfo;
  const forms = new Forms(made.session, made.thread);
  await made.session.start();
  const answers = (next: number, wrong: string | null = null, now = fields) => {
    [status, field, asks] = [next, wrong, now];
  };
  return { ...made, forms, sent, answers };
}

/** The next page: of the same browser, whose store has what the client kept. */
async function nextPage(client: FakeClient, fields = FIELDS) {
  const views = [...client.conversations.values()].flatMap(({ view: it }) => it.value ?? []);
  const next = new FakeClient({ ...LIVE, connection: "offline" });
  for (const one of views) {
    const listed = client.inbox.value.some((row) => row.conversation === one.timeline.conversation);
    if (listed) next.add(one);
    else next.conversation(one.timeline.conversation);
    next.conversations.get(one.timeline.conversation)?.turn(one);
  }
  const drafts = () => {
    const kept = [...next.conversations.values()].flatMap(({ view: it }) => it.value?.drafts ?? []);
    return kept.map(({ text }) => text);
  };
  return { ...(await asked(next, fields)), drafts };
}

const awaiting = () => {
  const waiting = view("c", []);
  waiting.timeline.status = "awaiting_offline_info";
  return waiting;
};

/** Longer than what is typed takes to be kept. */
const kept = () => new Promise((resolve) => setTimeout(resolve, 450));

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

test("UI26 UI9 what was filled in before a chat is there on the next page", async () => {
  const client = new FakeClient(LIVE);
  const { forms } = await asked(client);
  forms.answer("Order", "A-17");
  await kept();
  const next = await nextPage(client);
  await vi.waitFor(() => expect(next.forms.answers.value).toEqual({ Order: "A-17" }));
  expect(next.forms.fields.value, "nothing was said: it is still to be answered").toEqual(FIELDS);
  expect(next.forms.holds).toBe(true);
});

test("UI26 the form stays where it is while what is typed is kept for the first time", async () => {
  const client = new FakeClient(LIVE);
  const begin = client.begin.bind(client);
  client.begin = async () => {
    const made = await begin();
    // A view that is asked for comes a moment later.
    const { view: cell } = client.conversations.get(made.id) ?? {};
    const first = cell?.value ?? null;
    cell?.set(null);
    setTimeout(() => cell?.set(first), 50);
    return made;
  };
  const { forms } = await asked(client);
  const shown: number[] = [];
  forms.fields.subscribe((fields) => shown.push(fields.length));
  forms.answer("Order", "A-17");
  await vi.waitFor(() => expect(client.conversations.size).toBe(1));
  await kept();
  expect(new Set(shown)).toEqual(new Set([2]));
});

test("UI26 UI9 answers that wait for a network are sent from the next page", async () => {
  const client = new FakeClient(LIVE);
  const { forms, answers, session } = await asked(client);
  answers(0);
  forms.answer("E-mail", "vera@example.com");
  await forms.submitAnswers();
  expect(session.hasUntaken).toBe(true);
  const next = await nextPage(client);
  await vi.waitFor(() => expect(next.forms.fields.value).toEqual([]));
  expect(next.sent).toEqual([]);
  next.session.connection.value = "live";
  const body = { answers: { "E-mail": "vera@example.com" } };
  await vi.waitFor(() => expect(next.sent).toEqual([{ path: "/api/v1/prechat", body }]));
  await vi.waitFor(() => expect(next.session.hasUntaken).toBe(false));
  // The server has it: all that is kept is that nothing is to be asked.
  await vi.waitFor(() => expect(next.drafts()).toEqual(['{"answered":true}']));
  next.thread.say("Hello");
  await vi.waitFor(() => expect(next.drafts()).toEqual([]));
});

test("UI26 UI9 what waits about one conversation is not lost to what is said about another", async () => {
  const client = new FakeClient({ ...LIVE, views: [awaiting()] });
  const { forms, answers } = await asked(client);
  answers(0);
  forms.contact.value = { name: "Vera", email: "vera@example.com" };
  await forms.submitContact("c");
  forms.contact.value = { name: "", email: "vera@work.example" };
  await forms.submitContact("d");
  // Said again about the same, it is the newest that counts.
  forms.contact.value = { name: "", email: "vera@office.example" };
  await forms.submitContact("d");
  expect(forms.waiting.value).toBe(2);
  const next = await nextPage(client);
  await vi.waitFor(() => expect(next.forms.waiting.value).toBe(2));
  next.session.connection.value = "live";
  await vi.waitFor(() => expect(next.forms.waiting.value).toBe(0));
  expect(next.sent.map(({ body }) => body)).toEqual([
    { conversation: "c", name: "Vera", email: "vera@example.com" },
    { conversation: "d", email: "vera@office.example" },
  ]);
});

test("UI26 what was put first is told first, though the server takes it late", async () => {
  vi.useFakeTimers();
  try {
    const { forms, sent, answers } = await asked(new FakeClient({ ...LIVE, views: [awaiting()] }));
    answers(429);
    forms.contact.value = { name: "", email: "vera@example.com" };
    await forms.submitContact("c");
    forms.contact.value = { name: "", email: "vera@work.example" };
    await forms.submitContact("d");
    answers(204);
    await vi.advanceTimersByTimeAsync(1_000);
    const told = sent.map(({ body }) => (body as { conversation: string }).conversation);
    expect(told).toEqual(["c", "c", "d"]);
    expect(forms.waiting.value).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("UI26 an address that waits is asked again where the server does not take it", async () => {
  const client = new FakeClient({ ...LIVE, views: [awaiting()] });
  const { forms, answers } = await asked(client);
  answers(0);
  forms.contact.value = { name: "Vera", email: "vera@example.com" };
  await forms.submitContact("c");
  expect(forms.asksContact.value).toBeNull();
  const next = await nextPage(client);
  await vi.waitFor(() => expect(next.forms.waiting.value).toBe(1));
  expect(next.forms.asksContact.value).toBeNull();
  next.answers(422, "email");
  next.session.connection.value = "live";
  await vi.waitFor(() => expect(next.forms.asksContact.value).toBe("c"));
  expect(next.forms.contact.value).toEqual({ name: "Vera", email: "vera@example.com" });
  expect(next.forms.wrong.value.email).toContain("e-mail");
});

test("UI26 answers refused in a chat that goes on are asked again, beside the wrong field", async () => {
  const client = new FakeClient(LIVE);
  const { forms, answers, thread, session } = await asked(client);
  answers(0);
  forms.answer("E-mail", "vera@example.com");
  await forms.submitAnswers();
  thread.say("And meanwhile?");
  await vi.waitFor(() => expect(thread.begun.value).toBe(true));
  const now: PrechatField[] = [
    { label: "E-mail", kind: "email", required: true, options: [] },
    { label: "Topic", kind: "choice", required: true, options: ["Sales", "Help"] },
  ];
  session.connection.value = "offline";
  answers(422, "answers", now);
  session.connection.value = "live";
  await vi.waitFor(() => expect(forms.fields.value).toEqual(now));
  await vi.waitFor(() => expect(Object.keys(forms.wrong.value)).toEqual(["Topic"]));
  expect(forms.answers.value["E-mail"]).toBe("vera@example.com");
  answers(204);
  forms.answer("Topic", "Help");
  await forms.submitAnswers();
  expect(forms.fields.value).toEqual([]);
});

test("UI26 while the server is busy it is asked again, after growing waits", async () => {
  vi.useFakeTimers();
  try {
    const { forms, sent, answers } = await asked(new FakeClient(LIVE));
    answers(429);
    forms.answer("E-mail", "vera@example.com");
    await forms.submitAnswers();
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(2);
    answers(204);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(sent).toHaveLength(3);
    expect(forms.holds).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test("UI26 a client that ends leaves the form ready to be sent again", async () => {
  const client = new FakeClient(LIVE);
  const { forms, sent } = await asked(client);
  client.token = () => Promise.reject(new Error("closed"));
  forms.answer("E-mail", "vera@example.com");
  await forms.submitAnswers();
  expect(forms.busy.value).toBe(false);
  expect(sent).toEqual([]);
  expect(forms.holds).toBe(true);
});

test("LC9 the form takes no address that the server does not", async () => {
  const { forms } = await asked(new FakeClient(LIVE));
  for (const bad of ["a@b_c.de", "a,b@c.de", "a@b..de", "<a>@b.de", `${"a".repeat(250)}@b.de`]) {
    forms.answer("E-mail", bad);
    expect(await forms.submitAnswers(), bad).toBe("E-mail");
  }
  forms.answer("E-mail", "vera+shop@müller-söhne.example");
  expect(await forms.submitAnswers()).toBeNull();
});

test("LC8 who met nobody is asked once how to be reached", async () => {
  const { forms, sent } = await asked(new FakeClient({ ...LIVE, views: [awaiting()] }));
  expect(forms.asksContact.value).toBe("c");
  expect(await forms.submitContact("c")).toBe("email");
  forms.contact.value = { name: " ", email: "vera@example.com" };
  expect(await forms.submitContact("c")).toBeNull();
  const body = { conversation: "c", email: "vera@example.com" };
  expect(sent).toEqual([{ path: "/api/v1/offline-info", body }]);
  expect(forms.asksContact.value).toBeNull();
});
