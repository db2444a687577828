import type { SegmentRequest } from "../../proto/index.js";

/** What waits for the decoder here, which runs one prompt at a time. */
export interface Lane {
  readonly running: Job | undefined;
  /** In their order. */
  readonly clicks: readonly Job[];
  /** The latest; clicks go first. */
  readonly preview: Job | undefined;
}

export interface Job {
  readonly request: SegmentRequest;
  /** 0 until it runs. */
  readonly startedAtMs: number;
  /** False once nobody waits for its answer. */
  readonly isWanted: boolean;
}

export const emptyLane: Lane = { running: undefined, clicks: [], preview: undefined };

/** A newer preview, or a click, takes the place of a preview that waits. */
export function enter(lane: Lane, request: SegmentRequest): Lane {
  const job: Job = { request, startedAtMs: 0, isWanted: true };
  return request.preview ? { ...lane, preview: job } : { ...lane, clicks: [...lane.clicks, job], preview: undefined };
}

/** The running job is done. */
export function leave(lane: Lane): Lane {
  return { ...lane, running: undefined };
}

/** All jobs, as they would be run. */
export function jobsOf({ running, clicks, preview }: Lane): readonly Job[] {
  return [running, ...clicks, preview].filter((job) => job !== undefined);
}

/** Nobody waits for any of them; what runs goes on to its end. */
export function unwanted({ running }: Lane): Lane {
  return running === undefined ? emptyLane : { ...emptyLane, running: { ...running, isWanted: false } };
}
