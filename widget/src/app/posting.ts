import type { Session } from "./session";

/** Tells the server something in the visitor's name; null where it could not be told. */
export async function post(session: Session, path: string, body: object): Promise<Response | null> {
  try {
    const token = await session.client.value?.token();
    if (!token) return null;
    return await fetch(`/api/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
    });
  } catch {
    // Without a network, or from a client that has ended meanwhile.
    return null;
  }
}
