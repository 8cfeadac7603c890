/** Who is logged in: from the store where there was a contact before, else by a password. */

import { signal } from "@preact/signals";
import {
  type Client, type ConnectOptions, type ErrorCode, RejoinderError,
} from "@rejoinder/client";
import { eraseKept } from "../api/kept.js";
import { connect, makeWorker } from "../sdk.js";
import { announce } from "./ask.js";
import { Desk } from "./desk.js";
import { t } from "./i18n.js";
import { lookForNewVersion } from "./offline.js";
import { go } from "./route.js";

export type LoginFailure =
  | { code: "credential" | "unreachable" | "busy" | "version" | "notAgent" | "unsupported"
      | "storeBusy" | "other"
      /** A second factor: of a log-in without a code, and of one with a wrong one. */
      | "codeNeeded" | "codeWrong" }
  | { code: "tooMany"; seconds: number };
export type Stage =
  | { at: "opening" }
  | { at: "login"; failure: LoginFailure | null; farewell: "loggedOut" | "wiped" | null }
  /** Somebody came by a link to choose a password. */
  | { at: "link"; token: string }
  | { at: "desk"; desk: Desk };

export const stage = signal<Stage>({ at: "opening" });

const CONTACT_MILLIS = 15_000;
/** The desk whose person asked to log out: its store being wiped is no surprise then. */
let leaving: Desk | null = null;

/** A store is open once at a time: who comes next waits until the last one let go of it. */
let closing: Promise<unknown> = Promise.resolve();

declare global {
  interface Window {
    /** The open client, for demonstrations and tests. */
    rejoinderClient?: Client;
  }
}

/** Opens without a network where this browser was logged in before. */
export async function start(): Promise<void> {
  const token = takeLink();
  if (token) {
    stage.value = { at: "link", token };
    return;
  }
  try {
    const client = await open({});
    if (client.identity.value !== null) {
      enter(client);
      return;
    }
    await close(client);
    stage.value = { at: "login", failure: null, farewell: null };
  } catch (error) {
    const failure = failureOf(error);
    const grave = failure.code === "storeBusy" || failure.code === "unsupported";
    stage.value = { at: "login", failure: grave ? failure : null, farewell: null };
  }
}

/** A link's token leaves the address at once: addresses stay in histories. */
function takeLink(): string | null {
  const [, token] = /^#\/link\/([\w.~-]{8,200})$/.exec(location.hash) ?? [];
  if (token) {
    go({ page: "inbox", conversation: null }, "replace");
  }
  return token ?? null;
}

/** From a link on to the log-in, or to the desk where somebody is logged in here. */
export async function leaveLink(): Promise<void> {
  stage.value = { at: "opening" };
  await start();
}

/** The password is handed to the client and kept nowhere here. */
export async function logIn(email: string, password: string, code?: string): Promise<void> {
  let client: Client | null = null;
  const told: { failure: LoginFailure | null } = { failure: null };
  try {
    const proof = { email, password, ...(code === undefined ? {} : { code }) };
    client = await open({ credential: { password: proof } });
    const failed = watch(client, code !== undefined);
    try {
      await Promise.race([client.contact(CONTACT_MILLIS), failed.promise]);
    } finally {
      told.failure = failed.failure();
      failed.stop();
    }
    const role = client.identity.value?.principal.role;
    if (typeof role !== "object") {
      await client.logOut("lose");
      await close(client);
      stage.value = { at: "login", failure: { code: "notAgent" }, farewell: null };
      return;
    }
    enter(client);
  } catch (error) {
    await (client && close(client));
    stage.value = { at: "login", failure: told.failure ?? failureOf(error), farewell: null };
  }
}

/** `unsent: "keep"` is refused by the client while something waits. */
export async function logOut(desk: Desk, unsent: "keep" | "lose"): Promise<void> {
  desk.drafts.flush();
  leaving = desk;
  try {
    await desk.client.logOut(unsent);
    leave(desk, "loggedOut");
  } catch (error) {
    // What was under way when the store was erased ends with an error; the person is out.
    if (isOpen(desk)) {
      throw error;
    }
  } finally {
    leaving = null;
  }
}

async function open(more: Partial<ConnectOptions>): Promise<Client> {
  await closing;
  const client = await connect({
    server: location.origin, profile: "desk", followNewest: 100, worker: makeWorker, ...more,
  });
  try {
    await client.ready;
  } catch (error) {
    await close(client);
    throw error;
  }
  return client;
}

function close(client: Client): Promise<void> {
  const closed = client.close().catch(() => undefined);
  closing = Promise.all([closing, closed]);
  return closed;
}

function isOpen(desk: Desk): boolean {
  const current = stage.peek();
  return current.at === "desk" && current.desk === desk;
}

function enter(client: Client): void {
  const desk = new Desk(client);
  window.rejoinderClient = client;
  client.on("wiped", () => leave(desk, leaving === desk ? "loggedOut" : "wiped"));
  stage.value = { at: "desk", desk };
}

function leave(desk: Desk, farewell: "loggedOut" | "wiped"): void {
  if (!isOpen(desk)) {
    return;
  }
  desk.dispose();
  void close(desk.client);
  void eraseKept();
  delete window.rejoinderClient;
  go({ page: "inbox", conversation: null }, "replace");
  stage.value = { at: "login", failure: null, farewell };
  announce(t.peek().login[farewell]);
}

/** What the server says to a log-in comes as an event; the first one that settles it is told. */
function watch(client: Client, hasCode: boolean) {
  let failure: LoginFailure | null = null;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  promise.catch(() => undefined);
  const fail = (found: LoginFailure) => {
    failure ??= found;
    reject(new Error(found.code));
  };
  const stops = [
    client.on("unreachable", () => fail({ code: "unreachable" })),
    client.on("store", () => fail({ code: "storeBusy" })),
    client.on("problem", ({ reason, retry_after_millis: wait }) => {
      if (reason === "credential") {
        fail({ code: "credential" });
      } else if (reason === "code_needed") {
        fail({ code: hasCode ? "codeWrong" : "codeNeeded" });
      } else if (reason === "too_much") {
        fail({ code: "tooMany", seconds: Math.max(1, Math.ceil((wait ?? 60_000) / 1000)) });
      } else if (reason === "version") {
        lookForNewVersion();
        fail({ code: "version" });
      } else if (reason !== "timed_out" && reason !== "replaced") {
        fail({ code: "busy" });
      }
    }),
  ];
  return {
    promise,
    failure: () => failure,
    stop: () => {
      for (const stop of stops) {
        stop();
      }
    },
  };
}

function failureOf(error: unknown): LoginFailure {
  const codes: Partial<Record<ErrorCode, LoginFailure["code"]>> = {
    refused: "credential", no_contact: "unreachable", offline: "unreachable", closed: "unreachable",
    store: "storeBusy", unsupported: "unsupported",
  };
  const code = error instanceof RejoinderError ? codes[error.code] ?? "other" : "other";
  return code === "tooMany" ? { code, seconds: 60 } : { code };
}
