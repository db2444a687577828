import { readFile } from "node:fs/promises";
import { Tensor } from "onnxruntime-node";
import { checkConverted } from "../../inference/convert/check-converted.js";
import { convertTfjs } from "../../inference/convert/convert-tfjs.js";
import { isConverted } from "../../inference/convert/cuts.js";
import { createSession } from "../../inference/models/create-session.js";
import { type DetectorGraph, floatsOf, type GraphTensors, type Look } from "./families/family.js";
import { detectorFamilies } from "./families/index.js";

/** A detector whose files are verified. */
export interface LoadableDetector {
  id: string;
  family: string;
  /** By their roles: where each lies, and what it was called where it comes from. */
  files: Record<string, { path: string; name: string }>;
}

/**
 * Loads a detector's graphs. One of TensorFlow.js is converted, which takes less than a second, and held against what
 * TensorFlow.js made of it.
 * @throws Error when it is not of its family; ConvertError; ProviderError.
 */
export async function loadDetector({ id, family, files }: LoadableDetector, threads: number): Promise<Look> {
  const known = detectorFamilies[family];
  if (!known) throw new Error(`the detector ${id} is of the family ${family}, which is not known`);
  const fileOf = (role: string) => {
    const file = files[role];
    if (!file) throw new Error(`the detector ${id} has no file for its ${role}`);
    return file;
  };
  return known.open({
    read: async (role) => readFile(fileOf(role).path),
    graph: async (role, changesShape = false) => {
      if (files[role] || !isConverted(family)) return openGraph(fileOf(role).path, { threads, changesShape });
      const graph = await openGraph(await converted(family, files), { threads, changesShape });
      const [input = ""] = graph.inputs;
      await checkConverted(family, async (data, dims) =>
        floatsOf(await graph.run({ [input]: { type: "float32", data, dims } })),
      );
      return graph;
    },
  });
}

/** @param graph a path, or its bytes. */
async function openGraph(
  graph: string | Uint8Array,
  options: { threads: number; changesShape: boolean },
): Promise<DetectorGraph> {
  const { session } = await createSession(graph, { providers: ["cpu"], ...options });
  return {
    inputs: session.inputNames,
    run: async (inputs, outputs) => {
      const feeds = Object.entries(inputs).map(([name, one]) => [name, tensorOf(one)] as const);
      const run = outputs
        ? session.run(Object.fromEntries(feeds), [...outputs])
        : session.run(Object.fromEntries(feeds));
      return (await run) as unknown as GraphTensors;
    },
  };
}

function tensorOf({ type, data, dims }: GraphTensors[string]): Tensor {
  return new Tensor(type, data as never, [...dims]);
}

async function converted(family: string, { topology, ...weights }: LoadableDetector["files"]): Promise<Uint8Array> {
  if (!topology || !isConverted(family))
    throw new Error(`there is no graph that a detector of the family ${family} has`);
  const read = Object.values(weights).map(async ({ name, path }) => [name, await readFile(path)] as const);
  return convertTfjs(family, await readFile(topology.path, "utf8"), new Map(await Promise.all(read)));
}
