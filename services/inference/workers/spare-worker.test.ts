import { expect, it } from "vitest";
import { SpareWorker } from "./spare-worker.js";

it("A4 is kept from a tenant while people of another are at work, however many of its own are", () => {
  const clock = { ms: 0 };
  const spare = new SpareWorker(() => clock.ms);
  expect(spare.isKeptFrom("bulk")).toBe(false);
  spare.clicked("bulk");
  expect(spare.isKeptFrom("bulk")).toBe(false);
  spare.clicked("people");
  expect([spare.isKeptFrom("bulk"), spare.isKeptFrom("people")]).toEqual([true, true]);
  clock.ms = 3000;
  spare.clicked("bulk");
  spare.clicked("bulk");
  expect(spare.isKeptFrom("bulk")).toBe(true);
  clock.ms = 5000;
  expect(spare.isKeptFrom("bulk")).toBe(false);
  expect(spare.isKeptFrom("people")).toBe(true);
});
