/** The directory at an agent's desk: what is kept of it, and what waits to be sent to it. */

import { computed, effect } from "@preact/signals";
import type { ParticipantId, SiteId } from "@rejoinder/client";
import { Cached } from "../api/cached.js";
import { type Kept, openKept } from "../api/kept.js";
import { RestOutbox, type Waiting } from "../api/outbox.js";
import { Requests } from "../api/request.js";
import type { CannedResponse, Category, SiteAnswers, Visitor } from "../api/shapes.js";
import * as ask from "../api/endpoints.js";
import type { Desk } from "./desk.js";
import { selected } from "./route.js";
import { Visitors } from "./visitors.js";
import type { Disposer } from "./readable.js";

/** What is younger than this is not asked for again by itself. */
const FRESH_MILLIS = 60_000;

export class Directory {
  readonly requests: Requests;
  readonly outbox: RestOutbox;
  readonly categories: Cached<Category[]>;
  readonly canned: Cached<CannedResponse[]>;
  /** Sites that keep former words for their team. */
  readonly keepFormer: Cached<SiteId[]>;
  readonly names: Visitors;
  /**
   * Whether the server has a directory over REST: tickets, canned responses, categories, visitors'
   * details, availability, settings. What one has not is not shown. Known without a network, too.
   */
  readonly isThere = computed(() =>
    this.categories.state.value.at !== null || this.canned.state.value.at !== null);
  /** What this browser keeps of it, and of the agent's own things. */
  readonly kept: Promise<Kept>;
  readonly #sites = new Map<SiteId, Cached<SiteAnswers>>();
  readonly #visitors = new Map<ParticipantId, Cached<Visitor>>();
  /** What is told when something of the outbox arrived. */
  readonly #arrived = new Set<(waiting: Waiting) => void>();
  readonly #stop: Disposer;

  constructor(desk: Desk) {
    this.requests = new Requests(() => desk.client.token());
    this.kept = openKept(desk.participant ?? "");
    this.outbox = new RestOutbox(this.requests, this.kept, (waiting) => this.#tell(waiting));
    this.names = new Visitors(this.requests, this.kept);
    this.categories = this.#list("categories", () => ask.categories(this.requests));
    this.canned = this.#list("canned responses", () => ask.cannedResponses(this.requests));
    this.keepFormer = this.#list("sites with former words", async () =>
      (await ask.sites(this.requests)).filter((site) => site.keep_former_words).map(({ id }) => id));
    // What was kept of it is from another day: it is asked for once, and again when it is old.
    let isAsked = false;
    const look = effect(() => {
      if (selected.value !== null && desk.connection.value === "live") {
        if (isAsked) {
          refreshOld(this.keepFormer);
        } else {
          void this.keepFormer.refresh();
        }
        isAsked = true;
      }
    });
    const stop = effect(() => {
      if (desk.connection.value === "live") {
        void this.outbox.flush();
        this.names.again();
        const kept: Old[] = [this.categories, this.canned, ...this.#sites.values()];
        for (const cached of kept) {
          refreshOld(cached);
        }
      }
    });
    this.#stop = () => {
      look();
      stop();
    };
  }

  /** What everybody may know of a site: who answers there, and how. */
  site(id: SiteId): Cached<SiteAnswers> {
    return remembered(this.#sites, id, () => new Cached({
      ask: () => ask.siteAnswers(this.requests, id),
      keep: { as: `site ${id}`, kept: this.kept, isOne: isObject<SiteAnswers> },
    }));
  }

  visitor(id: ParticipantId): Cached<Visitor> {
    return remembered(this.#visitors, id, () => new Cached({
      ask: async () => {
        const found = await ask.visitor(this.requests, id);
        this.names.learn(found);
        return found;
      },
    }));
  }

  onArrival(listener: (waiting: Waiting) => void): Disposer {
    this.#arrived.add(listener);
    return () => this.#arrived.delete(listener);
  }

  dispose(): void {
    this.#stop();
  }

  #list<T>(as: string, all: () => Promise<T[]>): Cached<T[]> {
    return new Cached<T[]>({ ask: all, keep: {
      as, kept: this.kept, isOne: (value): value is T[] => Array.isArray(value),
    } });
  }

  #tell(waiting: Waiting): void {
    if (waiting.kind === "visitor") {
      void this.#visitors.get(waiting.about)?.refresh();
    }
    for (const listener of this.#arrived) {
      listener(waiting);
    }
  }
}

function isObject<T>(value: unknown): value is T {
  return typeof value === "object" && value !== null;
}

function remembered<T>(all: Map<string, Cached<T>>, id: string, make: () => Cached<T>): Cached<T> {
  const found = all.get(id) ?? make();
  if (!all.has(id)) {
    all.set(id, found);
    void found.refresh();
  }
  return found;
}

type Old = { state: { peek(): { at: number | null } }; refresh(): Promise<void> };

function refreshOld(cached: Old): void {
  const { at } = cached.state.peek();
  if (at === null || Date.now() - at > FRESH_MILLIS) {
    void cached.refresh();
  }
}
