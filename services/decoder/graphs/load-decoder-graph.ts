import { createSession } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import type { DecoderFiles } from "./decoder-files.js";
import type { DecoderGraph, Width } from "./decoder-graph.js";
import { spinUs } from "./decoder-session.js";
import { type RewrittenSessions, rewrittenGraph } from "./rewritten-graph.js";
import { stockGraph } from "./stock-graph.js";

/** Threads of one run for each width that a worker serves. */
export type Widths = Partial<Record<Width, number>>;

/** The decoder of a model, ready to run on the CPU. */
export async function loadDecoderGraph(model: ModelSpec, files: DecoderFiles, widths: Widths): Promise<DecoderGraph> {
  if (files.kind === "stock") {
    const threads = widths.wide ?? widths.narrow ?? 1;
    const { session } = await createSession(files.path, { providers: ["cpu"], threads, spinUs });
    return stockGraph(session, model) as DecoderGraph;
  }
  const { paths } = files;
  const load = async (threads: number): Promise<RewrittenSessions> => {
    const open = async (path: string) =>
      (await createSession(path, { providers: ["cpu"], threads, optimization: "basic", spinUs })).session;
    return {
      prefix: await open(paths.prefix),
      step: await open(paths.step),
      stepWithMask: await open(paths.stepWithMask),
    };
  };
  const sessions: Partial<Record<Width, RewrittenSessions>> = {};
  for (const width of ["wide", "narrow"] as const) {
    const threads = widths[width];
    if (threads !== undefined) sessions[width] = await load(threads);
  }
  return rewrittenGraph(sessions, model) as DecoderGraph;
}
