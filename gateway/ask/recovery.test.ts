import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  EncodeReadySchema,
  EncodeStartedSchema,
  type ImageInfo,
  SegmentRequestSchema,
  SegmentResultSchema,
} from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { EmbeddingMissingError } from "../peers/embedding-missing-error.js";
import type { EncodeCall } from "../peers/encoders.js";
import { ImageGoneError } from "./image-gone-error.js";
import { withRecovery } from "./recovery.js";
import type { Region } from "./region.js";

const { signal } = new AbortController();
const request = create(SegmentRequestSchema, { imageId: "sha256:a", model: "m" });
const notFound = new ServiceError({ code: Code.NOT_FOUND, message: "Not here." });
const lost = new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", retryAfterMs: 5 });
const answer = create(SegmentResultSchema, { model: "m" });
const image = { imageId: "sha256:a", width: 40, height: 30 };
const shared = create(EncodeReadySchema, { image });
const unshared = create(EncodeReadySchema, { image, unshared: true });
const missingAt = (name: string) => new EmbeddingMissingError({ address: name } as RpcClient, notFound);
const missing = missingAt("one");

interface Script {
  decodes: unknown[];
  encodes?: unknown[];
  /** The encoders are busy with the picture for a while. */
  isLong?: boolean;
  loads?: unknown[];
  partsOf?: (image: ImageInfo) => Region[];
}

/** Each call takes its next outcome; the last but one of `encodes` is `shared`, of `loads` that it worked. */
function play({ decodes, encodes = [], loads = [], isLong = false, partsOf }: Script) {
  const heard: string[] = [];
  const calls: string[] = [];
  const take = (name: string, outcomes: unknown[], otherwise?: unknown) => {
    calls.push(name);
    const next = outcomes.length > 0 ? outcomes.shift() : otherwise;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next as never);
  };
  const place = (crop?: Region) => (crop ? ` ${crop.x},${crop.y}` : "");
  const providers = {
    encoders: {
      encodeStored: ({ crop }: { crop?: unknown }, { onProgress }: EncodeCall) => {
        if (isLong) onProgress?.({ case: "encoding", value: create(EncodeStartedSchema) });
        return take(`encode${place(crop as Region)}`, encodes, shared);
      },
      async *fetchEmbedding() {
        yield Uint8Array.of(1);
      },
    },
    decoders: {
      load: ({ address }: RpcClient, { crop }: { crop?: unknown }) =>
        take(`load ${address}${place(crop as Region)}`, loads),
    },
  };
  const decode = () => take("decode", decodes);
  const recovery = withRecovery(providers, decode, partsOf && ((_request, whole) => partsOf(whole)));
  const run = recovery(request, {
    signal,
    onProgress: (progress) => heard.push(progress.case),
    onRecovered: () => heard.push("over"),
  });
  return { run, calls, heard };
}

it("decodes once when the embedding is there", async () => {
  const { run, calls } = play({ decodes: [answer] });
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode"]);
});

it("R2 encodes the stored picture and decodes again", async () => {
  const { run, calls } = play({ decodes: [missing, answer] });
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode", "encode", "decode"]);
});

it("R2 tells that an encode is over when it has told of it, however it ended", async () => {
  const instant = play({ decodes: [missing, answer] });
  await instant.run;
  expect(instant.heard).toEqual([]);
  const long = play({ decodes: [missing, missing, answer], isLong: true });
  await long.run;
  expect(long.heard).toEqual(["encoding", "over", "encoding", "over"]);
  const failed = play({ decodes: [missing], encodes: [lost], isLong: true });
  await expect(failed.run).rejects.toBe(lost);
  expect(failed.heard).toEqual(["encoding", "over"]);
  // What is missing is not ready again.
  const gone = play({ decodes: [missing], encodes: [notFound], isLong: true });
  await expect(gone.run).rejects.toBeInstanceOf(ImageGoneError);
  expect(gone.heard).toEqual(["encoding"]);
});

it("R7 carries what is not shared to the decoder that has missed it", async () => {
  const { run, calls } = play({ decodes: [missingAt("two"), answer], encodes: [unshared] });
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode", "encode", "load two", "decode"]);
});

it("R7 carries what is shared too when a decoder does not see it there", async () => {
  const { run, calls } = play({ decodes: [missing, missing, answer] });
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode", "encode", "decode", "encode", "load one", "decode"]);
});

it("R7 follows the prompt to another decoder, and goes on when one is lost on the way", async () => {
  const { run, calls } = play({
    decodes: [missingAt("one"), missingAt("two"), answer],
    encodes: [unshared, unshared],
    loads: [lost],
  });
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode", "encode", "load one", "decode", "encode", "load two", "decode"]);
});

it("R7 provides the parts that are needed as well", async () => {
  const partsOf = ({ width, height }: ImageInfo) => [
    { x: 0, y: 0, width: width / 2, height },
    { x: 20, y: 0, width: width / 2, height },
  ];
  const { run, calls } = play({ decodes: [missing, answer], encodes: [shared, unshared, shared], partsOf });
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode", "encode", "encode 0,0", "load one 0,0", "encode 20,0", "decode"]);
});

it("R9 gives up after a few rounds, with a retry hint", async () => {
  const { run, calls } = play({ decodes: [missing, missing, missing, missing] });
  await expect(run).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
  expect(calls.filter((call) => call === "decode").length).toBe(4);
});

it("R9 says what a decoder says that can never keep as much, without a hint", async () => {
  const message = "It must be at least 12 MiB.";
  const small = new ServiceError({ code: Code.NOT_FOUND, reason: "CACHE_TOO_SMALL", message });
  const missed = new EmbeddingMissingError({ address: "one" } as RpcClient, small);
  const { run, calls } = play({ decodes: [missed, missed] });
  const wanted = { code: Code.RESOURCE_EXHAUSTED, reason: "CACHE_TOO_SMALL", message, retryAfterMs: undefined };
  await expect(run).rejects.toMatchObject(wanted);
  expect(calls).toEqual(["decode", "encode", "decode"]);
  // The shared cache may have room for what the decoder has none for.
  expect(await play({ decodes: [missed, answer] }).run).toBe(answer);
});

it("R3 says that the picture is gone when it is not stored", async () => {
  const { run } = play({ decodes: [missing], encodes: [notFound] });
  await expect(run).rejects.toBeInstanceOf(ImageGoneError);
  await expect(run).rejects.toMatchObject({ code: Code.NOT_FOUND, cause: notFound });
});

it("does not blame the prompt for an embedding that the decoder cannot use", async () => {
  const foreign = new ServiceError({ code: Code.INVALID_ARGUMENT, message: "Foreign." });
  const { run } = play({ decodes: [missing], encodes: [unshared], loads: [foreign] });
  await expect(run).rejects.toMatchObject({ code: Code.INTERNAL, cause: foreign });
});

it("passes on every other failure of decoder and encoder", async () => {
  const full = overloaded("Full.", 5);
  await expect(play({ decodes: [full] }).run).rejects.toBe(full);
  await expect(play({ decodes: [missing], encodes: [full] }).run).rejects.toBe(full);
  await expect(play({ decodes: [missing], encodes: [unshared], loads: [full] }).run).rejects.toBe(full);
});
