import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { takeLock } from "./file-lock.js";
import { livelinessOf, thisLife } from "./process-life.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-lock-"));
  path = join(folder, "model.lock");
  return () => rmSync(folder, { recursive: true });
});

const hold = (holder: object | string, ageMs = 0) => {
  writeFileSync(path, typeof holder === "string" ? holder : JSON.stringify(holder));
  const at = new Date(Date.now() - ageMs);
  utimesSync(path, at, at);
};
/** A process that has been. */
const deadLife = () => ({ ...thisLife(), pid: spawnSync("true").pid, started: "1", host: hostname(), token: "gone" });
/** Of another machine or container: whether it lives cannot be seen. */
const elsewhere = { pid: process.pid, place: "another", started: "1", host: "elsewhere", token: "theirs" };

class Taken extends Error {}
const taken = (who: string) => new Taken(`It is written by ${who}.`);
const paces = { beatMs: 5, silentMs: 40 };
const take = (signal = AbortSignal.timeout(30_000)) => takeLock(path, { taken, signal, paces });

it("is had by one at a time, and says by whom", async () => {
  const lock = await take();
  const second = take();
  await expect(second).rejects.toBeInstanceOf(Taken);
  await expect(second).rejects.toThrow(`It is written by process ${process.pid} on ${hostname()}.`);
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
  await (await take()).release();
});

it("of twenty who want it at once exactly one gets", async () => {
  hold(deadLife());
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => take()));
  const held = tries.filter((one) => one.status === "fulfilled");
  expect(held).toHaveLength(1);
  for (const { value } of held) await value.release();
  expect(existsSync(path)).toBe(false);
});

it.each<[string, () => void]>([
  ["a process that is gone", () => hold(deadLife())],
  ["one that had this process's number before", () => hold({ ...deadLife(), pid: process.pid })],
  ["a container that was killed before this one was started", () => hold({ ...elsewhere, host: hostname() })],
  ["another machine that has been silent", () => hold(elsewhere, 60_000)],
  ["an older release, which says less", () => hold({ pid: process.pid, host: hostname(), token: "gone" })],
  ["nobody knows whom, long ago", () => hold("", 60_000)],
])("of %s is taken over", async (_name, before) => {
  before();
  const lock = await take();
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

it.each<[string, object | string, RegExp]>([
  ["another machine", elsewhere, /by process \d+ on elsewhere/],
  ["a container of the same name", { ...elsewhere, host: hostname() }, /by process/],
  ["whoever just writes it", "", /by another process/],
])("of %s that says it lives is left alone", async (_name, holder, message) => {
  hold(holder);
  const beating = setInterval(() => utimesSync(path, new Date(), new Date()), paces.beatMs);
  onTestFinished(() => clearInterval(beating));
  await expect(take()).rejects.toThrow(message);
  expect(existsSync(path)).toBe(true);
});

it("of another is free as soon as that gives it back, and waited for no longer than is wanted", async () => {
  hold(elsewhere);
  const leaving = AbortSignal.abort(new Error("left"));
  await expect(take(leaving)).rejects.toThrow();
  const waiting = takeLock(path, {
    taken,
    signal: AbortSignal.timeout(30_000),
    paces: { beatMs: 5, silentMs: 30_000 },
  });
  rmSync(path);
  await (await waiting).release();
});

it("that another took meanwhile is told of, and not taken away", async () => {
  const lock = await take();
  hold(elsewhere);
  await new Promise((resolve) => lock.lost.addEventListener("abort", resolve, { once: true }));
  expect(lock.lost.reason).toBeInstanceOf(Taken);
  await lock.release();
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ token: "theirs" });
});

it("that another took meanwhile is found out by whoever looks before the next beat", async () => {
  const lock = await takeLock(path, { taken, signal: AbortSignal.timeout(30_000) });
  await lock.check();
  hold(elsewhere);
  await expect(lock.check()).rejects.toBeInstanceOf(Taken);
  expect(lock.lost.aborted).toBe(true);
  await lock.release();
});

it.skipIf(process.platform !== "linux")(
  "of a process that is seen to live is its own, however long it hangs",
  async () => {
    const hanging = { ...thisLife(), host: hostname(), token: "theirs" };
    hold(hanging, 3_600_000);
    await expect(take()).rejects.toBeInstanceOf(Taken);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(hanging);
  },
);

it.skipIf(process.platform !== "linux")(
  "is of a process that another can tell from those that have its number later",
  () => {
    expect(livelinessOf(thisLife())).toBe("alive");
    expect(livelinessOf({ ...thisLife(), started: "1" })).toBe("dead");
    expect(livelinessOf({ ...thisLife(), pid: process.ppid, started: "1" })).toBe("dead");
    expect(livelinessOf({ ...thisLife(), place: "another" })).toBe("unknown");
  },
);
