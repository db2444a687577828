import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { GroundResponseSchema, type SegmentRequest, SegmentRequestSchema } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { ImageGoneError } from "./image-gone-error.js";
import { withWords } from "./with-words.js";

const imageId = `sha256:${"a".repeat(64)}`;
const call = { signal: new AbortController().signal };
const found = create(GroundResponseSchema, { detector: "d", boxes: [{ label: "dog", score: 0.5 }] });
const request = (init: Parameters<typeof create<typeof SegmentRequestSchema>>[1]) =>
  create(SegmentRequestSchema, { imageId, ...init });

/** What is asked for, and what then goes on. */
function layer(ground: () => Promise<typeof found> = async () => found) {
  const asked: unknown[] = [];
  const words = withWords(
    {
      ground: (one) => {
        asked.push(one);
        return ground();
      },
    },
    ({ prompt }: SegmentRequest) => prompt?.text,
    async (one) => one,
  );
  return { asked, words };
}

it("G1 words are looked for before the prompt goes on, with what was found", async () => {
  const { asked, words } = layer();
  const wordy = request({ prompt: { text: "dog" }, sequence: 7 });
  expect(await words(wordy, call)).toEqual({ ...wordy, grounding: found });
  expect(asked).toEqual([{ imageId, text: "dog" }]);
});

it("G1 a prompt without words goes on as it is, and what a client says was found counts for nothing", async () => {
  const { asked, words } = layer();
  for (const one of [request({ prompt: { points: [{ x: 1, y: 1 }] } }), request({})]) {
    expect(await words({ ...one, grounding: found }, call)).toEqual({ ...one, grounding: undefined });
  }
  expect(asked).toEqual([]);
  const others = request({ prompt: { text: "dog" }, grounding: { detector: "mine", boxes: [] } });
  expect(await words(others, call)).toMatchObject({ grounding: found });
  expect(asked).toEqual([{ imageId, text: "dog" }]);
});

it("G1 a picture that is not stored is to be uploaded again; any other refusal is told as it is", async () => {
  const refused = (code: Code) => layer(() => Promise.reject(new ServiceError({ code, message: "No." }))).words;
  const wordy = request({ prompt: { text: "dog" } });
  await expect(refused(Code.NOT_FOUND)(wordy, call)).rejects.toThrow(ImageGoneError);
  await expect(refused(Code.INVALID_ARGUMENT)(wordy, call)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it("Q1 a look at a picture counts as an encode, unless it was there or fails; where none is left nothing is looked for", async () => {
  const wordy = request({ prompt: { text: "dog" } });
  let used = 0;
  const takeEncode = () => {
    if (used >= 1) throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message: "No more." });
    used++;
    return {
      correct: (more: number) => {
        used += more;
      },
    };
  };
  const counted = { ...call, takeEncode };
  await layer(async () => ({ ...found, cached: true })).words(wordy, counted);
  await layer(() => Promise.reject(new ServiceError({ code: Code.UNAVAILABLE, message: "No." })))
    .words(wordy, counted)
    .catch(() => {});
  expect(used).toBe(0);
  await layer().words(wordy, counted);
  expect(used).toBe(1);
  const { asked, words } = layer();
  await expect(words(wordy, counted)).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(asked).toEqual([]);
});
