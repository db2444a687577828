import { EventEmitter } from "node:events";
import { afterEach, expect, it } from "vitest";
import { watchOutput } from "./watch-output.js";

const before = process.exitCode;
afterEach(() => {
  process.exitCode = before;
});

function watched() {
  const told: string[] = [];
  const [stdout, stderr] = [new EventEmitter(), new EventEmitter()] as unknown as [
    NodeJS.WriteStream,
    NodeJS.WriteStream,
  ];
  watchOutput((sentence) => told.push(sentence), { stdout, stderr });
  return { told, stdout, stderr };
}

const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code });

it("says nothing when the reader has enough, or when notices are not read", () => {
  const { told, stdout, stderr } = watched();
  stdout.emit("error", failure("EPIPE"));
  stderr.emit("error", failure("ENOSPC"));
  expect(told).toEqual([]);
  expect(process.exitCode).toBe(before);
});

it("says once why the result is not there", () => {
  const { told, stdout } = watched();
  stdout.emit("error", failure("ENOSPC"));
  stdout.emit("error", failure("ENOSPC"));
  expect(told).toEqual(["The result cannot be written: the disk is full."]);
  expect(process.exitCode).toBe(1);
});
