import { readFileSync } from "node:fs";
import { freePort } from "../../../services/runtime/testing/free-port.js";
import { followLong } from "../../support/long-video.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { RedisServer } from "../../support/redis-server.js";
import { metric } from "../../support/start-maskwire.js";
import { tinyTrackerEnv, trackers } from "../../support/tiny-tracker.js";
import { atMost, type Outcome } from "../report.js";

const MiB = 2 ** 20;
/** So little that all is full before memory is looked at first. */
const room = {
  MASKWIRE_CACHE_BYTES: String(16 * MiB),
  MASKWIRE_DECODER_CACHE_BYTES: String(8 * MiB),
  MASKWIRE_TRACK_MEMORY_BYTES: String(2 * MiB),
  MASKWIRE_VIDEO_BYTES: String(4 * MiB),
};
/** What processes hold that grows with a video where nothing bounds it. */
const held = {
  decoder: ["maskwire_decoder_cache_bytes", "maskwire_track_memory_bytes"],
  gateway: ['maskwire_budget_bytes{budget="videos"}'],
  encoder: ['maskwire_budget_bytes{budget="uploads"}', 'maskwire_cache_kept_bytes{store="embedding"}'],
} as const;
type Role = keyof typeof held;
const roles = Object.keys(held) as Role[];
/** That a heap may take between two collections of it. */
const noiseMiB = 24;

/** Resident memory of each process while a square is followed through many frames by a model with a memory. */
export async function serviceMemory(frames: number, say: (line: string) => void): Promise<Outcome> {
  await using redis = await RedisServer.start(
    undefined,
    [],
    ["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"],
  );
  const [encoderPort, decoderPort] = [await freePort(), await freePort()];
  const start = (role: Role, more: Record<string, string>) =>
    MaskwireProcess.start({
      ...tinyTrackerEnv(),
      ...room,
      MASKWIRE_ROLE: role,
      MASKWIRE_CACHE_URL: redis.url,
      ...more,
    });
  await using encoder = await start("encoder", { MASKWIRE_PORT: String(encoderPort) });
  await using decoder = await start("decoder", { MASKWIRE_PORT: String(decoderPort) });
  await using gateway = await start("gateway", {
    MASKWIRE_ENCODER_ADDRESS: `127.0.0.1:${encoderPort}`,
    MASKWIRE_DECODER_ADDRESSES: `127.0.0.1:${decoderPort}`,
  });
  const processes = { decoder, gateway, encoder };
  const seen: { frame: number; residentMiB: Record<Role, number>; held: Record<string, number> }[] = [];
  const every = Math.max(1, Math.floor(frames / 10));
  const found = await followLong({
    url: gateway.url,
    model: trackers.cells,
    frames,
    onFrame: async (frame) => {
      if ((frame + 1) % every !== 0) return;
      const residentMiB = Object.fromEntries(roles.map((role) => [role, residentOf(processes[role].pid)]));
      const bytes: Record<string, number> = {};
      for (const role of roles) {
        for (const series of held[role]) bytes[series] = await metric(processes[role].adminUrl, series);
      }
      seen.push({ frame: frame + 1, residentMiB: residentMiB as Record<Role, number>, held: bytes });
      say(`${frame + 1} frames: ${JSON.stringify(residentMiB)} MiB, ${JSON.stringify(bytes)}`);
    },
  });
  const mostOf = (some: typeof seen, role: Role) => Math.max(...some.map(({ residentMiB }) => residentMiB[role]));
  const halves = [seen.slice(0, seen.length / 2), seen.slice(seen.length / 2)] as const;
  const grown = (role: Role) => mostOf(halves[1], role) - mostOf(halves[0], role);
  return {
    bars: roles.map((role) =>
      atMost(
        `the ${role}'s memory at its most, second half of ${frames} frames less the first`,
        grown(role),
        noiseMiB,
        "MiB",
      ),
    ),
    detail: { "a long video": { found, seen } },
  };
}

function residentOf(pid: number | undefined): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kib) / 1024);
}
