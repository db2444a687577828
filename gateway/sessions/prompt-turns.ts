import type { SegmentResult } from "../../proto/index.js";
import type { Caller } from "../../services/runtime/callers/caller.js";
import type { Line } from "../ask/ask.js";
import { CallerTurns, type DecoderTimes } from "./caller-turns.js";

type Who = Pick<Caller, "key" | "tenant">;

/** Whether nobody else is there whom a caller, or a tenant, would hold up. */
export interface Company {
  isAlone(who: Who): boolean;
  isTenantAlone(tenant: string): boolean;
}

/** Has the prompts of each caller's sessions, and those of a tenant's callers, take turns at the decoders (C12). */
export class PromptTurns {
  readonly #company: Company;
  /** Of those who have something under way. */
  readonly #callers = new Map<string, CallerTurns>();
  readonly #tenants = new Map<string, CallerTurns>();

  constructor(company: Company) {
    this.#company = company;
  }

  /** A session's line, in which its prompts go when it is their caller's turn, and their tenant's. */
  lineOf(who: Who, line: Line): Line {
    return {
      segment: async (request, call) => {
        const own = await this.#callerTurn(who, request.preview, call.signal);
        let times: DecoderTimes | undefined;
        // What a caller's prompt waits among those of its tenant says the same as what it waits at a decoder: they are too many.
        let waitedMs = 0;
        try {
          const enteredAt = performance.now();
          const shared = await this.#tenantTurn(who, request.preview, call.signal);
          waitedMs = performance.now() - enteredAt;
          try {
            call.onTurn?.();
            const result = await line.segment(request, call);
            times = timesOf(result);
            return result;
          } finally {
            shared?.end(times);
          }
        } finally {
          own.end(times && { ...times, queueMs: times.queueMs + waitedMs });
        }
      },
      close: () => line.close(),
    };
  }

  #callerTurn(who: Who, isPreview: boolean, signal: AbortSignal): Promise<Turn> {
    const { key, tenant } = who;
    return turnOf(this.#callers, key, { mayHaveAll: () => this.#company.isAlone({ key, tenant }), isPreview, signal });
  }

  async #tenantTurn({ tenant }: Who, isPreview: boolean, signal: AbortSignal): Promise<Turn | undefined> {
    if (tenant === undefined) return undefined;
    return turnOf(this.#tenants, tenant, {
      mayHaveAll: () => this.#company.isTenantAlone(tenant),
      isPreview,
      signal,
    });
  }
}

/** A prompt's turn, which has come. */
interface Turn {
  /** @param times undefined when there was no answer. */
  end(times: DecoderTimes | undefined): void;
}

interface TurnOptions {
  mayHaveAll: () => boolean;
  isPreview: boolean;
  signal: AbortSignal;
}

/** Resolves when it has come to a prompt of this name's. @throws the signal's reason when that aborts before. */
async function turnOf(
  all: Map<string, CallerTurns>,
  name: string,
  { mayHaveAll, isPreview, signal }: TurnOptions,
): Promise<Turn> {
  const turns = all.get(name) ?? new CallerTurns(mayHaveAll);
  all.set(name, turns);
  const forget = () => {
    if (turns.isIdle && all.get(name) === turns) all.delete(name);
  };
  try {
    await begun(turns, isPreview, signal);
  } catch (error) {
    forget();
    throw error;
  }
  return {
    end: (times) => {
      turns.end(times);
      forget();
    },
  };
}

/** Resolves when it has begun. @throws the signal's reason when that aborts before. */
function begun(turns: CallerTurns, isPreview: boolean, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abandon = () => {
      leave();
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
