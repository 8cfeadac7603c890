import assert from "node:assert/strict";
import { test } from "node:test";
import { RejoinderError } from "../src/api.ts";
import { isOverdue, whyNotThere } from "../src/fetching.ts";

test("UI34 a file that does not come says why, and an hour after its message that it may never", () => {
  const why = (code: "file_waiting" | "file_not_taken" | "recalled" | "file_content") =>
    whyNotThere(new RejoinderError(code, code));
  assert.deepEqual(
    [why("file_waiting"), why("file_not_taken"), why("recalled"), why("file_content")],
    ["waiting", "refused", "gone", "failed"],
  );
  const hour = 60 * 60_000;
  assert.equal(isOverdue(null, 9 * hour), false, "its message waits as well");
  assert.equal(isOverdue(hour, 2 * hour), false);
  assert.equal(isOverdue(hour, 2 * hour + 1), true);
});
