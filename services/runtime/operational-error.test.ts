import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { isOperational, OperationalError } from "./operational-error.js";
import { SettingsError } from "./settings/settings-error.js";

it("is told from a bug, with the exit code that goes with it", () => {
  expect(isOperational(new OperationalError("No model."))).toBe(true);
  expect(new SettingsError("No number.").exitCode).toBe(78);
  for (const bug of [new TypeError("x is not a function"), "a string", undefined])
    expect(isOperational(bug)).toBe(false);
});

it("is still one when it comes from another thread", async () => {
  const module = new URL("./settings/settings-error.js", import.meta.url).href;
  const code = `import(${JSON.stringify(module)}).then(({ SettingsError }) => { throw new SettingsError("No number."); });`;
  const worker = new Worker(code, { eval: true });
  const [error] = await once(worker, "error");
  expect([error instanceof SettingsError, isOperational(error)]).toEqual([false, true]);
  expect(error).toMatchObject({ message: "No number.", exitCode: 78 });
});
