import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ManifestError } from "../inference/models/manifest.js";
import { overloaded } from "../runtime/errors.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { CommandError, usageError } from "./command/command-error.js";
import { refuse } from "./refuse.js";

let written: string;
let exitCode: typeof process.exitCode;

beforeEach(() => {
  written = "";
  exitCode = process.exitCode;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = exitCode;
});

it.each([
  [new SettingsError("MASKWIRE_PORT is no number."), 78],
  [new ManifestError("The manifest is malformed."), 1],
  [overloaded("Too busy.", 70), 1],
  [new CommandError("No such file."), 1],
  [usageError("No such option."), 2],
])("ends with the sentence of an error that somebody can act on, and its own code: %s", (error, code) => {
  refuse(error);
  expect([written, process.exitCode]).toEqual([`maskwire: ${error.message}\n`, code]);
});

it("ends with the stack of any other, and 1", () => {
  refuse(new TypeError("x is not a function"));
  expect(written).toMatch(/^maskwire: TypeError: x is not a function\n +at /);
  expect(process.exitCode).toBe(1);
});

it("says which port is taken", () => {
  refuse(Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE", port: 8080 }));
  expect(written).toContain("the port 8080 is in use");
});

it("writes in the form that was asked for", () => {
  refuse(usageError("No such option."), (reason, code) => `${code}: ${reason}`);
  expect(written).toBe("2: No such option.");
});
