/** Asking the server over REST: a bearer token, one envelope for errors, and never a cookie. */

import { fetchApi } from "../sdk.js";

/** How long an answer may take before it counts as none. */
const PATIENCE_MILLIS = 20_000;

export type ApiFailure =
  /** No answer: nothing is known of whether it was carried out. */
  | "offline"
  /** The token is not valid any more. */
  | "signed_out"
  /** The server says why. */
  | "refused";

/** Nothing was changed, except after `offline`, when it may have been. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly failure: ApiFailure,
    /** The server's own code, for which there may be words in the person's language. */
    readonly code: string,
    message: string,
    readonly status: number,
    /** The field of a form that is meant, where one is. */
    readonly field: string | null = null,
    /** How long the server asks to wait, where it does. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Record<string, string | number | boolean | null | undefined>;
export interface Asked {
  query?: Query;
  body?: unknown;
}

/** For somebody who has no token yet: what they have instead is in the body. */
export async function askOpenly<T>(path: string, body: unknown): Promise<T> {
  return send<T>("POST", path, { "content-type": "application/json" }, body);
}

export class Requests {
  readonly #token: () => Promise<string | null>;

  constructor(token: () => Promise<string | null>) {
    this.#token = token;
  }

  async ask<T>(method: Method, path: string, { query = {}, body }: Asked = {}): Promise<T> {
    const headers = await this.#headers();
    if (body !== undefined) {
      headers["content-type"] = "application/json";
    }
    return send<T>(method, `${path}${search(query)}`, headers, body);
  }

  /** An answer as it is, to be saved as a file. */
  async file(path: string, query: Query): Promise<Blob> {
    const headers = await this.#headers();
    const response = await exchange("GET", `${path}${search(query)}`, headers, undefined);
    if (!response.ok) {
      throw refusal(response, await json(response));
    }
    return response.blob();
  }

  async #headers(): Promise<Record<string, string>> {
    const token = await this.#token();
    if (token === null) {
      throw new ApiError("signed_out", "no_token", "there is no token", 401);
    }
    return { authorization: `Bearer ${token}` };
  }
}

async function send<T>(
  method: Method, path: string, headers: Record<string, string>, body: unknown,
): Promise<T> {
  const response = await exchange(method, path, headers, body);
  const answer: unknown = await json(response);
  if (!response.ok) {
    throw refusal(response, answer);
  }
  return answer as T;
}

function exchange(
  method: Method, path: string, headers: Record<string, string>, body: unknown,
): Promise<Response> {
  return reach(`/api/v1/${path}`, {
    method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: "omit", cache: "no-store", redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MILLIS),
  });
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetchApi(address, init);
  } catch {
    throw new ApiError("offline", "offline", "the server cannot be reached", 0);
  }
}

function search(query: Query): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") {
      parts.set(key, String(value));
    }
  }
  const text = parts.toString();
  return text === "" ? "" : `?${text}`;
}

async function json(response: Response): Promise<unknown> {
  if (response.status === 204) {
    return null;
  }
  try {
    return await response.json();
  } catch {
    return null;
  }
}

function refusal(response: Response, answer: unknown): ApiError {
  const { status } = response;
  const error = record(record(answer).error);
  const code = typeof error.code === "string" ? error.code : `http_${status}`;
  const message = typeof error.message === "string" ? error.message : "";
  const wait = Number(response.headers.get("retry-after"));
  const failure = status === 401 ? "signed_out" : status >= 502 && status !== 503 ? "offline"
    : "refused";
  return new ApiError(failure, code, message, status,
    typeof error.field === "string" ? error.field : null,
    Number.isFinite(wait) && wait > 0 ? wait : null);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
