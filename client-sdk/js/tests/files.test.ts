import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FileTable, FolderLock } from "../src/store/file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const put = (key: string, value: string) => ({
  clear: false,
  puts: [bytes(key), bytes(value)],
  deletes: [],
});
const folder = () => mkdtempSync(join(tmpdir(), "rejoinder-files-"));

async function keys(table: FileTable): Promise<string[]> {
  return (await table.keys()).map((key) => new TextDecoder().decode(key));
}

test("ST17 a change that a crash cut off is left out, and the next one is kept", async () => {
  const at = folder();
  let table = FileTable.open(at);
  await table.commit(put("a", "1"));
  table.close();
  const log = join(at, "rows.log");
  const whole = statSync(log).size;
  appendFileSync(log, readFileSync(log).subarray(0, whole - 1));
  table = FileTable.open(at);
  assert.deepEqual(await keys(table), ["a"]);
  await table.commit(put("b", "2"));
  table.close();
  assert.deepEqual(await keys(FileTable.open(at)), ["a", "b"]);
});

test("ST17 a change with another byte in it is no change", async () => {
  const at = folder();
  const table = FileTable.open(at);
  await table.commit(put("a", "1"));
  await table.commit(put("b", "2"));
  table.close();
  const log = readFileSync(join(at, "rows.log"));
  log.writeUInt8((log.at(-1) ?? 0) ^ 1, log.length - 1);
  writeFileSync(join(at, "rows.log"), log);
  assert.deepEqual(await keys(FileTable.open(at)), ["a"]);
});

test("ST17 a log that is mostly of no use is written anew while it is in use", async () => {
  const at = folder();
  const table = FileTable.open(at);
  const long = "x".repeat(50_000);
  for (let n = 0; n < 40; n += 1) await table.commit(put("same", `${n}${long}`));
  assert.ok(statSync(join(at, "rows.log")).size < 400_000);
  table.close();
  assert.deepEqual(await keys(FileTable.open(at)), ["same"]);
});

test("a folder is taken by one client, and taken over from one that is gone", () => {
  const at = folder();
  const lock = new FolderLock(at);
  assert.throws(() => new FolderLock(at), /in use/);
  lock.release();
  // A process of long ago, whose number another may have by now.
  writeFileSync(join(at, "lock"), JSON.stringify({ pid: 1, began: "0" }));
  new FolderLock(at).release();
  writeFileSync(join(at, "lock"), "");
  new FolderLock(at).release();
});
