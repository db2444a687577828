import { randomUUID } from "node:crypto";
import { createClient, RESP_TYPES } from "@redis/client";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { encodeEmbeddingRecord, readEmbeddingHeader } from "../../../services/stores/embedding-record.js";
import type { Random } from "../../simulation/random.js";
import { drawScene, fromRaw } from "../../support/pictures.js";
import type { Attack, Target } from "../attack.js";
import type { Tally } from "../tally.js";
import { mutateBytes, pick } from "../wire/mutate-bytes.js";
import { exchange, post, type RawAnswer, tellHttp } from "../wire/raw-http.js";

/** Higher than wide, unlike the picture whose records are put in place of its own: a mask tells which was used. */
const size = { width: 120, height: 160 };
const slander = "Pay at evil.example to see your masks";

/** Somebody with the shared cache's password. */
class Forger {
  readonly #client;

  private constructor(client: ReturnType<typeof createClient>) {
    this.#client = client;
  }

  static async connect(url: string): Promise<Forger> {
    const client = createClient({ url });
    await client.connect();
    return new Forger(client as ReturnType<typeof createClient>);
  }

  keysOf(imageId: string): Promise<string[]> {
    return this.#client.keys(`*${imageId.replaceAll("*", "")}*`);
  }

  async read(key: string): Promise<Buffer | undefined> {
    const value = await this.#client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get(key);
    return (value as unknown as Buffer | null) ?? undefined;
  }

  async write(key: string, value: Uint8Array | string): Promise<void> {
    await this.#client.set(key, typeof value === "string" ? value : Buffer.from(value));
  }

  async remove(key: string): Promise<void> {
    await this.#client.del(key);
  }

  close(): void {
    this.#client.destroy();
  }
}

/** What is done to the records of a fresh picture, given those of the attacker's other one. */
type Forgery = (forger: Forger, fresh: Keys, others: Keys, random: Random) => Promise<void>;
interface Keys {
  image: string;
  embedding: string;
}

const forgeries: readonly Forgery[] = [
  // Another picture's records, right in themselves.
  async (forger, fresh, others) => {
    await forger.write(fresh.embedding, (await forger.read(others.embedding)) ?? "");
  },
  async (forger, fresh, others) => {
    await forger.remove(fresh.embedding);
    await forger.write(fresh.image, (await forger.read(others.image)) ?? "");
  },
  // Its own with another header, checksums and all.
  async (forger, fresh) => {
    const record = await forger.read(fresh.embedding);
    if (!record) return;
    const header = readEmbeddingHeader(record);
    const words = header.tensors.map(({ dims }) => new Uint16Array(dims.reduce((product, dim) => product * dim, 1)));
    await forger.write(fresh.embedding, encodeEmbeddingRecord({ ...header, width: 2 ** 31, height: 2 ** 31 }, words));
  },
  async (forger, fresh, _others, random) => {
    for (const key of Object.values(fresh)) {
      const record = await forger.read(key);
      if (record) await forger.write(key, mutateBytes(record, random));
    }
  },
  async (forger, fresh, _others, random) => {
    await forger.write(fresh.embedding, pick(random, ["", "x", "x".repeat(3_000_000)]));
    await forger.write(fresh.image, pick(random, ["", "x"]));
  },
];

export const forgedCache: Attack = {
  name: "forged-cache",
  title:
    "somebody who can write the shared cache: other files, forged embeddings, sizes, squatted leases, their verdicts",
  setting: "roles",
  unit: "forgeries",
  count: 150,
  short: 10,
  // A lease that is never given back holds an upload for six terms: seconds instead of half a minute.
  env: { MASKWIRE_CACHE_LEASE_MS: "500" },
  async run(target, random, tally) {
    const forger = await Forger.connect(target.redis ?? "");
    try {
      const others = await keysOf(forger, target.imageId);
      tally.begin();
      for (let turn = 0; tally.goesOn; turn++) {
        tally.try();
        if (turn % 5 === 4) await squat(target, forger, others, turn, tally);
        else await forge(target, forger, others, random, tally);
      }
    } finally {
      forger.close();
    }
  },
};

let drawn = 0;

async function freshPicture(seed: number): Promise<Buffer> {
  return fromRaw(drawScene(size.width, size.height, 1000 * seed + ++drawn))
    .png()
    .toBuffer();
}

async function keysOf(forger: Forger, imageId: string): Promise<Keys> {
  const keys = (await forger.keysOf(imageId)).filter((key) => !key.includes(":lease:"));
  const embedding = keys.find((key) => key.includes("embedding")) ?? "";
  return { embedding, image: keys.find((key) => key !== embedding) ?? "" };
}

async function forge(target: Target, forger: Forger, others: Keys, random: Random, tally: Tally): Promise<void> {
  const picture = await freshPicture(target.seed);
  const imageId = imageIdOf(picture);
  tellHttp(await upload(target, picture, tally), tally);
  await pick(random, forgeries)(forger, await keysOf(forger, imageId), others, random);
  const prompt = { points: [{ x: 40, y: 60 }] };
  const answer = await exchange(target.gateway, target.from, post("/v1/segment", JSON.stringify({ imageId, prompt })), {
    lingerMs: tally.patienceMs(20_000),
  });
  tellHttp(answer, tally);
  if (answer.statuses.length === 0) tally.note("a click on a picture with forged records was not answered in time");
  const [, height, width] = /"size":\[(\d+),(\d+)\]/.exec(answer.text) ?? [];
  if (height !== undefined && (Number(height) !== size.height || Number(width) !== size.width)) {
    tally.note(`a forged record was used: a mask of ${width} x ${height}`);
  }
}

/** A lease that nobody will give back, and one whose holder has left a verdict. */
async function squat(target: Target, forger: Forger, others: Keys, turn: number, tally: Tally): Promise<void> {
  const picture = await freshPicture(target.seed);
  const imageId = imageIdOf(picture);
  const [namespace] = others.embedding.split(":");
  const name = others.embedding.slice(others.embedding.indexOf(target.imageId)).replace(target.imageId, imageId);
  const key = `${namespace}:lease:${name}`;
  await forger.write(key, randomUUID());
  const verdict = { code: 3, message: slander, reason: "DAMAGED_IMAGE" };
  await forger.write(`${key}:verdict`, turn % 4 === 0 ? JSON.stringify(verdict) : verdict.reason);
  // The first one is never given back.
  if (turn % 2 === 1) setTimeout(() => void forger.remove(key).catch(() => {}), 500);
  const answer = await upload(target, picture, tally);
  await forger.remove(key);
  tellHttp(answer, tally);
  if (answer.statuses[0] === 422) tally.note("a verdict that nobody of the cluster gave was believed");
  if (answer.text.includes(slander)) tally.note("a text from the shared cache was shown to a person");
  if (answer.statuses.length === 0) tally.note("a squatted lease held an upload");
}

function upload({ gateway, from }: Target, picture: Uint8Array, tally: Tally): Promise<RawAnswer> {
  return exchange(gateway, from, post("/v1/images", picture), { lingerMs: tally.patienceMs(40_000) });
}
