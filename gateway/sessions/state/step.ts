import { cancelEverything, endEverything, everything, hearEverything } from "./everything.js";
import { hearFiner } from "./finer.js";
import { hearImage, imageGone, open, recovered } from "./image.js";
import { expire, hearAnswer, hearRefusal, prompt } from "./prompts.js";
import type { OpeningEvent, OpenState, SessionEvent, SessionLimits, SessionState, Step } from "./state.js";

/** What a session knows and does, as a pure function: (state, event) -> [state, effects]. The rules are those of SPEC.md. */
export function step(state: SessionState, event: SessionEvent, limits: SessionLimits): Step {
  if (state.kind === "closed") return [state, []];
  switch (event.kind) {
    case "close":
      return [{ kind: "closed" }, [{ kind: "cancel" }]];
    case "open":
      return open(state, event.image);
    case "prompt":
      return prompt(state, event.request, limits);
    case "expired":
      return expire(state, event.sequence);
    case "everything":
      return everything(state, event);
    case "cancel-everything":
      return cancelEverything(state);
    case "everything-event":
      return hearEverything(state, event);
    case "everything-ended":
      return endEverything(state, event);
    default:
      // News of an opening that has been replaced.
      if (state.kind === "no-image" || event.opening !== state.opening) return [state, []];
      return hear(state, event);
  }
}

function hear(state: OpenState, event: OpeningEvent): Step {
  switch (event.kind) {
    case "image":
      return hearImage(state, event.news);
    case "answered":
      return hearAnswer(state, event.result);
    case "refused":
      return hearRefusal(state, event.error);
    case "finer":
      return hearFiner(state, event);
    case "recovered":
      return recovered(state);
    case "image-gone":
      return imageGone(state);
  }
}
