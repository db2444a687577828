import { type Annotation, ErrorCode, type Mask, type Point, type SegmentEverythingEvent } from "../../proto/index.js";
import type { Spot } from "../geometry/spot.js";
import { reconnect } from "../sdk/session/link.js";
import { noPrompts, type Prompts } from "../sdk/session/prompts.js";
import { words } from "../words/words.js";
import { place } from "./edit.js";
import { sentenceOf } from "./errors.js";
import type { Effect, EventOf } from "./event.js";
import { addFound, foundAt, neighbour } from "./found.js";
import { addObjects, keepObject } from "./objects.js";
import { missing } from "./picture.js";
import type { ShownPicture, State } from "./state.js";
import type { Everything, Overlay, SceneObject } from "./work.js";

type Next = readonly [State, readonly Effect[]];

/** Holes and islands below this share of the picture are specks that nobody means. */
const speckShare = 1 / 10_000;

/** Everything mode as a person begins it, from the start. */
export function beginEverything(state: State, picture: ShownPicture, atMs: number): Next {
  const { everything } = picture;
  const isUnderWay = everything.kind === "wanted" || everything.kind === "finding";
  if (isUnderWay && everything.words === undefined) return [showEverything(state, picture, true), []];
  return begin(state, picture, undefined, atMs);
}

/** Looks for what the words say; what is under way ends. */
export function askWords(state: State, picture: ShownPicture, { words: said, atMs }: EventOf<"words-asked">): Next {
  const asked = said.trim();
  return asked === "" ? [state, []] : begin(state, picture, asked, atMs);
}

function begin(before: State, picture: ShownPicture, asked: string | undefined, atMs: number): Next {
  const [state, ended] = cancelEverything(before, picture);
  const [link, connect] = reconnect(state.link, true);
  const everything: Everything = { kind: "wanted", found: [], open: true, lit: undefined, words: asked };
  const [next, effects] = pursueEverything(withEverything({ ...state, link }, picture, everything), atMs);
  return [next, [...ended, ...connect, ...effects]];
}

/** What is wanted begins as soon as the picture is ready and the gateway has ended the search before it. */
export function pursueEverything(state: State, atMs: number): Next {
  const { link, picture } = state;
  if (picture.kind !== "ready" || picture.everything.kind !== "wanted") return [state, []];
  const { info } = picture;
  if (link.kind !== "open" || link.search !== undefined || info.imageId === undefined) return [state, []];
  const smallestRegionPx = Math.round(info.width * info.height * speckShare);
  const searching: State = { ...state, link: { ...link, search: { heardAtMs: atMs } } };
  const overlay = overlayPart(picture.everything);
  const progress = { pointsDone: 0, pointsTotal: 0, etaMs: 0 };
  return [
    withEverything(searching, picture, { kind: "finding", ...overlay, heardAtMs: atMs, ...progress }),
    [{ kind: "everything", imageId: info.imageId, smallestRegionPx, words: overlay.words }],
  ];
}

/** What was found until now stays. */
export function cancelEverything(state: State, picture: ShownPicture): Next {
  const { everything } = picture;
  if (everything.kind === "wanted") return [withEverything(state, picture, { kind: "off" }), []];
  if (everything.kind !== "finding") return [state, []];
  const overlay = overlayPart(everything);
  const cancelled: Everything = overlay.found.length === 0 ? { kind: "off" } : { kind: "cancelled", ...overlay };
  // The gateway owes an end still; nothing else begins on this connection before it has come.
  return [withEverything(state, picture, cancelled), [{ kind: "cancel-everything" }]];
}

/** Lays the masks over the picture, or goes back to clicking with them put aside. */
export function showEverything(state: State, picture: ShownPicture, open: boolean): State {
  const { everything } = picture;
  if (everything.kind === "off" || everything.open === open) return state;
  return withEverything(state, picture, { ...everything, open, lit: undefined });
}

/** The mask under the pointer, the smallest where several lie. */
export function lightAt(state: State, picture: ShownPicture, spot: Spot | undefined): State {
  const { everything } = picture;
  if (everything.kind === "off") return state;
  return light(state, picture, spot && foundAt(everything.found, spot)?.id);
}

/** The next mask by keyboard. */
export function stepFound(state: State, picture: ShownPicture, { to }: EventOf<"everything-step">): State {
  const { everything } = picture;
  if (everything.kind === "off" || !everything.open) return state;
  return light(state, picture, neighbour(everything.found, everything.lit, to)?.id);
}

function light(state: State, picture: ShownPicture, lit: number | undefined): State {
  const { everything } = picture;
  if (everything.kind === "off" || everything.lit === lit) return state;
  return withEverything(state, picture, { ...everything, lit });
}

/** A found mask becomes the current object, as if its point had been clicked; the others wait for the way back. */
export function takeFound(state: State, picture: ShownPicture, wanted: Annotation | undefined): State {
  const { everything } = picture;
  if (everything.kind === "off" || wanted?.mask === undefined || wanted.point === undefined) return state;
  const sequence = state.nextSequence;
  const edit = place(picture.edit, { sequence, ...objectOf(wanted.mask, wanted.point) });
  const taken: ShownPicture = { ...picture, edit };
  return showEverything({ ...state, nextSequence: sequence + 1, picture: taken }, taken, false);
}

