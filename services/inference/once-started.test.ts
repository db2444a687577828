import { expect, it } from "vitest";
import { Code } from "../runtime/errors.js";
import { OnceStarted } from "./once-started.js";

it("is there from the start on, and says before that it is not yet", () => {
  const pool = new OnceStarted<string>("decoder");
  expect(pool.now).toBeUndefined();
  expect(() => pool.get()).toThrow(
    expect.objectContaining({ code: Code.UNAVAILABLE, message: "The decoder is starting.", retryAfterMs: 500 }),
  );
  pool.set("workers");
  expect([pool.now, pool.get()]).toEqual(["workers", "workers"]);
});
