import { create } from "@bufbuild/protobuf";
import { expect, it, vi } from "vitest";
import {
  EncodeReadySchema,
  PropagateRequestSchema,
  PropagateResponseSchema,
  SegmentEverythingRequestSchema,
  SegmentRequestSchema,
} from "../../proto/index.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import { noQuota, type Quota, type QuotaName } from "../../services/runtime/callers/quota.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { principalOf } from "../../services/runtime/testing/fake-access.js";
import { EmbeddingMissingError } from "../peers/embedding-missing-error.js";
import type { Upload } from "../peers/encoders.js";
import type { Ask } from "./ask.js";
import { cropsOf } from "./everything.js";
import { withRecovery } from "./recovery.js";
import { withQuotas } from "./with-quotas.js";

const imageId = `sha256:${"a".repeat(64)}`;
const principal = principalOf("acme");
const call = { signal: new AbortController().signal, principal };
const picture = { imageId, model: "" };
const click = create(SegmentRequestSchema, { imageId });
const used = (name: QuotaName) =>
  expect.objectContaining({ code: Code.RESOURCE_EXHAUSTED, message: expect.stringContaining(`(${name})`) });

/** A door to `ask` where so much of each limit is left. */
function open(ask: Partial<Ask>, left: Partial<Record<QuotaName, number>> = {}) {
  const taken: Partial<Record<QuotaName, number>> = {};
  const quota: Quota = {
    ...noQuota,
    tryTake: (who: Principal, name, amount) => {
      expect(who).toBe(principal);
      const sum = (taken[name] ?? 0) + amount;
      if (sum > (left[name] ?? Number.POSITIVE_INFINITY)) return 700;
      taken[name] = sum;
      return 0;
    },
    correct: (_who, name, amount) => {
      taken[name] = (taken[name] ?? 0) + amount;
    },
  };
  return { taken, door: withQuotas(ask as Ask, quota) };
}

it("Q1: counts clicks, by themselves and of a line, but no previews, no drafts and none that is not answered", async () => {
  const segment = vi.fn(async () => ({}) as never);
  const { door, taken } = open({ segment, openLine: () => ({ segment, close: () => {} }) }, { clicksPerMinute: 2 });
  await door.segment(click, call);
  const line = door.openLine({});
  for (let count = 0; count < 4; count++) await line.segment(create(SegmentRequestSchema, { preview: true }), call);
  await line.segment(create(SegmentRequestSchema, { draft: true }), call);
  segment.mockRejectedValueOnce(new ServiceError({ code: Code.UNAVAILABLE, message: "Lost." }));
  await expect(line.segment(click, call)).rejects.toThrow("Lost.");
  await line.segment(click, call);
  await expect(line.segment(click, call)).rejects.toEqual(used("clicksPerMinute"));
  expect(taken.clicksPerMinute).toBe(2);
  expect(segment).toHaveBeenCalledTimes(8);
});

it("Q1: counts encodes that were needed, and opens what needs none when there are none left", async () => {
  const ready = (cached: boolean) => async () => create(EncodeReadySchema, { cached });
  const lookup = vi.fn(async () => ({ embedded: true }) as never);
  const openImage = vi.fn(ready(true));
  const { door, taken } = open({ lookup, openImage }, { encodesPerHour: 1 });
  await door.openImage(picture, call);
  openImage.mockImplementation(ready(false));
  await door.openImage(picture, call);
  expect([taken.encodesPerHour, lookup.mock.calls.length]).toEqual([1, 0]);
  await door.openImage(picture, call);
  lookup.mockResolvedValue({ embedded: false } as never);
  await expect(door.openImage(picture, call)).rejects.toEqual(used("encodesPerHour"));
  expect(taken.encodesPerHour).toBe(1);
});

it("Q1: counts an upload's bytes as they have come, and as stored where the picture is new", async () => {
  let cached = false;
  const upload = vi.fn(async () => create(EncodeReadySchema, { cached }));
  const { door, taken } = open({ upload }, { bytesPerSecond: 100, storedBytes: 60 });
  const one = { header: {}, announcedBytes: 50, arrivedBytes: () => 40 } as unknown as Upload;
  await door.upload(one, call);
  expect(taken).toMatchObject({ bytesPerSecond: 40, storedBytes: 40, encodesPerHour: 1 });
  await expect(door.upload(one, call)).rejects.toEqual(used("storedBytes"));
  // The bytes came all the same.
  expect(taken).toMatchObject({ bytesPerSecond: 80, storedBytes: 40, encodesPerHour: 1 });
  cached = true;
  await door.upload({ ...one, announcedBytes: 10, arrivedBytes: () => 10 }, call);
  expect(taken).toMatchObject({ bytesPerSecond: 90, storedBytes: 40, encodesPerHour: 1 });
});

