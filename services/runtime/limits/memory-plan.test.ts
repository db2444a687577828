import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeMemory, fixed, type MemoryPart, planMemory } from "./memory-plan.js";

describe("a plan of memory", () => {
  const parts = {
    rest: fixed(100),
    small: { leastBytes: 10, mostBytes: 110 },
    large: { leastBytes: 20, mostBytes: 320 },
  };
  const sizes = (limitBytes: number) => {
    const sizeOf = planMemory(limitBytes, parts);
    return Object.values(parts).map(sizeOf);
  };

  it("gives each its least where there is no more, and its most where there is room for all", () => {
    expect(sizes(50)).toEqual([100, 10, 20]);
    expect(sizes(130)).toEqual([100, 10, 20]);
    expect(sizes(530)).toEqual([100, 110, 320]);
    expect(sizes(5000)).toEqual([100, 110, 320]);
  });

  it("shares what is left in proportion to the most that each can use", () => {
    expect(sizes(330)).toEqual([100, 60, 170]);
  });

  it("leaves what is set as it is, and plans the others as if it were not", () => {
    const sizeOf = planMemory(330, { ...parts, large: { ...parts.large, setBytes: 7 } });
    expect([sizeOf(parts.small), sizeOf({ ...parts.large, setBytes: 7 })]).toEqual([60, 7]);
  });

  const part: fc.Arbitrary<MemoryPart> = fc
    .tuple(fc.nat(1e9), fc.nat(1e9))
    .map(([leastBytes, more]) => ({ leastBytes, mostBytes: leastBytes + more }));

  it("never comes to more than the memory that holds the least of all", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), part), fc.nat(1e10), (all, over) => {
        const least = Object.values(all).reduce((sum, { leastBytes }) => sum + leastBytes, 0);
        const sizeOf = planMemory(least + over, all);
        const planned = Object.values(all).reduce((sum, one) => sum + sizeOf(one), 0);
        expect(planned).toBeLessThanOrEqual(least + over);
      }),
    );
  });
});

it("is told in bytes and mebibytes, and told to be too much where it is", () => {
  const MiB = 1024 * 1024;
  expect(describeMemory({ limitBytes: 3 * MiB, parts: { heap: MiB, cache: 2 * MiB } })).toEqual({
    fits: true,
    limit: "3145728 (3 MiB)",
    planned: "3145728 (3 MiB)",
    parts: { heap: "1048576 (1 MiB)", cache: "2097152 (2 MiB)" },
  });
  expect(describeMemory({ limitBytes: 3 * MiB, parts: { heap: MiB, cache: 2 * MiB + 1 } }).fits).toBe(false);
});
