import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { pictureSet } from "../inference/picture-set.js";
import { parseSigningKeys } from "../runtime/signing-keys.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { mostFindingsBytes } from "./findings-record.js";
import { FindingsStore } from "./findings-store.js";
import { createMemoryStore } from "./memory-store.js";
import { SigningKeys } from "./signing-keys.js";
import { storeOptions } from "./testing/blob-store-contract.js";

const imageId = `sha256:${"a".repeat(64)}`;
const ref = { tenant: undefined, imageId, detector: "ssdlite", weights: "0123" };
const key = `${imageId}:found:ssdlite:0123:r1`;
const findings = {
  width: 640,
  height: 480,
  found: [{ label: "dog", score: 0.75, x0: 0, y0: 0.25, x1: 1, y1: 0.5 }],
};
const keysOf = (name: string) => new SigningKeys(parseSigningKeys(`${name}:${Buffer.alloc(32, name).toString("hex")}`));

let blobs: ReturnType<typeof createMemoryStore>;
beforeEach(() => {
  blobs = createMemoryStore(1_000_000, storeOptions());
});
/** A process of its own, over the same blobs. */
const open = (keys = new SigningKeys()) =>
  new FindingsStore(blobs, { metrics: new Registry(), logger: fakeLogger(), keys });

it("gives back what a detector has found, to its tenant alone, until the picture is deleted", async () => {
  const store = open();
  await store.set(ref, findings, undefined);
  expect(await store.get(ref)).toEqual(findings);
  for (const other of [
    { tenant: "acme" },
    { detector: "nanodet" },
    { weights: "4567" },
    { words: ["dog"] },
    { imageId: `${imageId.slice(0, -1)}b` },
  ]) {
    expect(await store.get({ ...ref, ...other })).toBeUndefined();
  }
  await store.set({ ...ref, words: ["dog", "cat"] }, { ...findings, found: [] }, undefined);
  expect(await store.get({ ...ref, words: ["dog", "cat"] })).toMatchObject({ found: [] });
  expect(await store.get({ ...ref, words: ["dog"] })).toBeUndefined();
  expect(await store.get(ref)).toEqual(findings);
  blobs.forget(pictureSet(undefined, imageId).prefix);
  expect(await store.get(ref)).toBeUndefined();
});

it.each([
  ["a box outside of its picture", [{ ...findings.found[0], x1: 1.5 }]],
  ["a score that is no number", [{ ...findings.found[0], score: Number.NaN }]],
  ["more than is read", Array(100).fill({ ...findings.found[0], label: "狗".repeat(200) })],
])("does not keep %s", async (_what, found) => {
  await open().set(ref, { ...findings, found: found as typeof findings.found }, undefined);
  expect(await blobs.has(key)).toBe(false);
});

describe("is a miss, and gone", () => {
  const text = (value: unknown) => Buffer.concat([new Uint8Array(48), Buffer.from(JSON.stringify(value))]);
  it.each<[string, Uint8Array]>([
    ["what is no record", Uint8Array.of(1, 2, 3)],
    ["what is cut short", text(findings).subarray(0, 80)],
    ["a box outside of its picture", text({ ...findings, found: [{ ...findings.found[0], x1: 1.5 }] })],
    ["a picture without a size", text({ ...findings, width: 0 })],
    ["what is far too long", text({ ...findings, more: "x".repeat(mostFindingsBytes) })],
  ])("%s", async (_what, record) => {
    await blobs.set(key, record);
    expect(await open().get(ref)).toBeUndefined();
    expect(await blobs.has(key)).toBe(false);
  });

  it("what another has signed, or moved from another picture", async () => {
    await open(keysOf("k1")).set(ref, findings, undefined);
    expect(await open(keysOf("k1")).get(ref)).toEqual(findings);
    const record = (await blobs.get(key, mostFindingsBytes)) as Uint8Array;
    const moved = { ...ref, imageId: `sha256:${"b".repeat(64)}` };
    await blobs.set(key.replace(imageId, moved.imageId), record);
    expect(await open(keysOf("k1")).get(moved)).toBeUndefined();
    expect(await open(keysOf("k2")).get(ref)).toBeUndefined();
    await open().set(ref, findings, undefined);
    expect(await open(keysOf("k1")).get(ref)).toBeUndefined();
  });
});
