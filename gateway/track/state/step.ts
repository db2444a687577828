import type { TrackCommand } from "../../../proto/index.js";
import { toErrorMessage } from "../../../services/runtime/grpc/error-message.js";
import { noVideoOpen } from "./checks.js";
import { append, know, open } from "./opening.js";
import { hearNotShown, hearShown, prompt, remove } from "./prompts.js";
import { advance, cancelRun, giveUp, hearMade, hearNotMade, run } from "./runs.js";
import type { VideoEffect, VideoEvent, VideoLimits, VideoState, VideoStep } from "./video-state.js";

/** What is known and done of a video, as a pure function: (state, event) -> [state, effects]. The rules are those of SPEC.md (Y). */
export function step(before: VideoState, event: VideoEvent, limits: VideoLimits): VideoStep {
  const state = withMemory(before, limits);
  if (state.kind === "closed") return [state, []];
  switch (event.kind) {
    case "close":
      return [{ kind: "closed" }, [{ kind: "cancel" }]];
    case "command":
      return command(state, event.command, limits);
    case "reader":
      return state.kind === "open" ? advance({ ...state, isBehind: event.isBehind }) : [state, []];
    case "ended":
      return state.kind === "open" ? advance({ ...state, more: false }) : [state, []];
    case "give-up":
      return state.kind === "open" ? giveUp(state, event.error) : [state, []];
    default:
      // News of a video that has been replaced.
      if (state.kind === "none" || event.opening !== state.opening) return [state, []];
      switch (event.kind) {
        case "shown":
          return hearShown(state, event, limits);
        case "not-shown":
          return hearNotShown(state, event.asked, event.error);
        case "made":
          return hearMade(state, event, limits);
        case "not-made":
          return hearNotMade(state, event);
      }
  }
}

/** A run goes on by what decoders say now, and by what they said last where none is reached: one may begin before there is any. */
function withMemory(state: VideoState, { memory }: VideoLimits): VideoState {
  if (state.kind !== "open" || !state.run || memory === undefined || state.run.memory === memory) return state;
  return { ...state, run: { ...state.run, memory } };
}

/** One that is refused has changed nothing. */
function command(state: VideoState, { sequence, command }: TrackCommand, limits: VideoLimits): VideoStep {
  try {
    if (command.case === "open") return open(state, sequence, command.value, limits);
    if (state.kind !== "open") throw noVideoOpen();
    switch (command.case) {
      case "append":
        return append(state, sequence, command.value, limits);
      case "known":
        return know(state, sequence, command.value.frames, limits);
      case "prompt":
        return prompt(state, sequence, command.value, limits);
      case "remove":
        return remove(state, sequence, command.value);
      case "run":
        return run(state, sequence, command.value, limits);
      case "cancel":
        return cancelRun(state);
      default:
        return [state, []];
    }
  } catch (error) {
    const failed: VideoEffect = { kind: "send", sequence, update: { case: "failed", value: toErrorMessage(error) } };
    return [state, [failed]];
  }
}
