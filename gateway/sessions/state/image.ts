import { beginDraft, draftUnasked, endDraft, finishDraft } from "./draft.js";
import { refuse, tell, tellDraft, tellMissing, tellReady } from "./effects.js";
import { cancelEverything } from "./everything.js";
import { abandonFiner } from "./finer.js";
import { pump, unanswered } from "./prompts.js";
import { notReady, otherImage } from "./refusals.js";
import {
  type ImageNews,
  isSame,
  type LiveState,
  type OpenedImage,
  type OpenState,
  type ReadyState,
  type SessionEffect,
  type Step,
} from "./state.js";

export function open(state: LiveState, image: OpenedImage): Step {
  if (state.kind === "no-image" || !isSame(state.image, image)) return openAnother(state, image);
  const opening = state.opening + 1;
  switch (state.kind) {
    case "awaiting-upload":
      // I3
      return [{ ...state, kind: "encoding", opening, reopened: false }, [{ kind: "encode", opening, image }]];
    case "encoding":
      return [{ ...state, reopened: true }, []];
    case "drafted":
      return [{ ...state, reopened: true }, [tellDraft(state)]];
    case "ready":
      return [state, [tellReady(state)]];
  }
}

/** I1, E3 */
function openAnother(state: LiveState, image: OpenedImage): Step {
  const opening = state.opening + 1;
  const dropped = state.kind === "no-image" ? [] : unanswered(state).map((request) => refuse(request, otherImage));
  const [, ended] = cancelEverything(state);
  return [
    { kind: "encoding", image, opening, clicks: [], answered: undefined, reopened: false, everything: undefined },
    [{ kind: "cancel" }, ...ended, ...dropped, { kind: "encode", opening, image }],
  ];
}

export function hearImage(state: OpenState, news: ImageNews): Step {
  const told = tell(state, news);
  // Progress of an encode that a click caused (R2) is told while the session stays ready.
  if (news.case === "queued" || news.case === "encoding") return [state, [told]];
  if (state.kind === "ready") return [state, []];
  if (news.case === "draft") return state.kind === "drafted" ? [state, []] : beginDraft(state, news.value, told);
  const { image, opening, clicks, answered, everything } = state;
  const kept = { image, opening, clicks, answered, everything };
  if (news.case === "ready") {
    const { preview, effects } = state.kind === "drafted" ? finishDraft(state) : { preview: undefined, effects: [] };
    const ready = { ...kept, kind: "ready" as const, info: news.value, running: undefined, preview, finer: undefined };
    return begin(ready, [...effects, told]);
  }
  const ended = state.kind === "drafted" ? endDraft(state) : [];
  if (news.case === "failed") {
    // I4
    const refused = clicks.map((click) => refuse(click, news.value));
    return [{ kind: "no-image", opening, everything }, [...ended, told, ...refused]];
  }
  if (state.kind !== "awaiting-upload" && state.reopened) {
    return [{ ...kept, kind: "encoding", reopened: false }, [...ended, { kind: "encode", opening, image }]];
  }
  return [{ ...kept, kind: "awaiting-upload" }, [...ended, told]];
}

function begin(state: ReadyState, told: SessionEffect[]): Step {
  const [next, effects] = pump(state, told);
  // I7
  return [next, next.running ? effects : [...effects, { kind: "prepare", image: state.image }]];
}

/** R2: whoever was told of the encode waits to hear its end. */
export function recovered(state: OpenState): Step {
  return [state, state.kind === "ready" ? [tellReady(state)] : []];
}

/** R3: the click keeps its place; a preview is of its moment. */
export function imageGone(state: OpenState): Step {
  if (state.kind === "drafted") return draftUnasked(state);
  if (state.kind !== "ready") return [state, []];
  const { image, opening, running, preview, answered, everything } = state;
  const clicks = running && !running.preview ? [running, ...state.clicks] : state.clicks;
  const dropped = [running?.preview ? running : undefined, preview].filter((one) => one !== undefined);
  return [
    { kind: "awaiting-upload", image, opening, clicks, answered, everything },
    [...abandonFiner(state), tellMissing(state), ...dropped.map((one) => refuse(one, notReady))],
  ];
}
