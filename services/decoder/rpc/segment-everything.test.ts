import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  bitmapToRle,
  decodeRle,
  EverythingMode,
  encodeRle,
  rleArea,
  rleBoundingBox,
  rleIou,
  type SegmentEverythingEventSchema,
  SegmentEverythingRequestSchema,
} from "../../../proto/index.js";
import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest } from "../../inference/models/manifest.js";
import { Models } from "../../inference/models/models.js";
import { Code, overloaded, ServiceError } from "../../runtime/errors.js";
import type { Call } from "../../runtime/grpc/call.js";
import { callContext } from "../../runtime/testing/call-context.js";
import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import { everythingOptions, mostPoints } from "../everything/everything-options.js";
import type { PictureTasks } from "../pictures/pictures.js";
import type { DecodedGrid, GridTask } from "../worker/decoder-tasks.js";
import { type EverythingObjects, segmentEverything } from "./segment-everything.js";

type Event = NonNullable<MessageInitShape<typeof SegmentEverythingEventSchema>["event"]>;

const imageId = `sha256:${"a".repeat(64)}`;
const { signal: never } = new AbortController();
const exhaustive = { mode: EverythingMode.EXHAUSTIVE };

/** A mask of its own at each point; the score tells them apart. */
const maskAt = ({ x, y }: { x: number; y: number }, predictedIou = 0.9): DecodedMask => ({
  counts: "x",
  box: { x, y, width: 2, height: 2 },
  area: 4,
  predictedIou,
  stabilityScore: 1,
});

class FakeDecoder implements EverythingObjects {
  readonly models = new Models(Manifest.read());
  readonly workers: number;
  size = { width: 640, height: 480 };
  readonly tasks: GridTask["points"][] = [];
  entered = 0;
  signal = never;
  /** Answers a batch; the number says which. */
  grid: (points: GridTask["points"], batch: number, task: GridTask) => Promise<DecodedGrid> = async (points) =>
    points.map((point) => [maskAt(point)]);

  constructor(workers = 2) {
    this.workers = workers;
  }

  limits = { maxPoints: 32_768, deadlineMs: 3_600_000 };

  readonly places = {
    enter: () => {
      this.entered++;
      return () => {
        this.entered--;
      };
    },
  };

  readonly pictures = { open: (ref: EmbeddingRef, call: Call) => this.#open(ref, call) };

  async #open(ref: EmbeddingRef, { signal }: Call): Promise<PictureTasks> {
    this.signal = signal;
    const run = (task: Omit<GridTask, "kind"> & { kind: string }) => {
      if (signal.aborted) return Promise.reject(cancelled());
      if (task.kind === "prepare") return Promise.resolve({ warm: true });
      if (task.kind === "features") return Promise.resolve(new Float32Array(task.points.length).fill(1));
      this.tasks.push(task.points);
      return this.grid(task.points, this.tasks.length, task as GridTask);
    };
    return {
      width: ref.crop?.width ?? this.size.width,
      height: ref.crop?.height ?? this.size.height,
      picture: this.size,
      ref,
      local: true,
      embedding: { key: ref.key, record: new SharedArrayBuffer(0), asOf: 0 },
      run: run as unknown as PictureTasks["run"],
    };
  }
}

const cancelled = () => new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });

async function run(decoder: FakeDecoder, init: object = {}, signal = never, send?: (event: Event) => Promise<void>) {
  const events: Event[] = [];
  const request = create(SegmentEverythingRequestSchema, { imageId, pointsPerSide: 4, ...init });
  await segmentEverything(decoder)(
    request,
    async ({ event }) => {
      if (!event?.case) throw new Error("an event without a kind");
      events.push(event);
      await send?.(event);
    },
    callContext({ signal }),
  );
  return events;
}

/** The ids that a client has which follows the events. @throws when one is retracted that it does not have. */
function follow(events: Event[]): number[] {
  const kept = new Set<number>();
  for (const { case: kind, value } of events) {
    if (kind === "found") kept.add(value?.id ?? 0);
    else if (kind === "retracted" && !kept.delete(value?.id ?? 0)) throw new Error(`${value?.id} was not there`);
  }
  return [...kept];
}

const progressOf = (events: Event[]) =>
  events.flatMap(({ case: kind, value }) => (kind === "progress" ? [[value?.pointsDone, value?.pointsTotal]] : []));

