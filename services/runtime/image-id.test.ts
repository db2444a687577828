import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { ImageDigest, imageIdInSteps, imageIdOf } from "./image-id.js";
import { inSteps, joinInSteps } from "./in-steps.js";

const MiB = 1024 * 1024;

it("is the SHA-256 of a file, whole, in chunks or in steps", async () => {
  for (const length of [0, 1, MiB - 1, MiB, MiB + 1, 5 * MiB + 7]) {
    const bytes = randomBytes(length);
    const expected = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const digest = new ImageDigest();
    for (let at = 0; at < length; at += 300_000) digest.update(bytes.subarray(at, at + 300_000));
    expect([imageIdOf(bytes), digest.imageId(), await imageIdInSteps(bytes)]).toEqual([expected, expected, expected]);
  }
});

it("joins chunks of any size behind the room that is left for others", async () => {
  const bytes = randomBytes(5 * MiB + 3);
  for (const cuts of [[], [0], [1, 1, 2], [MiB, 3 * MiB], Array.from({ length: 500 }, (_, index) => index * 1000)]) {
    const edges = [0, ...cuts, bytes.length];
    const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
    const whole = await joinInSteps(chunks, 10);
    expect(bytes.equals(whole.subarray(10)), `${cuts.length} cuts`).toBe(true);
    expect(whole.subarray(0, 10)).toEqual(new Uint8Array(10));
    expect(whole.buffer.byteLength).toBe(whole.byteLength);
  }
});

it("lets others go on at every half megabyte", async () => {
  const bytes = new Uint8Array(8 * MiB);
  const order: string[] = [];
  let isDone = false;
  const others = (async () => {
    while (!isDone) {
      order.push("other");
      await new Promise(setImmediate);
    }
  })();
  await inSteps(bytes, (part) => {
    order.push(`step of ${part.byteLength}`);
  });
  await joinInSteps([bytes, bytes.subarray(0, 10)]);
  isDone = true;
  await others;
  expect(order.filter((one) => one === `step of ${MiB / 2}`).length).toBe(16);
  // Between any two steps of work.
  expect(order.join().includes(`step of ${MiB / 2},step of ${MiB / 2}`)).toBe(false);
  expect(order.filter((one) => one === "other").length).toBeGreaterThanOrEqual(30);
});
