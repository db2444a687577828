import { expect, it } from "vitest";
import { followLong } from "../support/long-video.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyTrackerEnv, trackers } from "../support/tiny-tracker.js";

/* The short form of `npm run bench -- track --part service-memory`: what is held of a long video is bounded, however long it is. */

const MiB = 2 ** 20;
const frames = 60;

it("Y8: a long video has its masks, and no more of it is held than there is room for", async () => {
  const room = { cache: 8 * MiB, memories: MiB, videos: 4 * 13 * 1024 };
  await using maskwire = await startMaskwire({
    ...tinyTrackerEnv(),
    MASKWIRE_DECODER_CACHE_BYTES: String(room.cache),
    MASKWIRE_TRACK_MEMORY_BYTES: String(room.memories),
    MASKWIRE_VIDEO_BYTES: String(room.videos),
  });
  const held = async () => ({
    cache: await metric(maskwire.adminUrl, "maskwire_decoder_cache_bytes"),
    memories: await metric(maskwire.adminUrl, "maskwire_track_memory_bytes"),
    videos: await metric(maskwire.adminUrl, 'maskwire_budget_bytes{budget="videos"}'),
  });
  const most = { cache: 0, memories: 0, videos: 0 };
  const found = await followLong({
    url: maskwire.url,
    model: trackers.cells,
    frames,
    onFrame: async (frame) => {
      if (frame % 10 !== 0) return;
      const now = await held();
      for (const what of ["cache", "memories", "videos"] as const) most[what] = Math.max(most[what], now[what]);
    },
  });
  expect(found).toBe(frames - 1);
  expect(most.cache).toBeLessThanOrEqual(room.cache);
  expect(most.memories).toBeLessThanOrEqual(room.memories);
  // A video has a quarter of what all have.
  expect(most.videos).toBeLessThanOrEqual(room.videos / 4);
  expect(most.videos).toBeGreaterThan(room.videos / 8);
  // All of it was full: there was more than that to be held.
  const evicted = ["maskwire_decoder_cache_evictions_total", 'maskwire_track_memories_total{outcome="evicted"}'].map(
    (series) => metric(maskwire.adminUrl, series),
  );
  for (const count of await Promise.all(evicted)) expect(count).toBeGreaterThan(0);
});
