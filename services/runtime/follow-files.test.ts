import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { followFiles } from "./follow-files.js";

let folder: string;
let path: string;
let follower: { close(): void } | undefined;
/** What was tried, and what was told. */
let tried: string[];
let told: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "follow-"));
  path = join(folder, "followed");
  [tried, told] = [[], []];
  writeFileSync(path, "good 0");
  follower = followFiles([path], {
    take: ([text = "gone"]) => {
      tried.push(text);
      const [kind] = text.split(" ");
      if (kind !== "good") throw new Error(`it is ${kind}`);
    },
    refused: (why) => told.push(why),
  });
});
afterEach(() => {
  follower?.close();
  rmSync(folder, { recursive: true });
});

it("L9, T4: says once why a file cannot be used, however it changes, and reads a broken one again once a second at most", async () => {
  for (let at = 0; at < 20; at++) {
    writeFileSync(path, `bad ${at}`);
    await delay(25);
  }
  await expect.poll(() => tried.at(-1), { interval: 20 }).toBe("bad 19");
  expect(tried.length).toBeLessThanOrEqual(3);
  expect(told).toEqual(["it is bad"]);
  writeFileSync(path, "worse 1");
  await expect.poll(() => told, { interval: 20 }).toEqual(["it is bad", "it is worse"]);
});

it("L9: takes a change although something else is written to the folder all the time", async () => {
  let count = 0;
  const writing = setInterval(() => writeFileSync(join(folder, "log"), `${count++}`), 20);
  writeFileSync(path, "good 1");
  await expect.poll(() => tried, { interval: 20 }).toEqual(["good 1"]);
  clearInterval(writing);
});
