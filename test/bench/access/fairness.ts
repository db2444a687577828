import { setTimeout as sleep } from "node:timers/promises";
import { upload } from "../../support/http-calls.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { jpegScene } from "../../support/pictures.js";
import { tinyModelEnv } from "../../support/tiny-model.js";
import { atMost, type Outcome, round } from "../report.js";
import { median, quantile } from "../statistics.js";
import { BulkJob } from "./bulk-job.js";
import { guestBySocket, headersOf } from "./guest.js";
import { Keys } from "./keys.js";

/** Between an answer and the next click. */
const thinkMs = 20;
const warmUpClicks = 30;
const searchedPictures = 4;
const uploadedPictures = 300;
const seedColours = 60;

interface FairnessOptions {
  blocks: number;
  clicks: number;
  /** Threads that a click alone may have; 0 leaves that to the program. With one it has no more cores alone than beside others. */
  threads: number;
  real: boolean;
}

const alone = "alone";
/** Whose job runs beside the clicks, and what it does. */
const jobs = {
  "beside another tenant's everything mode": { tenant: "bulk", searches: true, uploads: false },
  "beside another tenant's uploads": { tenant: "bulk", searches: false, uploads: true },
  "beside everything mode of its own tenant": { tenant: "people", searches: true, uploads: false },
} as const;
type Way = typeof alone | keyof typeof jobs;
const ways = [alone, ...(Object.keys(jobs) as (keyof typeof jobs)[])] as const;

/** Clicks of a person, alone and beside bulk jobs, block by block in turn: what a bulk job of another tenant costs them. */
export async function fairness(options: FairnessOptions, say: (line: string) => void): Promise<Outcome> {
  using keys = new Keys("people", "bulk");
  const env = {
    ...(options.real ? {} : tinyModelEnv({ allCores: true })),
    ...(options.threads > 0 ? { MASKWIRE_DECODER_THREADS: String(options.threads) } : {}),
  };
  await using maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", ...env, ...keys.env });
  const { url } = maskwire;
  const kept = async (tenant: string, seed: number) => {
    const { image } = await upload(url, await jpegScene(640, 480, seed), {}, headersOf(keys.of(tenant)));
    return image?.imageId ?? "";
  };
  const searched: Record<string, string[]> = { people: [], bulk: [] };
  for (const tenant of ["people", "bulk"]) {
    for (let seed = 1; seed <= searchedPictures; seed++) searched[tenant]?.push(await kept(tenant, seed));
  }
  const pictures: Uint8Array[] = [];
  // So many seeds give different colours; beyond them pictures of another height do.
  for (let at = 0; at < uploadedPictures; at++) {
    pictures.push(await jpegScene(640, 479 - Math.floor(at / seedColours), at));
  }
  await using person = await guestBySocket(url, await kept("people", 9), keys.of("people"));
  const clicks = async (count: number) => {
    const ms: number[] = [];
    for (let left = count; left > 0; left--) {
      ms.push(await person.click());
      await sleep(thinkMs);
    }
    return ms;
  };
  await clicks(warmUpClicks);
  const blocks = new Map<Way, number[][]>(ways.map((way) => [way, []]));
  const done = { points: 0, uploads: 0, refused: 0, seconds: 0 };
  let sent = 0;
  for (let block = 0; block < options.blocks; block++) {
    for (const way of ways) {
      if (way === alone) {
        blocks.get(way)?.push(await clicks(options.clicks));
        continue;
      }
      const { tenant, searches, uploads } = jobs[way];
      const headers = headersOf(keys.of(tenant));
      const fresh = [...pictures.slice(sent), ...pictures.slice(0, sent)];
      const job = await BulkJob.start({
        url,
        headers,
        imageIds: searches ? (searched[tenant] ?? []) : [],
        pictures: uploads ? fresh : [],
      });
      const startedAt = performance.now();
      blocks.get(way)?.push(await clicks(options.clicks));
      const seconds = (performance.now() - startedAt) / 1000;
      const { points, uploads: uploaded, refused } = await job.end();
      sent = (sent + uploaded) % pictures.length;
      if (tenant !== "bulk") continue;
      done.points += points;
      done.uploads += uploaded;
      done.refused += refused;
      done.seconds += seconds;
    }
    say(`block ${block + 1} of ${options.blocks}`);
  }
  const p95 = (way: Way) => (blocks.get(way) ?? []).map((ms) => quantile(ms, 0.95));
  /** Of each block over the one of the same round alone. */
  const more = (way: Way) => {
    const base = p95(alone);
    return 100 * (median(p95(way).map((ms, block) => ms / (base[block] as number))) - 1);
  };
  const [, everything, uploads, own] = ways;
  return {
    bars: [everything, uploads].map((way) => atMost(`clicks ${way}: p95 more than alone`, more(way as Way), 20, "%")),
    detail: {
      model: options.real ? "default" : "tiny",
      blocks: options.blocks,
      "clicks a block": options.clicks,
      "threads of a click alone": options.threads || "as the program has it",
      "median of the blocks, ms": Object.fromEntries(
        ways.map((way) => {
          const p50 = (blocks.get(way) ?? []).map((ms) => median(ms));
          return [way, { p50: round(median(p50)), p95: round(median(p95(way))) }];
        }),
      ),
      [`clicks ${own}: p95 more than alone, %`]: round(more(own as Way)),
      "done by the other tenant's bulk jobs": { ...done, seconds: round(done.seconds) },
    },
  };
}
