import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { principalOf } from "../../runtime/testing/fake-access.js";
import { Quotas } from "./quotas.js";
import { type SharedCounts, Sharing } from "./sharing.js";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** A store that can be away. */
class Store implements SharedCounts {
  isAway = false;
  asked = 0;
  readonly #counts = new Map<string, { used: number; endsAt: number }>();

  async add(key: string, amount: number, windowMs: number) {
    this.asked++;
    if (this.isAway) throw new Error("away");
    const known = this.#counts.get(key);
    const count = known && known.endsAt > Date.now() ? known : { used: 0, endsAt: Date.now() + windowMs };
    this.#counts.set(key, count);
    count.used += amount;
    return { used: count.used, leftMs: count.endsAt - Date.now() };
  }
}

const metrics = { limitHit: () => {} };
const principal = { ...principalOf("acme"), limits: { clicksPerMinute: 10 } };

function create(gateways: number) {
  const store = new Store();
  const all = Array.from({ length: gateways }, () => {
    const quotas = new Quotas({ keptMs: 1000, metrics, sharing: new Sharing(store) });
    return { click: () => quotas.tryTake(principal, "clicksPerMinute", 1) === 0, quotas };
  });
  return { store, all };
}
const clicks = (click: () => boolean, count: number) => Array.from({ length: count }, click).filter(Boolean).length;

it("Q5: several processes hold a principal to one limit together", async () => {
  const { all } = create(3);
  let passed = 0;
  for (let second = 0; second < 30; second++) {
    for (const { click } of all) passed += clicks(click, 1);
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(passed).toBeGreaterThanOrEqual(10);
  // Each may let one through before it has heard of the others.
  expect(passed).toBeLessThanOrEqual(12);
});

it("Q5: a click waits for nothing, and however many there are the store is asked once in a while", async () => {
  const { store, all } = create(1);
  expect(clicks(all[0]?.click as never, 100)).toBe(10);
  expect(store.asked).toBe(0);
  await vi.advanceTimersByTimeAsync(100);
  expect(store.asked).toBe(1);
});

it("Q5: each counts for itself while the store is away, and tells of it later", async () => {
  const { store, all } = create(2);
  store.isAway = true;
  expect(all.map(({ click }) => clicks(click, 20))).toEqual([10, 10]);
  await vi.advanceTimersByTimeAsync(70_000);
  // Another window.
  expect(all.map(({ click }) => clicks(click, 4))).toEqual([4, 4]);
  await vi.advanceTimersByTimeAsync(1000);
  store.isAway = false;
  expect(all.map(({ click }) => clicks(click, 1))).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1000);
  // The second has heard of all ten, the first with its next.
  expect(all.map(({ click }) => clicks(click, 1))).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(all.map(({ click }) => clicks(click, 1))).toEqual([0, 0]);
});

it("Q4: who asks is told what all of them have counted", async () => {
  const { all } = create(2);
  clicks(all[0]?.click as never, 4);
  await vi.advanceTimersByTimeAsync(100);
  expect(await all[1]?.quotas.usageOf(principal)).toMatchObject([{ name: "clicksPerMinute", used: 4, limit: 10 }]);
});
