import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, ErrorSchema, type Mask, MaskSchema, SegmentResponseSchema } from "../../../proto/index.js";
import { wordsOf } from "../http/known-words.js";
import type { SessionEventOf } from "./event.js";
import { WordsSearch } from "./words-search.js";

const imageId = `sha256:${"ab".repeat(32)}`;
const dog = create(MaskSchema, { area: 8, bbox: { x: 4, y: 2, width: 4, height: 2 } });
const nothing = create(MaskSchema, { area: 0 });

const answer = (sequence: number, masks: Mask[] = [], atMs = 3_000): SessionEventOf<"answer"> => ({
  kind: "answer",
  response: create(SegmentResponseSchema, { sequence, outcome: { case: "result", value: { imageId, masks } } }),
  atMs,
});

const refusal = (sequence: number): SessionEventOf<"answer"> => ({
  kind: "answer",
  response: create(SegmentResponseSchema, { sequence, outcome: { case: "error", value: create(ErrorSchema) } }),
  atMs: 3_000,
});

describe("a search by words", () => {
  it("is one prompt of the session, and its answer everything mode's events", () => {
    const search = new WordsSearch();
    const { sequence, prompt, preview } = search.begin("dog", imageId, 1_000);
    expect([prompt?.text, preview]).toEqual(["dog", false]);
    const events = search.hear(answer(sequence, [dog, nothing], 1_250));
    expect(events).toMatchObject([
      { event: { event: { case: "found", value: { id: 1, mask: dog, point: { x: 6, y: 3 } } } } },
      { event: { event: { case: "done", value: { masks: 1, elapsedMs: 250 } } } },
    ]);
    expect(search.hear(answer(sequence, [dog]))).toEqual([]);
  });

  it("leaves what clicks are answered alone", () => {
    expect(new WordsSearch().hear(answer(1))).toBeUndefined();
  });

  it("says an error as everything mode's end", () => {
    const search = new WordsSearch();
    const { sequence } = search.begin("wyvern", imageId, 1_000);
    expect(search.hear(refusal(sequence))).toMatchObject([{ kind: "everything-failed" }]);
  });

  it("hears of the newest alone, and of none once it is cancelled or its connection lost", () => {
    const search = new WordsSearch();
    const first = search.begin("dog", imageId, 1_000).sequence;
    const second = search.begin("cat", imageId, 1_100).sequence;
    expect(search.hear(answer(first, [dog]))).toEqual([]);
    expect(search.cancel(1_200)).toMatchObject({ kind: "everything-failed", error: { code: ErrorCode.CANCELLED } });
    expect([search.hear(answer(second, [dog])), search.cancel(1_300)]).toEqual([[], undefined]);
    const third = search.begin("cup", imageId, 1_400).sequence;
    search.lose();
    expect(search.hear(answer(third, [dog]))).toEqual([]);
  });

  it("waits for the masks of the embedding where a draft's come first", () => {
    const search = new WordsSearch();
    const { sequence } = search.begin("dog", imageId, 1_000);
    const sketch = answer(sequence, [dog]);
    if (sketch.response.outcome.case === "result") sketch.response.outcome.value.draft = true;
    expect(search.hear(sketch)).toEqual([]);
    expect(search.hear(answer(sequence, [dog]))).toHaveLength(2);
  });
});

describe("the words that are known", () => {
  const ready = { ready: true, labels: ["dog", "cat"], aliases: [{ word: "puppy" }, { word: "cat" }] };
  const missing = { advice: "Run npm run models -- pull ssdlite.", labels: ["zebra"] };

  it("are those of the detectors that are installed, each once", () => {
    expect(wordsOf([ready, missing])).toEqual({ words: ["cat", "dog", "puppy"], advice: undefined });
  });

  it("come with what to do where there is none", () => {
    expect(wordsOf([missing])).toEqual({ words: [], advice: missing.advice });
  });
});
