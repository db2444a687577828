import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { SegmentResponseSchema } from "../../proto/index.js";
import { stagesOf } from "./describe.js";
import type { ClientEvent } from "./event.js";
import { imageId, mask, point, run, shown } from "./testing/fixtures.js";

const result = (sequence: number, atMs: number): ClientEvent => ({
  kind: "answer",
  response: create(SegmentResponseSchema, {
    sequence,
    outcome: {
      case: "result",
      value: { imageId, masks: [mask()], timings: { queueMs: 1, embeddingMs: 2, decodeMs: 30, maskMs: 4 } },
    },
  }),
  atMs,
});
const latencyAfter = (events: readonly ClientEvent[]) => run([...shown.ready, ...events])[0].latency;

describe("the time of a click", () => {
  it("is the network's where the service did not spend it", () => {
    expect(latencyAfter([point(3, 3_000), result(1, 3_047)])).toMatchObject({
      networkMs: 10,
      queueMs: 1,
      decodeMs: 30,
    });
  });

  it("is no queue's while a preview of this page was under way: the click takes its place", () => {
    const hover: ClientEvent = { kind: "hover", x: 5, y: 5, atMs: 2_950 };
    const events = [hover, point(3, 3_000), result(1, 3_020), result(2, 3_063)];
    expect(latencyAfter(events)).toMatchObject({ networkMs: 26, queueMs: 1, decodeMs: 30 });
  });

  it("is the queue's while the gateway was busy with the click before", () => {
    const events = [point(3, 3_000), point(4, 3_005), result(1, 3_045), result(2, 3_085)];
    expect(latencyAfter(events)).toMatchObject({ networkMs: 3, queueMs: 41 });
  });

  it("has no network in it where the browser decoded", () => {
    const here = { ...result(1, 3_047), place: "here" } as ClientEvent;
    const latency = latencyAfter([point(3, 3_000), here]);
    expect(latency).toMatchObject({ place: "here", networkMs: 0, queueMs: 11, decodeMs: 30 });
    expect(stagesOf(latency!).map(({ name }) => name)).toEqual(["queue", "decode", "mask", "draw"]);
    expect(latencyAfter([point(3, 3_000), result(1, 3_047)])).toMatchObject({ place: "server" });
  });

  it("counts no more than the whole", () => {
    const events = [point(3, 3_000), point(4, 3_005), result(1, 3_045), result(2, 3_046)];
    expect(latencyAfter(events)).toMatchObject({ networkMs: 0, queueMs: 5, decodeMs: 30 });
  });
});
