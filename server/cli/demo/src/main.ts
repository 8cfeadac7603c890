import { find } from "./dom.js";
import { Side } from "./side.js";
import { Stored } from "./stored.js";
import { TrafficLog } from "./traffic.js";

const log = new TrafficLog(find(".traffic", HTMLElement));
const visitor = new Side(find('[data-side="visitor"]', HTMLElement), {
  title: "The visitor",
  lead: "A shop, with the chat that its customers see.",
  address: "/demo/shop",
  missing: "Open the chat at the lower right corner of the shop.",
});
const agent = new Side(find('[data-side="agent"]', HTMLElement), {
  title: "The agent",
  lead: "The desk, where the team answers.",
  address: "/desk",
  missing: "Nobody is logged in at the desk.",
  logIns: "/demo/log-ins",
});
const stored = new Stored(find(".stored", HTMLElement), visitor, agent);

for (const [side, name] of [
  [visitor, "visitor"],
  [agent, "agent"],
] as const) {
  side.onTraffic((traffic) => {
    log.add(name, traffic);
    stored.changed();
  });
  side.onChange(() => stored.changed());
}
