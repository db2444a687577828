import { everythingCancelled, everythingNotOpen, everythingNotReady } from "./refusals.js";
import {
  isSame,
  type LiveState,
  type RefusedError,
  type SessionEffect,
  type SessionEvent,
  type Step,
} from "./state.js";

type Event<K extends SessionEvent["kind"]> = Extract<SessionEvent, { kind: K }>;

/** E2, E3: one at a time; the end of the older one is told before anything of the newer. */
export function everything(state: LiveState, { run, request }: Event<"everything">): Step {
  const [before, ended] = cancelEverything(state);
  if (state.kind !== "ready") return [before, [...ended, failed(everythingNotReady)]];
  const { image, opening } = state;
  const named = {
    ...request,
    imageId: request.imageId.toLowerCase() || image.imageId,
    model: request.model || image.model,
  };
  if (!isSame(named, image)) return [before, [...ended, failed(everythingNotOpen)]];
  return [{ ...state, everything: run }, [...ended, { kind: "find-everything", run, opening, request: named }]];
}

/** E3 */
export function cancelEverything(state: LiveState): Step {
  if (state.everything === undefined) return [state, []];
  return [{ ...state, everything: undefined }, [{ kind: "abort-everything" }, failed(everythingCancelled)]];
}

export function hearEverything(state: LiveState, { run, event }: Event<"everything-event">): Step {
  if (run !== state.everything) return [state, []];
  const isLast = event.event.case === "done";
  return [isLast ? { ...state, everything: undefined } : state, [{ kind: "send-everything", event }]];
}

export function endEverything(state: LiveState, { run, error }: Event<"everything-ended">): Step {
  if (run !== state.everything) return [state, []];
  return [{ ...state, everything: undefined }, [failed(error)]];
}

const failed = (error: RefusedError): SessionEffect => ({ kind: "send-everything-failed", error });