describe("bounds", () => {
  it("E7 counts the points of all layers, and names what makes too many before anything is begun", async () => {
    const decoder = new FakeDecoder();
    const sa1b = { pointsPerSide: 32, cropNLayers: 2 };
    expect(mostPoints(everythingOptions(create(SegmentEverythingRequestSchema, sa1b)))).toBe(21_504);
    expect(
      mostPoints(everythingOptions(create(SegmentEverythingRequestSchema, { ...sa1b, cropNPointsDownscaleFactor: 2 }))),
    ).toBe(3072);
    await expect(run(decoder, { pointsPerSide: 128, cropNLayers: 3 })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining("makes 1392640 points; at most 32768"),
    });
    expect(decoder.tasks).toEqual([]);
  });

  it("C13 refuses a model that takes no points before anything is begun", async () => {
    const decoder = new FakeDecoder();
    const model = decoder.models.serving("");
    const boxes = { ...model, id: "boxes", capabilities: { ...model.capabilities, points: "none" as const } };
    const asked = run(Object.assign(decoder, { models: { serving: () => boxes } as unknown as Models }), exhaustive);
    await expect(asked).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining('"boxes" takes no points'),
    });
    expect(decoder.tasks).toEqual([]);
  });

  it("E8 ends what takes too long, and frees its place, also while nobody reads what it tells", async () => {
    const decoder = new FakeDecoder();
    decoder.limits = { maxPoints: 32_768, deadlineMs: 20 };
    const late = { code: Code.DEADLINE_EXCEEDED, message: expect.stringContaining("took longer") };
    decoder.grid = () =>
      new Promise((_, reject) => decoder.signal.addEventListener("abort", () => reject(decoder.signal.reason)));
    await expect(run(decoder, exhaustive)).rejects.toMatchObject(late);
    await expect(run(decoder, exhaustive, never, () => new Promise(() => {}))).rejects.toMatchObject(late);
    expect(decoder.entered).toBe(0);
  });
});

