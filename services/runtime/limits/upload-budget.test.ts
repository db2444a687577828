import { expect, it } from "vitest";
import { Code, ServiceError } from "../errors.js";
import { UploadBudget } from "./upload-budget.js";

const KiB = 1024;
const MiB = 1024 * KiB;

/** The error that it throws, or undefined. */
function refusal(work: () => void): ServiceError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

it("holds what has arrived, a step ahead, until it is released", () => {
  const uploads = new UploadBudget("uploads", 8 * MiB);
  const held = uploads.begin({ caller: "a" });
  held.grow(1);
  // There are many small ones.
  expect(uploads.bytes.usedBytes).toBe(1);
  held.grow(100 * KiB);
  held.grow(101 * KiB);
  expect(uploads.bytes.usedBytes).toBe(300 * KiB);
  held.grow(3 * MiB);
  expect(uploads.bytes.usedBytes).toBeGreaterThanOrEqual(3 * MiB);
  held.release();
  held.release();
  expect(uploads.bytes.usedBytes).toBe(0);
});

it("H18: refuses what no longer fits, with a hint, and keeps what it holds", () => {
  const uploads = new UploadBudget("uploads", 4 * MiB);
  const [first, second] = [uploads.begin({ caller: "a" }), uploads.begin({ caller: "b" })];
  first.grow(3 * MiB);
  second.grow(MiB - 300 * KiB);
  expect(refusal(() => second.grow(2 * MiB))).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 1000 });
  first.release();
  expect(refusal(() => second.grow(2 * MiB))).toBeUndefined();
});

it("H18: gives a caller's only upload all there is, and one of several no more than its part", () => {
  const alone = new UploadBudget("uploads", 8 * MiB);
  expect(refusal(() => alone.begin({ caller: "a" }).grow(8 * MiB))).toBeUndefined();

  const uploads = new UploadBudget("uploads", 8 * MiB);
  let taken = 0;
  while (taken < 100 && !refusal(() => uploads.begin({ caller: "greedy" }).grow(256 * KiB))) taken++;
  expect(taken).toBeLessThan(26);
  expect(taken).toBeGreaterThan(20);
  // Somebody else comes in.
  expect(refusal(() => uploads.begin({ caller: "other" }).grow(MiB))).toBeUndefined();
});

it("H18: gives a tenant's many no more than its part, and another tenant room", () => {
  const uploads = new UploadBudget("uploads", 8 * MiB);
  let taken = 0;
  const one = () => uploads.begin({ caller: `${taken}`, tenant: "acme" }).grow(256 * KiB);
  while (taken < 100 && !refusal(one)) taken++;
  expect(taken).toBeLessThan(26);
  expect(refusal(() => uploads.begin({ caller: "x", tenant: "umbrella" }).grow(MiB))).toBeUndefined();
});
