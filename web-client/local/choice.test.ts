import { describe, expect, it } from "vitest";
import { type Choice, forgetHere, hear, initialChoice, isProbeDue, isWorthTrying } from "./choice.js";

function heard(server: readonly number[], here: readonly number[], from: Choice = initialChoice): Choice {
  let choice = from;
  for (const tookMs of server) choice = hear(choice, { place: "server", tookMs, networkMs: tookMs - 30, atMs: 1_000 });
  for (const tookMs of here) choice = hear(choice, { place: "here", tookMs, networkMs: 0, atMs: 2_000 });
  return choice;
}

describe("where to decode", () => {
  const cases: readonly [server: number[], here: number[], place: string][] = [
    [[], [], "server"],
    [[200, 200, 200], [], "server"],
    [[], [20], "server"],
    [[200, 200], [20], "server"],
    [[200, 200, 200], [140], "here"],
    // Not clearly faster.
    [[200, 200, 200], [160], "server"],
    [[40, 40, 40], [120], "server"],
    // One answer that was held up changes nothing.
    [[40, 900, 40, 40, 40], [60], "server"],
    // Only the latest count.
    [[40, 40, 40, 200, 200, 200, 200, 200], [60], "here"],
  ];
  it.each(cases)("server %j, here %j: %s", (server, here, place) => {
    expect(heard(server, here).place).toBe(place);
  });

  it("stays where it is between clearly faster and clearly slower", () => {
    const here = heard([200, 200, 200], [100]);
    expect(heard([], Array(5).fill(220), here).place).toBe("here");
    expect(heard([], Array(5).fill(260), here).place).toBe("server");
    expect(heard(Array(5).fill(90), [], here).place).toBe("here");
    expect(heard(Array(5).fill(70), [], here).place).toBe("server");
  });

  it("is not put off by one decode that was held up", () => {
    expect(heard([], [3_000], heard([200, 200, 200], [100])).place).toBe("here");
    expect(heard([], [3_000, 3_000], heard([200, 200, 200], [100])).place).toBe("server");
  });

  it("is the server's again when the decoder here is gone", () => {
    expect(forgetHere(heard([200, 200, 200], [100]))).toMatchObject({ place: "server", here: [] });
  });
});

it("is worth a download where the network takes longer than a decode", () => {
  expect(isWorthTrying(heard([200, 200], []))).toBe(false);
  expect(isWorthTrying(heard([200, 200, 200], []))).toBe(true);
  expect(isWorthTrying(heard([60, 60, 60], []))).toBe(false);
});

it("asks the other place after half a minute, and more rarely where that is felt", () => {
  const here = heard([200, 200, 200], [50]);
  expect([isProbeDue(here, 30_000), isProbeDue(here, 32_000)]).toEqual([false, true]);
  const felt = heard([2_000, 2_000, 2_000], [50]);
  expect([isProbeDue(felt, 100_000), isProbeDue(felt, 122_000)]).toEqual([false, true]);
  // Nothing has been decoded here yet, so there is nothing to compare.
  expect(isProbeDue(heard([200, 200, 200], []), 1_000_000)).toBe(false);
});
