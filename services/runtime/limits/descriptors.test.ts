import { expect, it } from "vitest";
import { mostDescriptors } from "./descriptors.js";

const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             95718                95718                processes
Max open files            ${soft.padEnd(20)} 524288               files
Max locked memory         8388608              8388608              bytes
`;

it("are as many as the system lets the process have, and a usual number where it does not say", () => {
  expect(mostDescriptors(() => limits("1024"))).toBe(1024);
  expect(mostDescriptors(() => limits("unlimited"))).toBe(Number.MAX_SAFE_INTEGER);
  expect(mostDescriptors(() => "")).toBe(8192);
  expect(
    mostDescriptors(() => {
      throw new Error("there is no such file");
    }),
  ).toBe(8192);
  expect(mostDescriptors()).toBeGreaterThan(0);
});
