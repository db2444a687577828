import type { SegmentResult } from "../../proto/index.js";
import type { Line } from "../ask/ask.js";
import { CallerTurns, type DecoderTimes } from "./caller-turns.js";

/** Has the prompts of each caller's sessions take turns at the decoders (C12). */
export class PromptTurns {
  readonly #mayHaveAll: (caller: string) => boolean;
  /** Of callers who have something under way. */
  readonly #callers = new Map<string, CallerTurns>();

  /** @param mayHaveAll whether nobody else is there whom a caller would hold up. */
  constructor(mayHaveAll: (caller: string) => boolean) {
    this.#mayHaveAll = mayHaveAll;
  }

  /** A session's line, in which its prompts go when it is their caller's turn. */
  lineOf(caller: string, line: Line): Line {
    return {
      segment: async (request, call) => {
        const turns = this.#of(caller);
        await begun(turns, request.preview, call.signal, () => this.#forget(caller, turns));
        call.onTurn?.();
        let times: DecoderTimes | undefined;
        try {
          const result = await line.segment(request, call);
          times = timesOf(result);
          return result;
        } finally {
          turns.end(times);
          this.#forget(caller, turns);
        }
      },
      close: () => line.close(),
    };
  }

  #of(caller: string): CallerTurns {
    const known = this.#callers.get(caller);
    if (known) return known;
    const turns = new CallerTurns(() => this.#mayHaveAll(caller));
    this.#callers.set(caller, turns);
    return turns;
  }

  #forget(caller: string, turns: CallerTurns): void {
    if (turns.isIdle && this.#callers.get(caller) === turns) this.#callers.delete(caller);
  }
}

/** Resolves when it has begun. @throws the signal's reason when that aborts before; `left` is called then. */
function begun(turns: CallerTurns, isPreview: boolean, signal: AbortSignal, left: () => void): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abandon = () => {
      leave();
      left();
      reject(signal.reason);
    };
    let hasBegun = false;
    const leave = turns.enter(isPreview, () => {
      hasBegun = true;
      signal.removeEventListener("abort", abandon);
      resolve();
    });
    if (!hasBegun) signal.addEventListener("abort", abandon, { once: true });
  });
}

function timesOf({ timings }: SegmentResult): DecoderTimes | undefined {
  return timings && { queueMs: timings.queueMs, workMs: timings.decodeMs + timings.maskMs };
}
