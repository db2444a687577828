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
  const held = uploads.begin("a");
  held.grow(1);
  held.grow(100 * KiB);
  expect(uploads.bytes.usedBytes).toBe(256 * KiB);
  held.grow(3 * MiB);
  expect(uploads.bytes.usedBytes).toBeGreaterThanOrEqual(3 * MiB);
  held.release();
  held.release();
  expect(uploads.bytes.usedBytes).toBe(0);
});

it("H18: refuses what no longer fits, with a hint, and keeps what it holds", () => {
  const uploads = new UploadBudget("uploads", 4 * MiB);
  const [first, second] = [uploads.begin("a"), uploads.begin("b")];
  first.grow(3 * MiB);
  second.grow(MiB - 300 * KiB);
  expect(refusal(() => second.grow(2 * MiB))).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 1000 });
  first.release();
  expect(refusal(() => second.grow(2 * MiB))).toBeUndefined();
});

it("H18: gives a caller's only upload all there is, and one of several no more than its part", () => {
  const alone = new UploadBudget("uploads", 8 * MiB);
  expect(refusal(() => alone.begin("a").grow(8 * MiB))).toBeUndefined();

  const uploads = new UploadBudget("uploads", 8 * MiB);
  let taken = 0;
  while (taken < 100 && !refusal(() => uploads.begin("greedy").grow(256 * KiB))) taken++;
  expect(taken).toBeLessThan(26);
  expect(taken).toBeGreaterThan(20);
  // Somebody else comes in.
  expect(refusal(() => uploads.begin("other").grow(MiB))).toBeUndefined();
});
