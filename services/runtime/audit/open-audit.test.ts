import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeLogger } from "../testing/fake-logger.js";
import type { AuditEvent } from "./audit.js";
import { openAudit } from "./open-audit.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-audit-"));
  path = join(folder, "audit.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const event = (request: string): AuditEvent => ({ action: "upload", outcome: "done", request });
const linesOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("adds to a file that is its owner's alone", async () => {
  for (const request of ["first", "second"]) {
    const audit = openAudit(path, fakeLogger(), new Registry());
    audit.note(event(request));
    await audit.close();
  }
  expect(linesOf(readFileSync(path, "utf8")).map(({ request }) => request)).toEqual(["first", "second"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("opens the file anew on SIGHUP, when another has taken the old one away", async () => {
  const audit = openAudit(path, fakeLogger(), new Registry());
  audit.note(event("before"));
  while (statSync(path).size === 0) await new Promise((resolve) => setImmediate(resolve));
  renameSync(path, `${path}.1`);
  const heard = once(process, "SIGHUP");
  process.kill(process.pid, "SIGHUP");
  await heard;
  audit.note(event("after"));
  await audit.close();
  expect(linesOf(readFileSync(`${path}.1`, "utf8")).map(({ request }) => request)).toEqual(["before"]);
  expect(linesOf(readFileSync(path, "utf8")).map(({ request }) => request)).toEqual(["after"]);
});

it("J3: waits for no reader: what it has no room for is lost, counted and told", async () => {
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  // Somebody who opens it and does not read.
  const reader = await open(path, "r+");
  const registry = new Registry();
  const audit = openAudit(path, fakeLogger(), registry);
  const many = 100_000;
  for (let count = 0; count < many; count++) audit.note(event("x".repeat(60)));
  const [{ value: lost = 0 } = {}] = (await registry.getSingleMetric("maskwire_audit_lost_total")?.get())?.values ?? [];
  expect(lost).toBeGreaterThan(0);
  let text = "";
  const buffer = Buffer.alloc(1024 * 1024);
  while (!text.includes('"action":"lost"')) text += buffer.toString("latin1", 0, (await reader.read(buffer)).bytesRead);
  const told = linesOf(text.slice(0, text.lastIndexOf("\n")));
  expect(told.find(({ action }) => action === "lost")?.count).toBe(lost);
  expect(told.length - 1 + lost).toBe(many);
  await audit.close();
  await reader.close();
});

it("says at the start what cannot be written to, and with off tells nothing", async () => {
  expect(() => openAudit(join(folder, "none", "audit"), fakeLogger(), new Registry())).toThrow(/MASKWIRE_AUDIT/);
  const audit = openAudit("off", fakeLogger(), new Registry());
  audit.note(event("nobody's"));
  await audit.close();
});
