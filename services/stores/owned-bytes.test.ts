import fc from "fast-check";
import { expect, it } from "vitest";
import { OwnedBytes } from "./owned-bytes.js";

it("has whoever holds most give up what it used longest ago", () => {
  const bytes = new OwnedBytes();
  bytes.add("a1", { caller: "a" }, 30);
  bytes.add("a2", { caller: "a" }, 30);
  bytes.add("b1", { caller: "b" }, 50);
  expect(bytes.nextToGo({ caller: "b" }, 5)).toBe("a1");
  bytes.touch("a1");
  expect(bytes.nextToGo({ caller: "b" }, 5)).toBe("a2");
  expect(bytes.nextToGo({ caller: "b" }, 20)).toBe("b1");
  // Who holds nothing yet has nothing to give.
  expect(bytes.nextToGo({ caller: "c" }, 1000)).toBe("a2");
  bytes.remove("a2");
  expect(bytes.nextToGo({ caller: "c" }, 1000)).toBe("b1");
  bytes.remove("b1");
  bytes.remove("a1");
  bytes.remove("a1");
  expect(bytes.nextToGo({ caller: "c" }, 1)).toBeUndefined();
});

it("A5: has the tenant that holds most give up something, however many callers share that, and in it the one with most", () => {
  const bytes = new OwnedBytes();
  for (const caller of ["a", "b", "c"])
    bytes.add(`acme ${caller}`, { caller, tenant: "acme" }, caller === "b" ? 30 : 20);
  bytes.add("umbrella d", { caller: "d", tenant: "umbrella" }, 50);
  // Nobody of acme holds as much as d.
  expect(bytes.nextToGo({ caller: "d", tenant: "umbrella" }, 10)).toBe("acme b");
  expect(bytes.nextToGo({ caller: "d", tenant: "umbrella" }, 30)).toBe("umbrella d");
  bytes.remove("acme b");
  expect(bytes.nextToGo({ caller: "a", tenant: "acme" }, 5)).toBe("umbrella d");
  expect(bytes.nextToGo({ caller: "c", tenant: "acme" }, 15)).toBe("acme c");
});

it("takes nothing from who holds no more than an equal part, whatever comes", () => {
  const room = 1000;
  const comes = fc.record({ owner: fc.constantFrom("a", "b", "c", "d"), bytes: fc.integer({ min: 1, max: 100 }) });
  fc.assert(
    fc.property(fc.array(comes, { maxLength: 300 }), (arrivals) => {
      const owned = new OwnedBytes();
      const held = new Map<string, { owner: string; bytes: number }>();
      const sum = (owner?: string) =>
        [...held.values()].reduce((all, one) => all + (owner === undefined || one.owner === owner ? one.bytes : 0), 0);
      for (const [index, { owner, bytes }] of arrivals.entries()) {
        while (sum() + bytes > room) {
          const key = owned.nextToGo({ caller: owner }, bytes) ?? "";
          const from = held.get(key)?.owner;
          // A fourth of the room is what each may have when all four fill it.
          if (from !== owner) expect(sum(from)).toBeGreaterThan((room - bytes) / 4);
          expect(held.delete(key)).toBe(true);
          owned.remove(key);
        }
        held.set(`${index}`, { owner, bytes });
        owned.add(`${index}`, { caller: owner }, bytes);
      }
    }),
  );
});
