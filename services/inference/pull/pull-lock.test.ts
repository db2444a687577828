import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { PullError } from "./pull-error.js";
import { takeLock } from "./pull-lock.js";

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
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;

it("is had by one at a time, and says by whom", async () => {
  const lock = await takeLock(path, "model.onnx");
  const second = takeLock(path, "model.onnx");
  await expect(second).rejects.toBeInstanceOf(PullError);
  await expect(second).rejects.toThrow(
    `model.onnx is being fetched by process ${process.pid} on ${hostname()} already: wait for it.`,
  );
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
  await (await takeLock(path, "model.onnx")).release();
});

it("of twenty who want it at once exactly one gets", async () => {
  hold({ pid: deadPid(), host: hostname(), token: "gone" });
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path, "model.onnx")));
  const held = tries.filter((one) => one.status === "fulfilled");
  expect(held).toHaveLength(1);
  for (const { value } of held) await value.release();
  expect(existsSync(path)).toBe(false);
});

it.each<[string, () => void]>([
  ["a process that is gone", () => hold({ pid: deadPid(), host: hostname(), token: "gone" })],
  ["another machine that has been silent", () => hold({ pid: 1, host: "elsewhere", token: "gone" }, 60_000)],
  ["nobody knows whom, long ago", () => hold("", 60_000)],
])("of %s is taken over", async (_name, before) => {
  before();
  const lock = await takeLock(path, "model.onnx");
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

it.each<[string, () => void, RegExp]>([
  ["another machine", () => hold({ pid: 7, host: "elsewhere", token: "theirs" }), /by process 7 on elsewhere/],
  ["whoever just writes it", () => hold(""), /by another process/],
])("of %s is left alone", async (_name, before, message) => {
  before();
  await expect(takeLock(path, "model.onnx")).rejects.toThrow(message);
  expect(existsSync(path)).toBe(true);
});

it("that another took meanwhile is told of, and not taken away", async () => {
  const lock = await takeLock(path, "model.onnx");
  hold({ pid: 7, host: "elsewhere", token: "theirs" });
  await new Promise((resolve) => lock.lost.addEventListener("abort", resolve, { once: true }));
  expect(lock.lost.reason).toBeInstanceOf(PullError);
  await lock.release();
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ token: "theirs" });
});
