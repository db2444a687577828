import { expect, it } from "vitest";
import { Waits } from "./waits.js";

it("tells what is waited for, as far as it is at that moment, and nothing that is over", async () => {
  const waits = new Waits();
  expect(`${waits}`).toBe("nothing");
  let [left, finish, fail] = [2, () => {}, (_why: Error) => {}];
  const first = waits.during(
    () => `for ${left} people`,
    new Promise<void>((resolve) => {
      finish = resolve;
    }),
  );
  const second = waits.during(
    () => "for Redis",
    new Promise<never>((_, reject) => {
      fail = reject;
    }),
  );
  left = 1;
  expect(`${waits}`).toBe("for 1 people, for Redis");
  finish();
  await first;
  expect(`${waits}`).toBe("for Redis");
  fail(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  expect(`${waits}`).toBe("nothing");
});
