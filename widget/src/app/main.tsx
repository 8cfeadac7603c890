import { connect, workerFrom } from "@rejoinder/client";
import workerUrl from "@rejoinder/client/worker?worker&url";
import { start } from "./start";

void start(connect, () => workerFrom(workerUrl));
