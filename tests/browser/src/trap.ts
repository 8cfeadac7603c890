import type { Page } from "@playwright/test";

interface Attached {
  sessionId: string;
  targetInfo: { type: string };
}

/**
 * Overwrites the memory of every core on a page. Nothing in the apps helps: the debugger finds the
 * memories in the workers' heaps. What a core does next is a real trap.
 */
export async function destroyCores(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const workers: string[] = [];
  session.on("Target.attachedToTarget", ({ sessionId, targetInfo }: Attached) => {
    if (targetInfo.type === "worker") workers.push(sessionId);
  });
  await session.send("Target.setAutoAttach", {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  let destroyed = 0;
  for (const worker of workers) destroyed += await destroyIn(session, worker);
  await session.detach();
  return destroyed;
}

type Session = Awaited<ReturnType<ReturnType<Page["context"]>["newCDPSession"]>>;

async function destroyIn(session: Session, worker: string): Promise<number> {
  let last = 0;
  const ask = (method: string, params: object): Promise<Record<string, { objectId: string; value: number }>> => {
    const id = ++last;
    return new Promise((resolve, reject) => {
      const hear = ({ sessionId, message }: { sessionId: string; message: string }) => {
        const answer = JSON.parse(message) as { id?: number; result?: never; error?: unknown };
        if (sessionId !== worker || answer.id !== id) return;
        session.off("Target.receivedMessageFromTarget", hear);
        if (answer.result === undefined) reject(new Error(message));
        else resolve(answer.result);
      };
      session.on("Target.receivedMessageFromTarget", hear);
      const message = JSON.stringify({ id, method, params });
      void session.send("Target.sendMessageToTarget", { sessionId: worker, message });
    });
  };
  const prototype = await ask("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const found = await ask("Runtime.queryObjects", {
    prototypeObjectId: prototype.result?.objectId,
  });
  const done = await ask("Runtime.callFunctionOn", {
    objectId: found.objects?.objectId,
    functionDeclaration: `function () {
      for (const memory of this) new Uint8Array(memory.buffer).fill(0xff);
      return this.length;
    }`,
    returnByValue: true,
  });
  return done.result?.value ?? 0;
}
