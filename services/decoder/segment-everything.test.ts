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
} from "../../proto/index.js";
import { embeddingRef } from "../inference/models/embedding-ref.js";
import { Manifest } from "../inference/models/manifest.js";
import { Code, overloaded, ServiceError } from "../runtime/errors.js";
import { callContext } from "../runtime/testing/call-context.js";
import type { Asker, PictureTasks } from "./decoder-tier.js";
import { everythingOptions, mostPoints } from "./everything/everything-options.js";
import { type EverythingTier, segmentEverything } from "./segment-everything.js";
import type { DecodedGrid, DecodedMask, GridTask } from "./worker/decoder-tasks.js";

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

class FakeTier implements EverythingTier {
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

  everythingLimits = { maxPoints: 32_768, deadlineMs: 3_600_000 };

  enterEverything(): () => void {
    this.entered++;
    return () => {
      this.entered--;
    };
  }

  async openPicture(
    _imageId: string,
    _model: string,
    { signal }: Asker,
    region?: { width: number; height: number },
  ): Promise<PictureTasks> {
    this.signal = signal;
    const manifest = Manifest.read();
    const run = (task: Omit<GridTask, "kind"> & { kind: string }) => {
      if (signal.aborted) return Promise.reject(cancelled());
      if (task.kind === "prepare") return Promise.resolve({ warm: true });
      if (task.kind === "features") return Promise.resolve(new Float32Array(task.points.length).fill(1));
      this.tasks.push(task.points);
      return this.grid(task.points, this.tasks.length, task as GridTask);
    };
    return {
      width: region?.width ?? this.size.width,
      height: region?.height ?? this.size.height,
      ref: embeddingRef({ imageId, model: manifest.get(manifest.defaultId) }),
      local: true,
      run: run as unknown as PictureTasks["run"],
    };
  }
}

const cancelled = () => new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });

async function run(tier: FakeTier, init: object = {}, signal = never, send?: (event: Event) => Promise<void>) {
  const events: Event[] = [];
  const request = create(SegmentEverythingRequestSchema, { imageId, pointsPerSide: 4, ...init });
  await segmentEverything(
    tier,
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
    const tier = new FakeTier();
    const sa1b = { pointsPerSide: 32, cropNLayers: 2 };
    expect(mostPoints(everythingOptions(create(SegmentEverythingRequestSchema, sa1b)))).toBe(21_504);
    expect(
      mostPoints(everythingOptions(create(SegmentEverythingRequestSchema, { ...sa1b, cropNPointsDownscaleFactor: 2 }))),
    ).toBe(3072);
    await expect(run(tier, { pointsPerSide: 128, cropNLayers: 3 })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining("makes 1392640 points; at most 32768"),
    });
    expect(tier.tasks).toEqual([]);
  });

  it("E8 ends what takes too long, and frees its place, also while nobody reads what it tells", async () => {
    const tier = new FakeTier();
    tier.everythingLimits = { maxPoints: 32_768, deadlineMs: 20 };
    const late = { code: Code.DEADLINE_EXCEEDED, message: expect.stringContaining("took longer") };
    tier.grid = () =>
      new Promise((_, reject) => tier.signal.addEventListener("abort", () => reject(tier.signal.reason)));
    await expect(run(tier, exhaustive)).rejects.toMatchObject(late);
    await expect(run(tier, exhaustive, never, () => new Promise(() => {}))).rejects.toMatchObject(late);
    expect(tier.entered).toBe(0);
  });
});

