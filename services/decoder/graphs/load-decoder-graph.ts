import type { InferenceSession } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { type KeptTensors, SessionRunner } from "../../inference/models/session-runner.js";
import { exportedDecoder, splitDecoder } from "../../sam/decode/decoder-spec.js";
import { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { DecoderFiles } from "./decoder-files.js";
import { spinUs } from "./decoder-session.js";

/**
 * How many cores one run takes. `wide`: all of them, for a person who waits alone. `narrow`: one, which answers more
 * prompts a second when many wait.
 */
type Width = "wide" | "narrow";

/** Threads of one run for each width that a worker serves. */
export type Widths = Partial<Record<Width, number>>;

/** A model's decoder for each width; a width that the worker does not serve is the other. What one has prepared, both decode. */
export type LoadedDecoder = Readonly<Record<Width, MaskDecoder<KeptTensors>>> & { release(): Promise<void> };

/** The decoder of a model, ready to run on the CPU. */
export async function loadDecoderGraph(model: ModelSpec, files: DecoderFiles, widths: Widths): Promise<LoadedDecoder> {
  if (files.kind === "stock") {
    const threads = widths.wide ?? widths.narrow ?? 1;
    const { session } = await createSession(files.path, { providers: ["cpu"], threads, spinUs });
    const decoder = new MaskDecoder(exportedDecoder(model.decoder), new SessionRunner({ stock: session }));
    return { wide: decoder, narrow: decoder, release: () => session.release() };
  }
  const { paths } = files;
  const { maskGrid, tokens } = model.decoder;
  if (widths.wide === undefined && widths.narrow === undefined) throw new Error("A decoder needs one width at least.");
  const opened: InferenceSession[] = [];
  const release = async () => {
    for (const session of opened) await session.release();
  };
  const load = async (threads: number): Promise<MaskDecoder<KeptTensors>> => {
    const open = async (path: string) => {
      const { session } = await createSession(path, { providers: ["cpu"], threads, optimization: "basic", spinUs });
      opened.push(session);
      return session;
    };
    const sessions = {
      prefix: await open(paths.prefix),
      step: await open(paths.step),
      stepWithMask: await open(paths.stepWithMask),
    };
    return new MaskDecoder(splitDecoder(maskGrid, tokens.side), new SessionRunner(sessions));
  };
  try {
    const wide = widths.wide === undefined ? undefined : await load(widths.wide);
    const narrow = widths.narrow === undefined ? undefined : await load(widths.narrow);
    const any = (wide ?? narrow)!;
    return { wide: wide ?? any, narrow: narrow ?? any, release };
  } catch (error) {
    await release();
    throw error;
  }
}
