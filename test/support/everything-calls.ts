import { create, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import { expect } from "vitest";
import {
  type Annotation,
  DecoderService,
  decodeRle,
  rleArea,
  rleBoundingBox,
  type Sa1bAnnotation,
  type SegmentEverythingEvent,
  SegmentEverythingRequestSchema,
} from "../../proto/index.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";

export type EverythingInit = MessageInitShape<typeof SegmentEverythingRequestSchema>;

/** A line of `POST /v1/everything` (E1). */
export type EverythingLine = {
  progress?: { pointsDone: number; pointsTotal: number; etaMs: number };
  annotation?: Sa1bAnnotation;
  retracted?: number;
  done?: { masks: number; points: number; image: { width: number; height: number } };
  error?: { code: string; message: string };
};

export function postEverything(url: string, request: EverythingInit, signal?: AbortSignal): Promise<Response> {
  const body = toJsonString(SegmentEverythingRequestSchema, create(SegmentEverythingRequestSchema, request));
  return fetch(`${url}/v1/everything`, { method: "POST", body, ...(signal ? { signal } : {}) });
}

export function everythingEvents(
  rpc: RpcClient,
  request: EverythingInit,
  signal?: AbortSignal,
): AsyncIterable<SegmentEverythingEvent> {
  return rpc.serverStream(DecoderService.method.segmentEverything, request, { signal });
}

/** What stands at the end for a client that follows the events. Everything about the events themselves is checked. */
export class Following {
  readonly kept = new Map<number, Annotation>();
  progress: { done: number; total: number }[] = [];
  done: { masks: number; points: number } | undefined;

  hear({ event }: SegmentEverythingEvent): void {
    // The end is the end.
    expect(this.done).toBeUndefined();
    if (event.case === "progress") {
      this.progress.push({ done: event.value.pointsDone, total: event.value.pointsTotal });
    } else if (event.case === "found") {
      expect(this.kept.has(event.value.id)).toBe(false);
      this.kept.set(event.value.id, event.value);
    } else if (event.case === "retracted") {
      expect(this.kept.delete(event.value.id)).toBe(true);
    } else if (event.case === "done") {
      this.done = event.value;
      expect(event.value.masks).toBe(this.kept.size);
    }
  }
}

/** Holds a record to the SA-1B data set's own rules, for a picture of this size and Meta's default thresholds, unless others are asked for. */
export function checkSa1b(
  annotation: Sa1bAnnotation,
  width: number,
  height: number,
  { predIou = 0.88, stability = 0.95 } = {},
): void {
  const { segmentation, bbox, area, predicted_iou, stability_score, point_coords, crop_box } = annotation;
  expect(segmentation.size).toEqual([height, width]);
  const mask = decodeRle(segmentation);
  expect(area).toBe(rleArea(mask));
  expect(area).toBeGreaterThan(0);
  const box = rleBoundingBox(mask);
  expect(bbox).toEqual([box.x, box.y, box.width - 1, box.height - 1]);
  // Scores are floats on the wire.
  expect(predicted_iou).toBeGreaterThan(Math.fround(predIou) - 1e-6);
  expect(stability_score).toBeGreaterThan(Math.fround(stability) - 1e-6);
  expect(crop_box).toEqual([0, 0, width, height]);
  expect(point_coords).toHaveLength(1);
  const [[x, y] = [-1, -1]] = point_coords;
  expect(x > 0 && x < width && y > 0 && y < height).toBe(true);
}
