import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { memoryFiles } from "../graphs/memory-files.js";
import { decoderGraph, objectPointerGraph } from "../testing/memory-model.js";
import { type MemoryModelFiles, servedMemory } from "../testing/served-memory.js";
import { loadServed } from "./load-served.js";

const folder = mkdtempSync(join(tmpdir(), "maskwire-load-served-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Graphs that are loaded and were not released. */
function countSessions(): Set<InferenceSession> {
  const open = new Set<InferenceSession>();
  const create = InferenceSession.create.bind(InferenceSession) as (...given: unknown[]) => Promise<InferenceSession>;
  vi.spyOn(InferenceSession, "create").mockImplementation((async (...given: unknown[]) => {
    const session = await create(...given);
    const release = session.release.bind(session);
    open.add(session);
    session.release = async () => {
      open.delete(session);
      await release();
    };
    return session;
  }) as typeof InferenceSession.create);
  return open;
}

async function load(changes: Partial<MemoryModelFiles> = {}) {
  const { model, models } = servedMemory(folder, changes);
  const path = await models.verifiedGraph(model, "decoder");
  const decoder = { kind: "stock", path, reason: "a test's" } as const;
  return loadServed(model, { decoder, memory: await memoryFiles(model, models) }, { narrow: 1 });
}

it("has a model's decoder and memory, until they are released", async () => {
  const open = countSessions();
  const { release } = await load();
  expect(open.size).toBe(4);
  await release();
  expect(open.size).toBe(0);
});

it("leaves nothing loaded where a memory is another than its entry says", async () => {
  const open = countSessions();
  await expect(load({ memoryAttention: objectPointerGraph() })).rejects.toThrow(/takes no "curr"/);
  expect(InferenceSession.create).toHaveBeenCalledTimes(4);
  expect(open.size).toBe(0);
});

it("leaves nothing loaded where one of the decoder's own graphs does not load", async () => {
  const open = countSessions();
  const [whole, broken] = ["whole", "broken"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(whole, decoderGraph());
  writeFileSync(broken, "no graph");
  const files = { kind: "rewritten", paths: { prefix: whole, step: whole, stepWithMask: broken } } as const;
  const loading = loadServed(servedMemory(folder).model, { decoder: files as never, memory: undefined }, { wide: 1 });
  await expect(loading).rejects.toThrow(/No execution provider/);
  expect(open.size).toBe(0);
});
