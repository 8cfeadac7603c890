/** What launcher and app say to each other: the host page on one side, the iframe on the other. */

export type ColorScheme = "light" | "dark" | "auto";
/** `start` and `end` follow the direction of the language; `left` and `right` do not. */
export type Position = "start" | "end" | "left" | "right";

/** What a page may set: `window.RejoinderSettings`, or `data-…` on the script. */
export interface Settings {
  site?: string;
  position?: Position;
  /** CSS pixels from the edges: one number for both, or block and inline. */
  offset?: number | { block?: number; inline?: number };
  zIndex?: number;
  hideLauncher?: boolean;
  launcherLabel?: string;
  greeting?: string;
  locale?: string;
  colorScheme?: ColorScheme;
  /** For browsers without constructable style sheets, under a strict policy of the page. */
  nonce?: string;
}

export interface Look {
  greeting?: string | undefined;
  locale: string;
  colorScheme: ColorScheme;
}

/** What happened, for the page; none of it holds words. */
export type EventName =
  | "ready"
  | "open"
  | "close"
  | "unread"
  | "conversation:started"
  | "conversation:closed"
  | "message:received"
  | "message:edited"
  | "message:recalled"
  | "connection"
  | "prechat:submitted"
  | "error";
export type Detail = Readonly<Record<string, string | number | boolean | null>>;

/** Calls of the page that the app carries out. */
export type Call = "startConversation" | "identify" | "logout" | "setAttributes";

/** Title and address of the page around the chat. */
export type VisitedPage = readonly [title: string, url: string];

export type ToApp =
  | {
      type: "init";
      token: string | null;
      look: Look;
      shown: boolean;
      inline: boolean;
      /** A launcher that a browser kept from before tells none. */
      page?: VisitedPage;
    }
  | { type: "shown"; shown: boolean }
  | { type: "look"; look: Look }
  | { type: "call"; method: Call; argument?: unknown };

export type ToHost =
  | { type: "hello" }
  /** Null: whoever this was, they are forgotten. */
  | { type: "token"; token: string | null }
  | { type: "unread"; count: number }
  | { type: "event"; name: EventName; detail: Detail }
  /** Something is asked that must be seen. */
  | { type: "open" }
  | { type: "close" }
  /** Load the app anew: only the page can tell when that fails. */
  | { type: "reload" };

/** The nonce names one iframe: what an earlier one still says is not taken for the newer's. */
export type Envelope<M> = { rejoinder: string; message: M };

/** The languages that there are words for. */
export type Language = "en" | "ar";

export function languageOf(locale: string): Language {
  return /^ar\b/i.test(locale) ? "ar" : "en";
}

export function directionOf(language: Language): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}
