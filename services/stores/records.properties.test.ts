import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkImageId, ImageDigest, imageIdInSteps, imageIdOf } from "../runtime/image-id.js";
import type { EmbeddingHeader } from "../sam/embedding-record.js";
import { RecordError } from "../sam/record-error.js";
import { decodeEmbeddingRecord, encodeEmbeddingRecord, readEmbeddingHeader, setSignature } from "./embedding-record.js";
import { imageHeadBytes, PictureFile, readImageFile, readImageHead } from "./image-record.js";
import { signatureBytes } from "./signing-keys.js";

const sides = fc.integer({ min: 1, max: 60_000 });
const tensors = fc.array(
  fc.record({ name: fc.string({ maxLength: 20 }), dims: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }) }),
  { maxLength: 4 },
);
const headers: fc.Arbitrary<EmbeddingHeader> = fc
  .record({
    width: sides,
    height: sides,
    tensors,
    isPart: fc.boolean(),
    text: fc.string({ unit: "binary", maxLength: 80 }),
  })
  .map(({ isPart, text, ...rest }) => ({
    imageId: text,
    modelId: text,
    weights: text,
    dtype: "float16" as const,
    ...rest,
    ...(isPart ? { crop: { x: rest.width - 1, y: 0, width: 1, height: rest.height } } : {}),
  }));
const signatures = fc.option(fc.uint8Array({ minLength: signatureBytes, maxLength: signatureBytes }));

/** Half floats of every bit for a header's tensors. */
const halvesOf = ({ tensors }: EmbeddingHeader) =>
  tensors.map(({ dims }, index) =>
    Uint16Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, at) => 40_503 * (at + index + 1)),
  );

const records = fc.tuple(headers, signatures).map(([header, signature]) => {
  const record = encodeEmbeddingRecord(header, halvesOf(header));
  if (signature) setSignature(record, signature);
  return { header, record };
});

/** What bytes become on their way: changed, cut, put together anew. */
const damages = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "cut", "grow", "word"),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    value: fc.nat(0xffff_ffff),
  }),
  { minLength: 1, maxLength: 6 },
);
type Damage = typeof damages extends fc.Arbitrary<infer All extends unknown[]> ? All[number] : never;

function damaged(bytes: Uint8Array, changes: Damage[]): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes);
  for (const { kind, at, value } of changes) {
    const place = Math.floor(at * result.length);
    if (kind === "cut") result = result.slice(0, place);
    else if (kind === "grow") result = Uint8Array.from([...result, ...new Uint8Array(value % 300).fill(value)]);
    else if (kind === "set" && result.length > 0) result[place] = value;
    else if (result.length >= 4) {
      // Lengths and sizes stand at whole words near the start.
      const word = 4 * Math.floor((at * Math.min(result.length, 128)) / 4);
      if (word + 4 <= result.length) new DataView(result.buffer).setUint32(word, value, true);
    }
  }
  return result;
}

it("gives every embedding back, signed or not, its header from the first bytes alone", () => {
  fc.assert(
    fc.property(records, ({ header, record }) => {
      const read = decodeEmbeddingRecord(record);
      expect(read.header).toEqual(JSON.parse(JSON.stringify(header)));
      expect(read.tensors.map((tensor) => [...tensor])).toEqual(halvesOf(header).map((tensor) => [...tensor]));
      expect(readEmbeddingHeader(record.subarray(0, 4096))).toEqual(read.header);
    }),
  );
});

it("takes any bytes for the embedding that was written or refuses them as a record, and takes no memory for what they say", () => {
  const inputs = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes, whole: undefined })),
    fc.tuple(records, damages).map(([{ record }, changes]) => ({ bytes: damaged(record, changes), whole: record })),
  );
  fc.assert(
    fc.property(inputs, ({ bytes, whole }) => {
      let tensors: Uint16Array[];
      try {
        tensors = decodeEmbeddingRecord(bytes).tensors;
      } catch (error) {
        expect(error).toBeInstanceOf(RecordError);
        return;
      }
      // Damage that undid itself.
      expect(whole && Buffer.compare(bytes, whole)).toBe(0);
      expect(tensors.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThanOrEqual(bytes.byteLength);
    }),
    { numRuns: 3000 },
  );
});

it("gives every picture back from the pieces that it came in, and no other under its id", async () => {
  const files = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(files, sides, sides, damages, async (chunks, width, height, changes) => {
      const whole = Buffer.concat(chunks);
      const imageId = imageIdOf(whole);
      const record = (await PictureFile.of(chunks)).recordOf({ width, height }, () => undefined);
      const head = readImageHead(record.subarray(0, imageHeadBytes));
      expect(head).toMatchObject({ width, height, fileBytes: whole.byteLength });
      expect(whole.equals(await readImageFile(record, head, imageId))).toBe(true);
      const bytes = damaged(record, changes);
      try {
        expect(whole.equals(await readImageFile(bytes, readImageHead(bytes), imageId))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordError);
      }
    }),
    { numRuns: 1000 },
  );
});

it("names files by their SHA-256, in pieces or whole, and takes no other text for such a name", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 })), fc.string(), async (chunks, text) => {
      const whole = Buffer.concat(chunks);
      const id = `sha256:${createHash("sha256").update(whole).digest("hex")}`;
      const digest = new ImageDigest();
      for (const chunk of chunks) digest.update(chunk);
      expect([digest.imageId(), imageIdOf(whole), await imageIdInSteps(whole)]).toEqual([id, id, id]);
      expect(checkImageId(id)).toBe(id);
      for (const other of [text, `sha256:${text}`, `${id}${text || "0"}`, `${text || "0"}${id}`]) {
        expect(() => checkImageId(other)).toThrow(/^An image_id is /);
      }
    }),
  );
});
