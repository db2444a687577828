import { greet, lose, reconnect } from "../sdk/session/link.js";
import { hasPrompts } from "../sdk/session/prompts.js";
import { flush, unsend } from "./clicks.js";
import { ask, edited } from "./edit.js";
import type { Effect, EventOf } from "./event.js";
import { loseEverything } from "./everything.js";
import { begin, overLimits, refusedAsTooLarge, reopen, shownOf } from "./picture.js";
import type { ShownPicture, State } from "./state.js";
import { type Edit, noHover } from "./work.js";

type Next = readonly [State, readonly Effect[]];

/** The session is gone with all it knew; what the page knows of the picture and its clicks is told to the next one. */
export function socketClosed(state: State, event: EventOf<"socket-closed">): Next {
  const [link, effects] = lose(state.link, event);
  if (state.picture.kind === "empty") return [{ ...state, link }, effects];
  const picture = unsend({
    ...state.picture,
    edit: { ...state.picture.edit, hover: noHover },
    everything: loseEverything(state.picture.everything),
  });
  const uploads = picture.kind === "uploading" || picture.info.imageId === undefined;
  const kept = uploads || picture.kind === "refused" ? picture : { ...shownOf(picture), kind: "opening" as const };
  return [{ ...state, link, picture: kept }, effects];
}

export function welcome(state: State, event: EventOf<"welcome">): Next {
  const greeted: State = { ...state, link: greet(event), takesAddresses: event.welcome.pictureUrls };
  if (greeted.picture.kind === "empty") return [greeted, []];
  const tooLarge = greeted.picture.kind === "refused" ? undefined : overLimits(greeted, greeted.picture.info);
  if (tooLarge === undefined) return reopen(greeted, event.atMs);
  return [
    { ...greeted, picture: refusedAsTooLarge(greeted.picture, tooLarge) },
    [{ kind: "stop-upload" }, { kind: "refuse-upload", token: greeted.picture.info.token }],
  ];
}

/** "Try again" mends whatever is broken: the connection, the picture, the click. */
export function retry(state: State, atMs: number): Next {
  const [link, connect] = reconnect(state.link, true);
  const linked: State = { ...state, link, notice: undefined };
  if (linked.picture.kind === "empty") return [linked, connect];
  const { present } = linked.picture.edit;
  const [asked, click] =
    present.problem !== undefined && hasPrompts(present.prompts)
      ? repeat(linked, linked.picture, atMs)
      : ([linked, []] as const);
  if (asked.picture.kind !== "refused" || asked.picture.isTooLarge) return [asked, [...connect, ...click]];
  const [next, effects] = begin(asked, { ...asked.picture, tries: 0 }, atMs);
  return [next, [...connect, ...click, ...effects]];
}

/** The same prompts under a new number, in the place of the step that failed. */
function repeat(state: State, picture: ShownPicture, atMs: number): Next {
  const sequence = state.nextSequence;
  const again = ask(picture.edit, picture.edit.present.prompts, { sequence, model: state.models.chosen, atMs });
  const edit: Edit = { ...again, past: picture.edit.past };
  return flush({ ...edited(state, picture, edit), nextSequence: sequence + 1 }, atMs);
}