describe("segmentEverything", () => {
  it("asks every point once, tells progress after each batch, and ends with what stands", async () => {
    const tier = new FakeTier(1);
    const events = await run(tier, exhaustive);
    const asked = tier.tasks.flat().map(({ x, y }) => `${x},${y}`);
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
    expect(tier.entered).toBe(0);
  });

  it("asks the adaptive share, and says so from the first", async () => {
    const events = await run(new FakeTier());
    expect(progressOf(events)[0]).toEqual([0, 8]);
    expect(progressOf(events).at(-1)).toEqual([8, 8]);
    expect(events.at(-1)).toMatchObject({ case: "done", value: { points: 8 } });
    expect((await run(new FakeTier(), { pointsPerSide: 1 })).at(-1)).toMatchObject({ value: { points: 1 } });
  });

  it("never has more under way than there are workers", async () => {
    const tier = new FakeTier(3);
    let [running, most] = [0, 0];
    tier.grid = async (points) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return points.map(() => []);
    };
    await run(tier, { ...exhaustive, pointsPerSide: 8 });
    expect(most).toBe(3);
  });

  it("asks the same points whichever worker is faster", async () => {
    const askedWith = async (turnsOf: (batch: number) => number) => {
      const tier = new FakeTier(3);
      tier.grid = async (points, batch) => {
        for (let turn = turnsOf(batch); turn > 0; turn--) await new Promise(setImmediate);
        // Something new on the left side only, which draws the order there.
        return points.map((point) => (point.x < 320 ? [maskAt(point)] : []));
      };
      const events = await run(tier, { pointsPerSide: 12 });
      const told = events.filter(({ case: kind }) => kind === "found" || kind === "retracted");
      return { asked: tier.tasks, told };
    };
    const even = await askedWith(() => 1);
    expect(await askedWith((batch) => (batch % 3) * 4)).toEqual(even);
    expect(await askedWith((batch) => (batch * 7) % 5)).toEqual(even);
  });

  it("retracts nothing that it has not told, however slow the reader is", async () => {
    const tier = new FakeTier(2);
    // Each batch finds something else and a better mask of what all batches find.
    tier.grid = async (points, batch) =>
      points.map((point) => [maskAt({ x: 0, y: 0 }, 0.8 + batch / 1000), maskAt({ x: point.x + 9, y: point.y + 9 })]);
    let slow: Promise<void> = Promise.resolve();
    const events = await run(tier, { ...exhaustive, pointsPerSide: 8 }, never, () => {
      // Resolves one after the other, turns of the event loop apart.
      slow = slow.then(() => new Promise(setImmediate));
      return slow;
    });
    expect(follow(events)).toHaveLength(65);
    expect(events.at(-1)).toMatchObject({ case: "done", value: { masks: 65 } });
  });

  it("stops the other workers when one fails, ends with the first failure and tells nothing more", async () => {
    const tier = new FakeTier(2);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lost = new ServiceError({
      code: Code.UNAVAILABLE,
      message: "A worker was lost; try again.",
      retryAfterMs: 100,
    });
    tier.grid = async (points, batch) => {
      if (batch === 1) throw lost;
      await held;
      return points.map((point) => [maskAt(point)]);
    };
    let told = 0;
    const running = run(tier, exhaustive, never, async () => void told++);
    while (!tier.signal.aborted) await new Promise(setImmediate);
    release();
    await expect(running).rejects.toBe(lost);
    expect(tier.tasks).toHaveLength(2);
    expect(told).toBe(1);
    expect(tier.entered).toBe(0);
  });

  it("asks for nothing more when the caller is gone", async () => {
    const tier = new FakeTier(1);
    const caller = new AbortController();
    tier.grid = async (points, batch) => {
      if (batch === 2) caller.abort();
      return points.map((point) => [maskAt(point)]);
    };
    await expect(run(tier, exhaustive, caller.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(tier.tasks).toHaveLength(2);
    expect(tier.entered).toBe(0);
  });

  it("waits while the queue is full, and leaves the wait when the caller does", async () => {
    const tier = new FakeTier(1);
    let refusals = 0;
    const answer = tier.grid;
    tier.grid = async (points, batch, task) => {
      if (refusals++ < 2) throw overloaded("Full.", 1);
      return answer(points, batch, task);
    };
    expect((await run(tier, exhaustive)).at(-1)).toMatchObject({ case: "done", value: { points: 16 } });

    const full = new FakeTier(1);
    const caller = new AbortController();
    full.grid = async () => {
      caller.abort();
      throw overloaded("Full.", 600_000);
    };
    await expect(run(full, exhaustive, caller.signal)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("refuses a bad option before it takes a place", async () => {
    const tier = new FakeTier();
    await expect(run(tier, { pointsPerSide: 0 })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(tier.tasks).toEqual([]);
  });

  it.each(
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((width) => [1, 2, 3, 4, 5, 6, 7, 8].map((height) => [width, height] as const)),
  )("finds nothing twice in a picture of %i x %i, in parts neither", async (width, height) => {
    for (const cropNLayers of [0, 1, 2]) {
      const tier = new FakeTier(1);
      tier.size = { width, height };
      tier.grid = async (points, _batch, { part }) => points.map((point) => masksAround(point, tier.size, part?.crop));
      const events = await run(tier, { ...exhaustive, pointsPerSide: 32, cropNLayers });
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