/** All that words have found become finished objects, named after what they are; what was current is finished first. */
export function takeAllFound(state: State, picture: ShownPicture): State {
  const { everything } = picture;
  if (everything.kind === "off" || everything.words === undefined) return state;
  const made = everything.found.flatMap(({ mask, point }) =>
    mask === undefined || point === undefined ? [] : [{ ...objectOf(mask, point), name: mask.grounding?.label }],
  );
  if (made.length === 0) return state;
  const taken: ShownPicture = { ...picture, edit: addObjects(keepObject(picture.edit), made) };
  return showEverything({ ...state, picture: taken }, taken, false);
}

/** An object as if its point had been clicked, or the box drawn that words have led to. */
function objectOf(mask: Mask, { x = 0, y = 0 }: Point): Pick<SceneObject, "prompts" | "answer"> {
  const { x0 = 0, y0 = 0, x1 = 0, y1 = 0 } = mask.grounding?.box ?? {};
  const prompts: Prompts =
    mask.grounding === undefined
      ? { ...noPrompts, points: [{ x, y, label: 1 }] }
      : { ...noPrompts, box: { x0, y0, x1, y1 } };
  return { prompts, answer: { masks: [mask], chosen: 0 } };
}

/** The mask under a click, or the highlighted one. */
export function foundFor({ everything }: ShownPicture, spot: Spot | undefined): Annotation | undefined {
  if (everything.kind === "off") return undefined;
  if (spot !== undefined) return foundAt(everything.found, spot);
  return everything.found.find(({ id }) => id === everything.lit);
}

export function hearEverything(state: State, { event, atMs }: EventOf<"everything-event">): Next {
  const { link, picture } = state;
  if (link.kind !== "open" || link.search === undefined) return [state, []];
  const listening: State = { ...state, link: { ...link, search: { heardAtMs: atMs } } };
  // What a cancelled search, or one on the picture before, still says is of no interest but for its end.
  const heard =
    picture.kind !== "empty" && picture.everything.kind === "finding"
      ? withEverything(listening, picture, advance(picture.everything, event, atMs))
      : listening;
  return event.event.case === "done" ? ended(heard, atMs) : [heard, []];
}

function advance(
  finding: Extract<Everything, { kind: "finding" }>,
  { event }: SegmentEverythingEvent,
  atMs: number,
): Everything {
  switch (event.case) {
    case "progress": {
      const { pointsDone, pointsTotal, etaMs } = event.value;
      return { ...finding, pointsDone, pointsTotal, etaMs, heardAtMs: atMs };
    }
    case "found":
      return { ...finding, found: addFound(finding.found, event.value) };
    case "retracted": {
      const { id } = event.value;
      const found = finding.found.filter((other) => other.id !== id);
      return { ...finding, found, lit: finding.lit === id ? undefined : finding.lit };
    }
    case "done": {
      return { kind: "done", ...overlayPart(finding), elapsedMs: event.value.elapsedMs };
    }
    default:
      return finding;
  }
}

export function everythingFailed(state: State, { error, atMs }: EventOf<"everything-failed">): Next {
  const { link, picture } = state;
  if (link.kind !== "open" || link.search === undefined) return [state, []];
  if (picture.kind === "empty" || picture.everything.kind !== "finding") return ended(state, atMs);
  const overlay = overlayPart(picture.everything);
  if (error.code === ErrorCode.NOT_FOUND && picture.kind === "ready") {
    // Nobody has the picture any more: it is uploaded again, and the search begins when it is there.
    const again = withEverything(state, picture, { kind: "wanted", ...overlay, found: [], lit: undefined });
    const [next, effects] = again.picture.kind === "empty" ? [again, []] : missing(again, again.picture, atMs);
    const [last, more] = ended(next, atMs);
    return [last, [...effects, ...more]];
  }
  return ended(withEverything(state, picture, { kind: "failed", ...overlay, message: sentenceOf(error) }), atMs);
}

/** The gateway has ended the run it had; what is wanted since then may begin. */
function ended(state: State, atMs: number): Next {
  if (state.link.kind !== "open") return [state, []];
  return pursueEverything({ ...state, link: { ...state.link, search: undefined } }, atMs);
}

/** A new connection knows nothing of the search of the one before; what it found stays. */
export function loseEverything(everything: Everything): Everything {
  if (everything.kind !== "finding") return everything;
  return { kind: "failed", ...overlayPart(everything), message: words.problems.lostWhileFinding };
}

const overlayPart = ({ found, open, lit, words: asked }: Overlay): Overlay => ({ found, open, lit, words: asked });

function withEverything(state: State, picture: ShownPicture, everything: Everything): State {
  return { ...state, picture: { ...picture, everything } };
}
