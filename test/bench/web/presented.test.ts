import { describe, expect, it } from "vitest";
import { readTrace, spans, type TraceEvent } from "./presented.js";

const pid = 7;
const event = (name: string, ph: string, ms: number, local?: string): TraceEvent => ({
  name,
  ph,
  ts: ms * 1000,
  pid,
  ...(local === undefined ? {} : { id2: { local } }),
});
/** A frame with its stages, as Chromium records them. */
const frame = (id: string, begin: number, commit: number | undefined, presented: number | undefined): TraceEvent[] => [
  event("PipelineReporter", "b", begin, id),
  ...(commit === undefined ? [] : [event("Commit", "b", commit, id), event("Commit", "e", commit + 1, id)]),
  ...(presented === undefined ? [] : [event("SubmitCompositorFrameToPresentationCompositorFrame", "e", presented, id)]),
  event("PipelineReporter", "e", (presented ?? commit ?? begin) + 1, id),
];

describe("a trace of frames", () => {
  it("times a click to the frame with its mask, and not to those that the compositor makes by itself or drops", () => {
    const trace = readTrace([
      event("click", "I", 100),
      event("mask", "R", 140),
      ...frame("0x1", 90, 95, 110),
      ...frame("0x2", 130, undefined, 145),
      ...frame("0x1", 135, 146, undefined),
      ...frame("0x3", 136, 147, 155),
    ]);
    expect(spans(trace, "click", "mask")).toEqual([{ begunMs: 36, drawnMs: 40, presentedMs: 55 }]);
  });

  it("takes an id that comes again for another frame", () => {
    const trace = readTrace([...frame("0x1", 0, 3, 9), ...frame("0x1", 20, 23, 29)]);
    expect(trace.frames.map(({ presentedMs }) => presentedMs)).toEqual([9, 29]);
  });

  it("refuses a click whose mask was never shown", () => {
    const trace = readTrace([event("click", "I", 100), event("mask", "I", 140), ...frame("0x1", 90, 95, 110)]);
    expect(() => spans(trace, "click", "mask")).toThrow("without a frame");
  });
});
