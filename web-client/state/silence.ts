import { patient, silenceOf } from "../sdk/session/silence.js";
import type { Effect } from "./event.js";
import type { State } from "./state.js";

/**
 * Gives a silent connection up, or looks again when the next answer is due.
 * @param heardAtMs when the gateway said something last, or was asked for the picture.
 */
export function listen(state: State, atMs: number, heardAtMs = atMs): readonly [State, readonly Effect[]] {
  const { link, picture } = state;
  const waiting = picture.kind === "empty" ? [] : picture.edit.waiting;
  const silence = silenceOf({ link, picture, waiting }, atMs, heardAtMs);
  if (silence === undefined) return [state, []];
  if (silence !== "lost") return [state, [{ kind: "timer", name: "silence", delayMs: silence.lookAgainMs }]];
  if (picture.kind === "empty") return [state, [{ kind: "disconnect" }]];
  const edit = { ...picture.edit, waiting: picture.edit.waiting.map(patient) };
  return [{ ...state, picture: { ...picture, edit } }, [{ kind: "disconnect" }]];
}
