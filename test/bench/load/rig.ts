import { embeddingRef } from "../../../services/inference/models/embedding-ref.js";
import { inFrame } from "../../../services/inference/models/in-frame.js";
import { Manifest } from "../../../services/inference/models/manifest.js";
import { createMetrics } from "../../../services/runtime/host-metrics.js";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { createLogger } from "../../../services/runtime/logger.js";
import { decodeEmbeddingRecord, encodeEmbeddingRecord } from "../../../services/stores/embedding-record.js";
import { EmbeddingStore } from "../../../services/stores/embedding-store.js";
import { SigningKeys } from "../../../services/stores/signing-keys.js";
import { openConnectedStore, serverOf } from "../../../services/stores/testing/connected-store.js";
import { upload } from "../../support/http-calls.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { jpegScene } from "../../support/pictures.js";
import { findProgram } from "../../support/programs.js";
import { RedisServer } from "../../support/redis-server.js";
import { testSettings } from "../../support/start-maskwire.js";
import { type Cores, cpuSeconds, machineSeconds } from "./cpu-seconds.js";

const width = 640;
const height = 480;

interface RigOptions {
  readonly cores: Cores;
  readonly albumSize: number;
  readonly decoderCacheMiB: number;
}

/** The built program in processes of its own: a decoder of one core, a gateway, an encoder, and a Redis with an album. */
export class Rig implements AsyncDisposable {
  album: readonly string[] = [];
  recordBytes = 0;
  decoderCacheBytes = 0;
  /** By name, all but Redis. */
  readonly #processes = new Map<string, MaskwireProcess>();
  #redis: RedisServer | undefined;
  #newPictures = 0;
  #file: Buffer = Buffer.alloc(0);

  static async start(options: RigOptions): Promise<Rig> {
    const rig = new Rig();
    try {
      await rig.#start(options);
      return rig;
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
  }

  get gatewayUrl(): string {
    return this.#process("gateway").url;
  }

  get decoderAddress(): string {
    return this.#process("decoder").address;
  }

  /** The file of a picture that nobody has seen; drawn once, so that it costs the one who measures nothing. */
  newPicture(): Buffer {
    return withComment(this.#file, `new picture ${this.#newPictures++}`);
  }

  /** Processor seconds so far: each process of ours, Redis, the one that measures, and all that others did to this machine. */
  cpuSeconds(): Record<string, number> {
    const pids: [string, number | undefined][] = [...this.#processes].map(([name, { pid }]) => [name, pid]);
    pids.push(["redis", this.#redis?.pid], ["driver", process.pid]);
    const ours = pids.map(([name, pid]): [string, number] => [name, (pid && cpuSeconds(pid)) ?? Number.NaN]);
    const elsewhere = (machineSeconds() ?? Number.NaN) - ours.reduce((sum, [, seconds]) => sum + seconds, 0);
    return Object.fromEntries([...ours, ["elsewhere", elsewhere]]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [...this.#processes.values()].reverse()) await one[Symbol.asyncDispose]();
    await this.#redis?.[Symbol.asyncDispose]();
  }

  async #start({ cores, albumSize, decoderCacheMiB }: RigOptions): Promise<void> {
    this.#redis = await RedisServer.start();
    this.decoderCacheBytes = decoderCacheMiB * 2 ** 20;
    const shared = { MASKWIRE_CACHE_URL: this.#redis.url, MASKWIRE_LOG_LEVEL: "error" };
    const decoder = {
      MASKWIRE_ROLE: "decoder",
      MASKWIRE_DECODER_WORKERS: "1",
      MASKWIRE_DECODER_THREADS: "1",
      MASKWIRE_DECODER_CACHE_BYTES: String(this.decoderCacheBytes),
    };
    await this.#add("decoder", { ...shared, ...decoder }, cores.decoder);
    // On a machine of its own the encoder would take nothing from the gateway, nor from who measures.
    const nice = findProgram("nice");
    const behind = nice === undefined ? [] : [nice, "-n", "19"];
    await this.#add("encoder", { ...shared, MASKWIRE_ROLE: "encoder", MASKWIRE_ENCODER_THREADS: "1" }, behind);
    await this.#add("gateway", {
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_LOG_LEVEL: "error",
      MASKWIRE_ENCODER_ADDRESS: this.#process("encoder").address,
      MASKWIRE_DECODER_ADDRESSES: this.decoderAddress,
    });
    this.#file = await jpegScene(width, height);
    const { image } = await upload(this.gatewayUrl, this.#file);
    const { album, recordBytes } = await storeAlbum(this.#redis.url, image?.imageId ?? "", albumSize);
    this.album = album;
    this.recordBytes = recordBytes;
  }

  async #add(name: string, env: Record<string, string>, launcher: readonly string[] = []): Promise<void> {
    this.#processes.set(name, await MaskwireProcess.start(env, launcher));
  }

  #process(name: string): MaskwireProcess {
    const process = this.#processes.get(name);
    if (!process) throw new Error(`there is no ${name}`);
    return process;
  }
}

/** The same JPEG in other bytes: with a COM segment (ITU-T T.81, B.2.4.5) behind its first marker. */
function withComment(jpeg: Buffer, text: string): Buffer {
  const comment = Buffer.from(text);
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(comment.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, comment, jpeg.subarray(2)]);
}

/** The embedding of a real picture under as many names as there are to be pictures: real masks, without the encodes. */
async function storeAlbum(url: string, ofImage: string, count: number) {
  const manifest = Manifest.read();
  const model = inFrame(manifest.get(manifest.defaultId), testSettings().models.frame);
  const metrics = createMetrics();
  const { cache, limits } = testSettings();
  const { namespace, ttlMs } = cache;
  const events = { onError() {}, onAnswer() {} };
  const blobs = await openConnectedStore(serverOf(url), { namespace: `${namespace}:embedding`, ttlMs, events });
  try {
    const store = new EmbeddingStore(blobs, {
      metrics,
      logger: createLogger("error"),
      limits,
      keys: new SigningKeys(),
    });
    const original = await store.get(embeddingRef({ tenant: undefined, imageId: ofImage, model }));
    if (!original) throw new Error("the encoder has not left its embedding in Redis");
    const { tensors } = decodeEmbeddingRecord(original.record);
    const album: string[] = [];
    for (let index = 0; index < count; index++) {
      const imageId = imageIdOf(new TextEncoder().encode(`load ${index}`));
      const record = encodeEmbeddingRecord({ ...original.header, imageId }, tensors);
      const kept = await store.set(embeddingRef({ tenant: undefined, imageId, model }), record);
      if (kept === "nowhere") throw new Error("Redis did not keep the embedding");
      album.push(imageId);
    }
    return { album, recordBytes: original.record.byteLength };
  } finally {
    await blobs.close();
    metrics.close();
  }
}
