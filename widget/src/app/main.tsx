import { connect, workerFrom } from "@rejoinder/client";
import workerUrl from "@rejoinder/client/worker?worker&url";
import { start } from "./start";

/** Begun before it is known who is here: it takes longest, and a person waits for words. */
let early: Worker | null = workerFrom(workerUrl);
/** Resolves once it has heard who is here. */
const awake = new Promise<void>((resolve) => {
  early?.addEventListener("message", () => resolve(), { once: true });
});
early.onerror = () => {
  early = null;
};

void start(
  connect,
  () => {
    const worker = early ?? workerFrom(workerUrl);
    early = null;
    return worker;
  },
  awake,
);
