import { expect, it } from "vitest";
import { inLanes } from "./lanes.js";

it("runs lanes beside each other, and tells what those beside the first say when each is over", async () => {
  const said: string[] = [];
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const running = inLanes(
    [["a", "b"], [], ["c", "d"]],
    (text) => void said.push(text.trim()),
    async (name, tell) => {
      begun.push(name);
      tell?.(`${name} says\n`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      tell?.("this");
    },
  );
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  expect(begun).toEqual(["a", "c"]);
  await end("c");
  expect(begun).toEqual(["a", "c", "d"]);
  for (const name of ["a", "d", "b"]) await end(name);
  await running;
  expect(begun).toEqual(["a", "c", "d", "b"]);
  expect(said).toEqual([
    "=== a",
    "=== c begins beside it",
    "=== c\nc says\nthis",
    "=== d begins beside it",
    "=== b",
    "=== d\nd says\nthis",
  ]);
});

it("goes on with the rest before it tells that one has failed", async () => {
  const ended: string[] = [];
  const running = inLanes(
    [["a", "b"], ["c"]],
    () => {},
    async (name) => {
      if (name === "a") throw new Error("a has failed");
      await new Promise(setImmediate);
      ended.push(name);
    },
  );
  await expect(running).rejects.toThrow("a has failed");
  expect(ended).toEqual(["c", "b"]);
});

it("has a lane that is through take the last of another's", async () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const running = inLanes(
    [["a"], ["b", "c", "d"]],
    () => {},
    async (name, tell) => {
      begun.push(tell ? `${name} beside` : name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    },
  );
  for (const name of ["a", "d", "b", "c"]) {
    ends.get(name)?.();
    await new Promise(setImmediate);
  }
  await running;
  expect(begun).toEqual(["a", "b beside", "d", "c"]);
});