it("Q1: counts the points that everything mode has asked, and all that it may ask while it does", async () => {
  async function* events() {
    yield { event: { case: "progress", value: { pointsDone: 8 } } };
    yield { event: { case: "done", value: { points: 12 } } };
  }
  const everything = vi.fn(async () => events() as never);
  const { door, taken } = open({ everything }, { everythingPointsPerHour: 30 });
  const request = create(SegmentEverythingRequestSchema, { imageId, pointsPerSide: 5 });
  const begun = await door.everything(request, call);
  expect(taken.everythingPointsPerHour).toBe(25);
  await expect(door.everything(request, call)).rejects.toEqual(used("everythingPointsPerHour"));
  for await (const _ of begun);
  expect(taken.everythingPointsPerHour).toBe(12);
  const left = await door.everything(create(SegmentEverythingRequestSchema, { imageId, pointsPerSide: 4 }), call);
  await left.next();
  await left.return(undefined);
  expect(taken.everythingPointsPerHour).toBe(20);
});

it("Q1: counts each crop that everything mode had to have encoded, and asks for none when there are none left", async () => {
  const image = { imageId, width: 800, height: 600 };
  const encoded: unknown[] = [];
  const outcomes: (boolean | Error)[] = [];
  const providers = {
    encoders: {
      encodeStored: async ({ crop }: { crop?: unknown }) => {
        if (!crop) return create(EncodeReadySchema, { image, cached: true });
        encoded.push(crop);
        const outcome = outcomes.shift() ?? false;
        if (outcome instanceof Error) throw outcome;
        return create(EncodeReadySchema, { image, cached: outcome });
      },
    },
  } as never;
  const missing = new EmbeddingMissingError(
    { address: "one" } as never,
    new ServiceError({ code: Code.NOT_FOUND, message: "Missing." }),
  );
  let isMissing = true;
  const decode = async () => {
    if (isMissing) throw missing;
    return (async function* () {})() as never;
  };
  const { door, taken } = open({ everything: withRecovery(providers, decode, cropsOf) }, { encodesPerHour: 7 });
  const search = (cropNLayers: number) =>
    door.everything(create(SegmentEverythingRequestSchema, { imageId, cropNLayers }), call);
  // Layers of 4 and 16 crops.
  await expect(search(2)).rejects.toEqual(used("encodesPerHour"));
  expect([encoded.length, taken.encodesPerHour]).toEqual([7, 7]);
  taken.encodesPerHour = 0;
  outcomes.push(true, true, new ServiceError({ code: Code.UNAVAILABLE, message: "Lost." }));
  await expect(search(1)).rejects.toThrow("Lost.");
  expect([encoded.length, taken.encodesPerHour]).toEqual([10, 0]);
  isMissing = false;
  for await (const _ of await search(2));
  expect([encoded.length, taken.encodesPerHour]).toEqual([10, 0]);
});

it("Y3 counts each object in a frame of a video as a point of everything mode, and nothing for what fails", async () => {
  const known = [1, 2].map((object) => ({ imageId, masks: [{ object }, { object: 3 }] }));
  const request = create(PropagateRequestSchema, { imageId, known });
  const propagate = vi.fn(async () => create(PropagateResponseSchema));
  const { door, taken } = open({ propagate }, { everythingPointsPerHour: 4 });
  await door.propagate(request, call);
  expect(taken.everythingPointsPerHour).toBe(3);
  await expect(door.propagate(request, call)).rejects.toEqual(used("everythingPointsPerHour"));
  propagate.mockRejectedValueOnce(new Error("lost"));
  const other = open({ propagate }, { everythingPointsPerHour: 4 });
  await expect(other.door.propagate(request, call)).rejects.toThrow("lost");
  expect(other.taken.everythingPointsPerHour).toBe(0);
});
