import { expect, it } from "vitest";
import { Manifest } from "../models/manifest.js";
import { bytesOfGraph, graphFiles, weightsOf } from "./weights-of.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const file = (sha256: string, bytes: number) => ({ source: `file:${sha256}`, sha256, bytes });
const withData = (data: Record<string, ReturnType<typeof file>>) => ({ ...model, files: { ...model.files, ...data } });

it("is a graph's own digest where it holds its weights", () => {
  expect(weightsOf(model, "encoder")).toBe(model.encoder.sha256);
  expect(weightsOf(model, "decoder")).toBe(model.decoder.sha256);
  expect(bytesOfGraph(model, "encoder")).toBe(model.encoder.bytes);
});

it("covers the weights beside a graph, and their bytes, and no other graph's", () => {
  const [one, two] = [withData({ encoderData: file("1", 10) }), withData({ encoderData: file("2", 10) })];
  const weights = [model, one, two].map((each) => weightsOf(each, "encoder"));
  expect(new Set(weights).size).toBe(3);
  for (const digest of weights) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(weightsOf(one, "decoder")).toBe(model.decoder.sha256);
  expect(bytesOfGraph(one, "encoder")).toBe(model.encoder.bytes + 10);
  expect(graphFiles(one, "encoder")).toEqual([one.encoder, file("1", 10)]);
});