describe("segmentEverything", () => {
  it("asks every point once, tells progress after each batch, and ends with what stands", async () => {
    const decoder = new FakeDecoder(1);
    const events = await run(decoder, exhaustive);
    const asked = decoder.tasks.flat().map(({ x, y }) => `${x},${y}`);
    expect(new Set(asked).size).toBe(16);
    expect(asked).toHaveLength(16);
    expect(progressOf(events)).toEqual([0, 4, 8, 12, 16].map((done) => [done, 16]));
    expect(events[0]).toMatchObject({ value: { etaMs: 0 } });
    expect(events.at(-1)).toMatchObject({
      case: "done",
      value: { image: { imageId, width: 640, height: 480 }, masks: 16, points: 16 },
    });
    expect(follow(events)).toHaveLength(16);
    expect(events.find(({ case: kind }) => kind === "found")).toMatchObject({
      value: { mask: { rle: { size: [480, 640] } }, point: { label: 1 }, cropBox: { width: 640, height: 480 } },
    });
    expect(decoder.entered).toBe(0);
  });

  it("asks the adaptive share, and says so from the first", async () => {
    const events = await run(new FakeDecoder());
    expect(progressOf(events)[0]).toEqual([0, 8]);
    expect(progressOf(events).at(-1)).toEqual([8, 8]);
    expect(events.at(-1)).toMatchObject({ case: "done", value: { points: 8 } });
    expect((await run(new FakeDecoder(), { pointsPerSide: 1 })).at(-1)).toMatchObject({ value: { points: 1 } });
  });

  it("never has more under way than there are workers", async () => {
    const decoder = new FakeDecoder(3);
    let [running, most] = [0, 0];
    decoder.grid = async (points) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return points.map(() => []);
    };
    await run(decoder, { ...exhaustive, pointsPerSide: 8 });
    expect(most).toBe(3);
  });

  it("asks the same points whichever worker is faster", async () => {
    const askedWith = async (turnsOf: (batch: number) => number) => {
      const decoder = new FakeDecoder(3);
      decoder.grid = async (points, batch) => {
        for (let turn = turnsOf(batch); turn > 0; turn--) await new Promise(setImmediate);
        // Something new on the left side only, which draws the order there.
        return points.map((point) => (point.x < 320 ? [maskAt(point)] : []));
      };
      const events = await run(decoder, { pointsPerSide: 12 });
      const told = events.filter(({ case: kind }) => kind === "found" || kind === "retracted");
      return { asked: decoder.tasks, told };
    };
    const even = await askedWith(() => 1);
    expect(await askedWith((batch) => (batch % 3) * 4)).toEqual(even);
    expect(await askedWith((batch) => (batch * 7) % 5)).toEqual(even);
  });

  it("retracts nothing that it has not told, however slow the reader is", async () => {
    const decoder = new FakeDecoder(2);
    // Each batch finds something else and a better mask of what all batches find.
    decoder.grid = async (points, batch) =>
      points.map((point) => [maskAt({ x: 0, y: 0 }, 0.8 + batch / 1000), maskAt({ x: point.x + 9, y: point.y + 9 })]);
    let slow: Promise<void> = Promise.resolve();
    const events = await run(decoder, { ...exhaustive, pointsPerSide: 8 }, never, () => {
      // Resolves one after the other, turns of the event loop apart.
      slow = slow.then(() => new Promise(setImmediate));
      return slow;
    });
    expect(follow(events)).toHaveLength(65);
    expect(events.at(-1)).toMatchObject({ case: "done", value: { masks: 65 } });
  });

  it("stops the other workers when one fails, ends with the first failure and tells nothing more", async () => {
    const decoder = new FakeDecoder(2);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lost = new ServiceError({
      code: Code.UNAVAILABLE,
      message: "A worker was lost; try again.",
      retryAfterMs: 100,
    });
    decoder.grid = async (points, batch) => {
      if (batch === 1) throw lost;
      await held;
      return points.map((point) => [maskAt(point)]);
    };
    let told = 0;
    const running = run(decoder, exhaustive, never, async () => void told++);
    while (!decoder.signal.aborted) await new Promise(setImmediate);
    release();
    await expect(running).rejects.toBe(lost);
    expect(decoder.tasks).toHaveLength(2);
    expect(told).toBe(1);
    expect(decoder.entered).toBe(0);
  });

  it("asks for nothing more when the caller is gone", async () => {
    const decoder = new FakeDecoder(1);
    const caller = new AbortController();
    decoder.grid = async (points, batch) => {
      if (batch === 2) caller.abort();
      return points.map((point) => [maskAt(point)]);
    };
    await expect(run(decoder, exhaustive, caller.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(decoder.tasks).toHaveLength(2);
    expect(decoder.entered).toBe(0);
  });

  it("waits while the queue is full, and leaves the wait when the caller does", async () => {
    const decoder = new FakeDecoder(1);
    let refusals = 0;
    const answer = decoder.grid;
    decoder.grid = async (points, batch, task) => {
      if (refusals++ < 2) throw overloaded("Full.", 1);
      return answer(points, batch, task);
    };
    expect((await run(decoder, exhaustive)).at(-1)).toMatchObject({ case: "done", value: { points: 16 } });

    const full = new FakeDecoder(1);
    const caller = new AbortController();
    full.grid = async () => {
      caller.abort();
      throw overloaded("Full.", 600_000);
    };
    await expect(run(full, exhaustive, caller.signal)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("refuses a bad option before it takes a place", async () => {
    const decoder = new FakeDecoder();
    await expect(run(decoder, { pointsPerSide: 0 })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(decoder.tasks).toEqual([]);
  });

  it.each(
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((width) => [1, 2, 3, 4, 5, 6, 7, 8].map((height) => [width, height] as const)),
  )("finds nothing twice in a picture of %i x %i, in parts neither", async (width, height) => {
    for (const cropNLayers of [0, 1, 2]) {
      const decoder = new FakeDecoder(1);
      decoder.size = { width, height };
      decoder.grid = async (points, _batch, { part }) =>
        points.map((point) => masksAround(point, decoder.size, part?.crop));
      const events = await run(decoder, { ...exhaustive, pointsPerSide: 32, cropNLayers });
      const kept = new Set(follow(events));
      const masks = events.flatMap(({ case: kind, value }) =>
        kind === "found" && kept.has(value?.id ?? 0) ? [value?.mask?.rle?.counts ?? ""] : [],
      );
      expect(masks.length).toBeGreaterThan(0);
      expect(new Set(masks).size).toBe(masks.length);
      const runs = masks.map((counts) => decodeRle({ size: [height, width], counts }));
      const alike = runs.flatMap((one, at) => runs.slice(at + 1).filter((other) => rleIou(one, other) > 0.95));
      expect(alike).toEqual([]);
      expect(events.at(-1)).toMatchObject({ case: "done", value: { masks: masks.length } });
    }
  });
});

/** What a model finds in a handful of pixels: the pixel, its column, all of the part. */
function masksAround(
  point: { x: number; y: number },
  { width, height }: { width: number; height: number },
  part = { x: 0, y: 0, width, height },
): DecodedMask[] {
  const [column, row] = [part.x + Math.floor(point.x), part.y + Math.floor(point.y)];
  const isInPart = (x: number, y: number) =>
    x >= part.x && y >= part.y && x < part.x + part.width && y < part.y + part.height;
  const shapes: ((x: number, y: number) => boolean)[] = [
    (x, y) => x === column && y === row,
    (x, y) => x === column && isInPart(x, y),
    isInPart,
  ];
  return shapes.map((isIn, at) => {
    const bitmap = Uint8Array.from({ length: width * height }, (_, i) =>
      isIn(i % width, Math.floor(i / width)) ? 1 : 0,
    );
    const runs = bitmapToRle(bitmap, width, height);
    const { counts } = encodeRle(runs);
    return {
      counts,
      box: rleBoundingBox(runs),
      area: rleArea(runs),
      predictedIou: 0.9 + at / 100,
      stabilityScore: 1,
    };
  });
}
