import { setMaxListeners } from "node:events";
import { expect, it } from "vitest";
import { Child } from "./child.js";
import { unexpected, warningsIn } from "./warnings.js";

/** Newer Nodes set no limit for signals by themselves. */
const listen = (listeners: number) =>
  `const { signal } = new AbortController(); require("node:events").setMaxListeners(10, signal);
   for (let i = 0; i < ${listeners}; i++) signal.addEventListener("abort", () => {});`;
const node = (source: string) => new Child(process.execPath, ["-e", source], { env: {} });

it("a child that was given a warning fails the test that started it", async () => {
  const child = node(listen(11));
  await child.ended;
  await expect(child[Symbol.asyncDispose]()).rejects.toThrow(/MaxListenersExceededWarning: .* 11 abort listeners/s);
  const other = node(listen(10));
  await other.ended;
  await other[Symbol.asyncDispose]();
});

it("a warning of this process is told with its place, unless it is expected", async () => {
  const given: Error[] = [];
  const note = (warning: Error) => given.push(warning);
  process.prependListener("warning", note);
  const others = process.listeners("warning").filter((listener) => listener !== note);
  for (const listener of others) process.removeListener("warning", listener);
  try {
    const { signal } = new AbortController();
    setMaxListeners(1, signal);
    for (let i = 0; i < 2; i++) signal.addEventListener("abort", () => {});
    await new Promise(setImmediate);
  } finally {
    process.removeListener("warning", note);
    for (const listener of others) process.on("warning", listener);
  }
  expect(given.map(unexpected)).toEqual([expect.stringContaining("warnings.test")]);
});

it("lets pass what is expected, and what only looks like a warning", () => {
  const said = [
    "(node:7) ExperimentalWarning: Permission is an experimental feature and might change at any time",
    "a Warning of our own",
    "(node:7) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.",
  ];
  expect(warningsIn(said.join("\n"))).toEqual(said.slice(2));
});
