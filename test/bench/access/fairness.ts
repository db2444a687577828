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

interface FairnessOptions {
  blocks: number;
  clicks: number;
  /** Threads that a click alone may have; 0 leaves that to the program. With one it has no more cores alone than beside others. */
  threads: number;
  real: boolean;
}

const ways = ["alone", "beside another tenant's bulk job", "beside a bulk job of its own tenant"] as const;

/** Clicks of a person, alone and beside bulk jobs, block by block in turn: what a bulk job of another tenant costs them. */
export async function fairness(options: FairnessOptions, say: (line: string) => void): Promise<Outcome> {
  using keys = new Keys("people", "bulk");
  const env = {
    ...(options.real ? {} : tinyModelEnv()),
    ...(options.threads > 0 ? { MASKWIRE_DECODER_THREADS: String(options.threads) } : {}),
  };
  await using maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", ...env, ...keys.env });
  const { url } = maskwire;
  const upTo = async (tenant: string, seed: number) => {
    const { image } = await upload(url, await jpegScene(640, 480, seed), {}, headersOf(keys.of(tenant)));
    return image?.imageId ?? "";
  };
  const pictures: Record<string, string[]> = { people: [], bulk: [] };
  for (const tenant of ["people", "bulk"])
    for (let seed = 1; seed <= 4; seed++) pictures[tenant]?.push(await upTo(tenant, seed));
  await using person = await guestBySocket(url, await upTo("people", 9), keys.of("people"));
  const clicks = async (count: number) => {
    const ms: number[] = [];
    for (let left = count; left > 0; left--) {
      ms.push(await person.click());
      await sleep(thinkMs);
    }
    return ms;
  };
  await clicks(warmUpClicks);
  const p95: Record<(typeof ways)[number], number[]> = { [ways[0]]: [], [ways[1]]: [], [ways[2]]: [] };
  const p50: Record<(typeof ways)[number], number[]> = { [ways[0]]: [], [ways[1]]: [], [ways[2]]: [] };
  const done = { points: 0, pictures: 0 };
  for (let block = 0; block < options.blocks; block++) {
    for (const [at, way] of ways.entries()) {
      const tenant = at === 2 ? "people" : "bulk";
      await using job =
        at === 0 ? undefined : await BulkJob.start(url, keys.of(tenant), pictures[tenant] ?? [], block * 10 + at + 1);
      const ms = await clicks(options.clicks);
      p50[way].push(median(ms));
      p95[way].push(quantile(ms, 0.95));
      if (at === 1) {
        done.points += job?.points ?? 0;
        done.pictures += job?.pictures ?? 0;
      }
    }
    say(`block ${block + 1} of ${options.blocks}`);
  }
  /** Of each block over the one of the same round alone. */
  const more = (way: (typeof ways)[number]) =>
    100 * (median(p95[way].map((ms, block) => ms / (p95.alone[block] as number))) - 1);
  return {
    bars: [atMost("clicks beside another tenant's bulk job: p95 more than alone", more(ways[1]), 20, "%")],
    detail: {
      model: options.real ? "default" : "tiny",
      blocks: options.blocks,
      "clicks a block": options.clicks,
      "threads of a click alone": options.threads || "as the program has it",
      "median of the blocks, ms": Object.fromEntries(
        ways.map((way) => [way, { p50: round(median(p50[way])), p95: round(median(p95[way])) }]),
      ),
      "beside a bulk job of its own tenant: p95 more than alone, %": round(more(ways[2])),
      "done by the other tenant's bulk job meanwhile": done,
    },
  };
}
