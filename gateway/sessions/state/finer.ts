import type { SegmentRequest, SegmentResult } from "../../../proto/index.js";
import { planDetail } from "../../ask/detail/plan-detail.js";
import { asAsked } from "../../ask/detail/with-detail.js";
import type { OpenState, ReadyState, SessionEffect, SessionEvent, Step } from "./state.js";

/** Z1: what follows on the first answer of a click, unless another waits, whose answer is made finer then (Z5). */
export function beginFiner(
  state: ReadyState,
  request: SegmentRequest,
  first: SegmentResult,
): [ReadyState, SessionEffect[]] {
  const plan = state.running && !state.running.preview ? undefined : planDetail(request, first);
  if (!plan) return [state, []];
  return [{ ...state, finer: request }, [{ kind: "make-finer", opening: state.opening, request, first, plan }]];
}

/** Z5: whatever is newer takes its place. */
export const abandonFiner = (state: OpenState): SessionEffect[] =>
  state.kind === "ready" && state.finer ? [{ kind: "abandon-finer" }] : [];

export const withoutFiner = <State extends OpenState>(state: State): State =>
  state.kind === "ready" ? { ...state, finer: undefined } : state;

/** The second answer of a click, and what a later one may start from (Z7). */
export function hearFiner(state: OpenState, { sequence, result }: Extract<SessionEvent, { kind: "finer" }>): Step {
  if (state.kind !== "ready" || state.finer?.sequence !== sequence) return [state, []];
  const { finer: request, answered } = state;
  if (!result || answered?.sequence !== sequence) return [{ ...state, finer: undefined }, []];
  const finer = result.masks.map(({ lowResLogits }) => lowResLogits).filter((one) => one !== undefined);
  return [
    { ...state, finer: undefined, answered: { ...answered, finer } },
    [{ kind: "send-finer", sequence, result: asAsked(request, result) }],
  ];
}
