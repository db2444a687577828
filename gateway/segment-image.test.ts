import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { EncodeReadySchema, SegmentRequestSchema, SegmentResultSchema } from "../proto/index.js";
import { Code, overloaded, ServiceError } from "../services/runtime/errors.js";
import { ImageGoneError, segmentImage } from "./segment-image.js";

const { signal } = new AbortController();
const request = create(SegmentRequestSchema, { imageId: "sha256:a", model: "m" });
const notFound = new ServiceError({ code: Code.NOT_FOUND, message: "Not here." });
const answer = create(SegmentResultSchema, { model: "m" });

/** Each call takes the next outcome. */
function play(decodes: unknown[], encodes: unknown[] = []) {
  const calls: string[] = [];
  const take = (name: string, outcomes: unknown[]) => {
    calls.push(name);
    const next = outcomes.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next as never);
  };
  const encoders = { encodeStored: () => take("encode", encodes) };
  const run = segmentImage(
    () => take("decode", decodes),
    encoders,
    request,
    () => {},
    signal,
  );
  return { run, calls };
}

it("decodes once when the embedding is there", async () => {
  const { run, calls } = play([answer]);
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode"]);
});

it("R2 encodes the stored picture and decodes again", async () => {
  const { run, calls } = play([notFound, answer], [create(EncodeReadySchema)]);
  expect(await run).toBe(answer);
  expect(calls).toEqual(["decode", "encode", "decode"]);
});

it("R2 tries that once", async () => {
  const { run, calls } = play([notFound, notFound], [create(EncodeReadySchema)]);
  await expect(run).rejects.toBe(notFound);
  expect(calls).toEqual(["decode", "encode", "decode"]);
});

it("R3 says that the picture is gone when it is not stored", async () => {
  const { run } = play([notFound], [notFound]);
  await expect(run).rejects.toBeInstanceOf(ImageGoneError);
  await expect(run).rejects.toMatchObject({ code: Code.NOT_FOUND, cause: notFound });
});

it("passes on every other failure of decoder and encoder", async () => {
  const full = overloaded("Full.", 5);
  await expect(play([full]).run).rejects.toBe(full);
  await expect(play([notFound], [full]).run).rejects.toBe(full);
});
