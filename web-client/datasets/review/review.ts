import { create } from "@bufbuild/protobuf";
import {
  type DatasetObject,
  type DatasetPicture,
  type NextReviewsResponse,
  type SavedObject,
  type Verdict,
  VerdictSchema,
} from "../../../proto/index.js";

/*
 * Objects that wait for a verdict, one after the other. A verdict is given at once and sent behind the person's back; to go
 * back is to give it anew, on the revision that the first one made.
 */

interface Given {
  readonly key: string;
  readonly object: bigint;
  readonly accept: boolean;
  readonly reason: string;
  readonly seconds: number;
}

export interface Review {
  readonly queue: readonly DatasetObject[];
  readonly pictures: ReadonlyMap<bigint, DatasetPicture>;
  /** In the queue, the one that is looked at; its length when there is none left. */
  readonly at: number;
  /** Of the service, when it was asked last, less the verdicts since. */
  readonly waiting: number;
  /** The service has no more behind the queue. */
  readonly isAll: boolean;
  readonly unsent: readonly Given[];
  readonly sending: readonly string[];
  readonly revisions: ReadonlyMap<bigint, number>;
  readonly conflicts: number;
  readonly refusals: readonly string[];
  /** When verdicts were given, for the pace. */
  readonly givenAtMs: readonly number[];
}

export const emptyReview: Review = {
  queue: [],
  pictures: new Map(),
  at: 0,
  waiting: 0,
  isAll: false,
  unsent: [],
  sending: [],
  revisions: new Map(),
  conflicts: 0,
  refusals: [],
  givenAtMs: [],
};

/** Fewer ahead: more are fetched. */
const fewAhead = 10;
const mostAtOnce = 50;
/** The pace is that of the last so many. */
const paceOver = 20;

export function currentOf({ queue, at }: Review): DatasetObject | undefined {
  return queue[at];
}

export function wantsMore({ queue, at, isAll }: Review): boolean {
  return !isAll && queue.length - at < fewAhead;
}

/** @param asked how many. */
export function arrived(review: Review, { objects, pictures, waiting }: NextReviewsResponse, asked: number): Review {
  const known = new Set(review.queue.map(({ id }) => id));
  const fresh = objects.filter(({ id }) => !known.has(id));
  return {
    ...review,
    queue: [...review.queue, ...fresh],
    pictures: new Map([...review.pictures, ...pictures.map((picture) => [picture.id, picture] as const)]),
    revisions: new Map([...review.revisions, ...fresh.map(({ id, revision }) => [id, revision] as const)]),
    waiting: Math.max(0, waiting - review.unsent.length),
    isAll: objects.length < asked,
  };
}

/** The verdict on the one that is looked at; the next one comes. */
export function judged(
  review: Review,
  verdict: Pick<Given, "key" | "accept" | "reason" | "seconds"> & { readonly atMs: number },
): Review {
  const object = currentOf(review);
  if (object === undefined) return review;
  const { atMs, ...given } = verdict;
  return {
    ...review,
    at: review.at + 1,
    waiting: Math.max(0, review.waiting - 1),
    unsent: [...review.unsent, { ...given, object: object.id }],
    givenAtMs: [...review.givenAtMs, atMs].slice(-paceOver - 1),
  };
}

export function postponed(review: Review): Review {
  return { ...review, at: Math.min(review.queue.length, review.at + 1) };
}

export function steppedBack(review: Review): Review {
  return { ...review, at: Math.max(0, review.at - 1) };
}

/** Of each object the oldest verdict that is not sent yet. */
export function nextVerdicts(review: Review): readonly [Review, readonly Verdict[]] {
  if (review.sending.length > 0) return [review, []];
  const taken = new Set<bigint>();
  const batch: Verdict[] = [];
  for (const { key, object, accept, reason, seconds } of review.unsent) {
    if (taken.has(object) || batch.length === mostAtOnce) continue;
    taken.add(object);
    const revision = review.revisions.get(object) ?? 0;
    batch.push(create(VerdictSchema, { key, object, revision, accept, reason, seconds }));
  }
  return [{ ...review, sending: batch.map(({ key }) => key) }, batch];
}

export function settled(review: Review, saved: readonly SavedObject[]): Review {
  const revisions = new Map(review.revisions);
  const refusals = [...review.refusals];
  let { conflicts } = review;
  const done = new Set<string>();
  for (const { key, object, problem, conflict } of saved) {
    done.add(key);
    if (object !== undefined) revisions.set(object.id, object.revision);
    if (conflict) conflicts++;
    else if (problem !== "") refusals.push(problem);
  }
  const unsent = review.unsent.filter(({ key }) => !done.has(key));
  return { ...review, unsent, sending: [], revisions, conflicts, refusals };
}

export function interrupted(review: Review): Review {
  return { ...review, sending: [] };
}

/** Verdicts a minute, of the last ones; undefined before there are two. */
export function paceOf({ givenAtMs }: Review): number | undefined {
  const [first, last] = [givenAtMs[0], givenAtMs.at(-1)];
  if (first === undefined || last === undefined || last <= first) return undefined;
  return ((givenAtMs.length - 1) / (last - first)) * 60_000;
}
