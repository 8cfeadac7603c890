import { start } from "../src/app/start";
import { FakeClient } from "./fake";
import { SCENES } from "./scenes";

/** The site's id names the scene. */
const name = new URLSearchParams(location.search).get("site") ?? "";
const noWorker = () => {
  throw new Error("a scripted client has no worker");
};
void start(
  () => new FakeClient((SCENES[name] ?? SCENES.empty)?.() as never),
  noWorker,
  Promise.resolve(),
);
