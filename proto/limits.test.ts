import type { DescMessage } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  ClientFrameSchema,
  DatasetService,
  DecoderService,
  EncoderService,
  listLimits,
  requestBytes,
  TrackService,
  TrackVideoRequestSchema,
} from "./index.js";

/** Every list and map that a request can have, in itself or in the messages in it. */
function listsOf(desc: DescMessage, seen = new Set<DescMessage>()): string[] {
  if (seen.has(desc)) return [];
  seen.add(desc);
  return desc.fields.flatMap((field) => [
    ...(field.fieldKind === "list" || field.fieldKind === "map" ? [`${desc.typeName}.${field.name}`] : []),
    ...(field.message ? listsOf(field.message, seen) : []),
  ]);
}

describe("the limits of requests", () => {
  const methods = [...EncoderService.methods, ...DecoderService.methods, ...TrackService.methods];

  it("name each of their lists, and no other", () => {
    const inputs = [...methods, ...DatasetService.methods].map(({ input }) => input);
    const lists = [ClientFrameSchema, TrackVideoRequestSchema, ...inputs].flatMap((desc) => listsOf(desc));
    expect(new Set(Object.keys(listLimits))).toEqual(new Set(lists));
  });

  it("let in large messages where masks and files are sent, and small ones elsewhere", () => {
    const bytes = Object.fromEntries(
      methods.map(({ parent, name }) => [name, requestBytes(`/${parent.typeName}/${name}`)]),
    );
    expect(bytes).toEqual({
      Encode: 1025 * 1024,
      CutOut: 4096,
      LookupImage: 4096,
      FetchEmbedding: 4096,
      DeleteImages: 4096,
      Ground: 16 * 1024,
      ListDetectors: 4096,
      ListModels: 4096,
      Segment: 2 * 1024 * 1024,
      SegmentOnce: 2 * 1024 * 1024,
      Prepare: 4096,
      SegmentEverything: 16 * 1024,
      Propagate: 8 * 1024 * 1024,
      LoadEmbedding: 1025 * 1024,
      DescribeGraphs: 4096,
      FetchGraph: 4096,
      ForgetImages: 4096,
      Track: 2 * 1024 * 1024,
    });
    const ofDatasets = DatasetService.methods.map(({ parent, name }) => requestBytes(`/${parent.typeName}/${name}`));
    expect(Math.min(...ofDatasets)).toBe(64 * 1024);
    expect(Math.max(...ofDatasets)).toBe(16 * 1024 * 1024);
  });
});
