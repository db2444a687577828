import { bytesOf, type Cell, type Cells } from "./cells.js";
import { tooMuchKept } from "./checks.js";
import type { OpenedVideo, TrackedObject, VideoLimits } from "./video-state.js";

/** An id's characters, and where it is. */
const idBytes = 96;

/** What a video takes in memory. */
export function weightOf({ imageIds, objects }: OpenedVideo): number {
  let bytes = imageIds.length * idBytes;
  for (const { shown, cells } of objects.values()) {
    bytes += cells.bytes;
    for (const rle of shown.values()) bytes += bytesOf(rle);
  }
  return bytes;
}

/** @throws ServiceError RESOURCE_EXHAUSTED when there is none, whatever is forgotten. */
export function roomFor(video: OpenedVideo, { maxBytes, retryAfterMs }: VideoLimits): OpenedVideo {
  const within = withinBytes(video, maxBytes);
  if (weightOf(within) > maxBytes) throw tooMuchKept(retryAfterMs);
  return within;
}

/** Of what there is room for, so much is left after masks were forgotten: they are not forgotten one by one. */
const leftShare = 3 / 4;

/**
 * Forgets masks that were made, the farthest from where the work is first, until there is room. What people have shown stays, and what
 * was made counts as made: who asked was told.
 */
export function withinBytes(video: OpenedVideo, maxBytes: number): OpenedVideo {
  const bytes = weightOf(video);
  if (bytes <= maxBytes) return video;
  const here = video.run?.step?.frame ?? 0;
  const kept = [...video.objects.values()].flatMap(({ id, cells }) =>
    [...cells.entries()].flatMap(([frame, { rle }]) => (rle ? [{ id, frame, bytes: bytesOf(rle) }] : [])),
  );
  kept.sort((a, b) => Math.abs(b.frame - here) - Math.abs(a.frame - here));
  let over = bytes - maxBytes * leftShare;
  const forgotten = new Map<number, Set<number>>();
  for (const one of kept) {
    if (over <= 0) break;
    over -= one.bytes;
    forgotten.set(one.id, (forgotten.get(one.id) ?? new Set()).add(one.frame));
  }
  const objects = new Map<number, TrackedObject>();
  for (const [id, object] of video.objects) {
    objects.set(id, { ...object, cells: withoutMasks(object.cells, forgotten.get(id) ?? new Set()) });
  }
  return { ...video, objects };
}

function withoutMasks(cells: Cells, frames: ReadonlySet<number>): Cells {
  if (frames.size === 0) return cells;
  const all = [...frames].sort((a, b) => a - b);
  return cells.changed(all[0] ?? 0, all.at(-1) ?? 0, (cell: Cell | undefined, frame) =>
    cell && frames.has(frame) ? { ...cell, rle: undefined } : cell,
  );
}
