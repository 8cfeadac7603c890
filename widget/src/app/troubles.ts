import type { Client, Problem } from "@rejoinder/client";
import type { Banners } from "./banners";
import type { Host } from "./host";
import { moment } from "./language";
import type { Site } from "./site";

/** How long is told at least what passes by itself. */
const PASSING_MILLIS = 5_000;
/** What is put off for longer than this is told with its time. */
const SOON_MILLIS = 60_000;

/** Whom the server does not know is begun anew, or told by the session. */
type Told = Exclude<Problem, "credential">;

/** What the server has against this client, as lines that say what to do. */
export class Troubles {
  readonly #banners: Banners;
  readonly #host: Host;
  readonly #site: Site;
  #passing = 0;

  constructor(banners: Banners, host: Host, site: Site) {
    this.#banners = banners;
    this.#host = host;
    this.#site = site;
  }

  tell(client: Client, reason: Told, retryAfterMillis: number): void {
    this.#host.tell("error", { code: reason });
    const text = (strings: { problems: Record<Problem, string> }) => strings.problems[reason];
    switch (reason) {
      case "version":
      case "malformed":
      case "out_of_turn":
        this.#banners.put({
          id: reason,
          tone: "warn",
          text,
          action: {
            label: (strings) => strings.reload,
            run: () => this.#host.say({ type: "reload" }),
          },
        });
        break;
      case "replaced":
        this.#banners.put({
          id: reason,
          tone: "warn",
          text,
          action: {
            label: (strings) => strings.useHere,
            run: () => {
              this.#banners.drop(reason);
              void client.goOnline();
            },
          },
        });
        break;
      case "unknown_site":
        this.#site.gone.value = true;
        // Nothing new can be begun.
        this.#banners.drop("wiped");
        this.#banners.put({ id: reason, tone: "warn", text });
        break;
      case "origin":
        this.#banners.put({ id: reason, tone: "warn", text });
        break;
      case "busy":
      case "closing":
      case "storage":
      case "timed_out":
      case "too_much":
        this.#putOff(reason, retryAfterMillis);
        break;
      case "frame_too_large":
      case "unknown_conversation":
      case "damaged_conversation":
        this.#banners.put({
          id: reason,
          tone: "warn",
          text,
          action: { label: (strings) => strings.fine, run: () => this.#banners.drop(reason) },
        });
        break;
    }
  }

  #putOff(reason: Problem, millis: number): void {
    const until = this.#site.now() + millis;
    const isLong = reason === "too_much" && millis > SOON_MILLIS;
    this.#banners.put({
      id: "passing",
      tone: isLong ? "warn" : "quiet",
      text: (strings) =>
        isLong ? strings.tooMuchUntil(moment(until, this.#site.now())) : strings.problems[reason],
    });
    clearTimeout(this.#passing);
    const shown = Math.max(millis, PASSING_MILLIS);
    this.#passing = window.setTimeout(() => this.#banners.drop("passing"), shown);
  }
}
