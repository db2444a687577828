import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { EncodeEventSchema, ErrorCode, ErrorSchema } from "../../../proto/index.js";
import type { ClientEvent } from "../event.js";
import { reduce } from "../reduce.js";
import { overlayOf, type State } from "../state.js";
import { emptyEdit } from "../work.js";
import {
  answer,
  begin,
  cancel,
  chosen,
  closed,
  everythingDone,
  everythingEvent,
  everythingFailure,
  found,
  imageDraft,
  imageEvent,
  imageId,
  large,
  loaded,
  point,
  ready,
  rectangle,
  refusal,
  run,
  shown,
  small,
  uploadEvent,
  welcome,
} from "./fixtures.js";

export const pictureStates = {
  connecting: run([])[0],
  empty: run([welcome()])[0],
  loading: run([welcome(), chosen])[0],
  opening: run(shown.opening)[0],
  uploading: run(shown.uploading)[0],
  queued: run(shown.queued)[0],
  encoding: run(shown.encoding)[0],
  drafted: run([...shown.encoding, imageDraft])[0],
  ready: run(shown.ready)[0],
  // With a click that waits, and one that is done.
  clicked: run([...shown.ready, point(), answer(1), point()])[0],
  refused: run(shown.refused)[0],
  lost: run([...shown.ready, point(), closed()])[0],
  asleep: run([...shown.ready, closed(4408)])[0],
  stopped: run([...shown.ready, closed(4400)])[0],
} satisfies Record<string, State>;

const finding = [...shown.ready, begin];
const some = [...finding, found(large), found(small)];
const light: ClientEvent = { kind: "hover", x: 5, y: 5, atMs: 2_950 };
const aside: ClientEvent = { kind: "everything-toggle", atMs: 2_700 };

/** Everything mode in all its states, over a picture that is ready unless the name says otherwise. */
export const everythingStates = {
  "wanted early": run([...shown.encoding, begin])[0],
  "wanted again": run([...some, cancel, begin])[0],
  finding: run(finding)[0],
  found: run(some)[0],
  lit: run([...some, light])[0],
  aside: run([...some, aside])[0],
  taken: run([...some, light, { kind: "everything-take" }])[0],
  cancelled: run([...some, cancel])[0],
  done: run([...some, everythingDone])[0],
  failed: run([...some, everythingFailure()])[0],
  lost: run([...some, closed()])[0],
  "new picture": run([...some, { kind: "picture-chosen", token: 2, name: "dog.jpg" }, { ...loaded(), token: 2 }])[0],
} satisfies Record<string, State>;

const second: ClientEvent[] = [
  { kind: "picture-added", token: 2, name: "dog.jpg" },
  { kind: "picture-read", token: 2, width: 40, height: 20, bytes: 1_000, imageId: `sha256:${"cd".repeat(32)}` },
];
const openSecond: ClientEvent[] = [
  { kind: "picture-opened", token: 2 },
  { ...loaded(), token: 2 },
];
const keep: ClientEvent = { kind: "object-kept" };
const one = [...shown.ready, point(), answer(1, [large.mask!]), keep];
const two = [...one, point(9), answer(2, [small.mask!]), keep];

/** Several pictures and finished objects; the first picture is on the canvas unless the name says otherwise. */
export const workStates = {
  "second added": run([...shown.ready, second[0]!])[0],
  "second preparing": run([...shown.ready, ...second])[0],
  "second waits": run([...shown.encoding, ...second])[0],
  "second coming": run([...one, ...second, openSecond[0]!])[0],
  "second prepared": run([
    ...shown.ready,
    ...second,
    { kind: "preparing-event", token: 2, event: create(EncodeEventSchema, { event: { case: "ready", value: {} } }) },
  ])[0],
  "second shown": run([...one, ...second, ...openSecond])[0],
  "first left early": run([...shown.encoding, ...second, ...openSecond, ready])[0],
  "first back": run([...one, ...second, ...openSecond, { kind: "picture-opened", token: 1 }, loaded()])[0],
  "one kept": run(one)[0],
  "two kept": run(two)[0],
  "one edited": run([...two, { kind: "object-edited", id: 1 }])[0],
  "two and one current": run([...two, point(9), answer(3)])[0],
  "two and one asked": run([...two, point(9)])[0],
  "two and everything": run([...two, begin])[0],
} satisfies Record<string, State>;

const events = {
  "picture-chosen": { kind: "picture-chosen", token: 2, name: "dog.jpg" },
  "picture-added": { kind: "picture-added", token: 2, name: "dog.jpg" },
  restored: {
    kind: "restored",
    pictures: [
      { token: 8, name: "old.jpg", work: undefined },
      { token: 9, name: "older.jpg", work: { edit: emptyEdit, everything: { kind: "off" } } },
    ],
    active: 9,
    nextSequence: 40,
    atMs: 2_000,
  },
  "picture-read": { kind: "picture-read", token: 1, width: 40, height: 20, bytes: 1_000, imageId },
  "picture-opened": { kind: "picture-opened", token: 1 },
  "picture-removed": { kind: "picture-removed", token: 1 },
  "picture-loaded": loaded(),
  "picture-unreadable": { kind: "picture-unreadable", token: 1, message: "No picture." },
  point: point(),
  box: { kind: "box", x0: 1, y0: 1, x1: 9, y1: 9, atMs: 2_500 },
  "point-moved": { kind: "point-moved", index: 0, x: 9, y: 9, atMs: 2_500 },
  "point-removed": { kind: "point-removed", index: 0, atMs: 2_500 },
  painted: {
    kind: "painted",
    tool: "brush",
    rle: rectangle(9, 1, 1, 5, 5).mask!.rle!,
    operation: "union",
    atMs: 2_500,
  },
  "object-kept": { kind: "object-kept" },
  "object-edited": { kind: "object-edited", id: 1 },
  "object-removed": { kind: "object-removed", id: 1 },
  "object-renamed": { kind: "object-renamed", id: 1, name: "Cat" },
  "object-recoloured": { kind: "object-recoloured", id: 1, colour: 5 },
  "object-moved": { kind: "object-moved", id: 1, to: 1 },
  "object-shown": { kind: "object-shown", id: 1, visible: false },
  "objects-combined": { kind: "objects-combined", id: 1, otherId: 2, operation: "union" },
  "preparing-progress": { kind: "preparing-progress", token: 1, sentBytes: 500 },
  "preparing-event": {
    kind: "preparing-event",
    token: 1,
    event: create(EncodeEventSchema, { event: { case: "encoding", value: {} } }),
  },
  "preparing-failed": {
    kind: "preparing-failed",
    token: 1,
    failure: { message: "Busy.", remedy: "wait", retryAfterMs: 50 },
    atMs: 3_000,
  },
  "decoding-moved": { kind: "decoding-moved", place: "here" },
  "timer prepare": { kind: "timer", name: "prepare", atMs: 3_000 },
  clear: { kind: "clear" },
  undo: { kind: "undo" },
  redo: { kind: "redo" },
  candidate: { kind: "candidate", index: 0 },
  hover: { kind: "hover", x: 5, y: 5, atMs: 2_950 },
  "hover-end": { kind: "hover-end" },
  press: { kind: "press", x: 6, y: 5, label: 1, atMs: 2_950 },
  retry: { kind: "retry", atMs: 5_000 },
  escape: { kind: "escape" },
  "everything-begin": begin,
  "everything-cancel": cancel,
  "everything-toggle": aside,
  "everything-step": { kind: "everything-step", to: "next" },
  "everything-take": { kind: "everything-take" },
  "everything-take-all": { kind: "everything-take-all" },
  "words-asked": { kind: "words-asked", words: "dog", atMs: 2_900 },
  "everything progress": everythingEvent({ case: "progress", value: { pointsDone: 8, pointsTotal: 64, etaMs: 700 } }),
  "everything found": found(rectangle(3, 30, 10, 5, 5)),
  "everything retracted": everythingEvent({ case: "retracted", value: { id: 2 } }),
  "everything done": everythingDone,
  "everything-failed": everythingFailure(),
  "everything-failed gone": everythingFailure(ErrorCode.NOT_FOUND),
  dismiss: { kind: "dismiss" },
  notice: { kind: "notice", message: "Hm." },
  "timer reconnect": { kind: "timer", name: "reconnect", atMs: 5_000 },
  "timer reopen": { kind: "timer", name: "reopen", atMs: 5_000 },
  "timer upload": { kind: "timer", name: "upload", atMs: 5_000 },
  "timer resend": { kind: "timer", name: "resend", atMs: 5_000 },
  "timer silence": { kind: "timer", name: "silence", atMs: 60_000 },
  "network-lost": { kind: "network-lost" },
  "network-back": { kind: "network-back" },
  drawn: { kind: "drawn", sequence: 1, drawMs: 3 },
  "socket-closed": closed(),
  "socket-closed idle": closed(4408),
  "socket-closed bad frames": closed(4400),
  welcome: welcome(),
  "image missing": imageEvent({ case: "missing", value: {} }),
  "image queued": imageEvent({ case: "queued", value: { position: 1, etaMs: 10 } }),
  "image encoding": imageEvent({ case: "encoding", value: {} }),
  "image draft": imageDraft,
  "image ready": ready,
  "image failed": imageEvent({ case: "failed", value: { code: ErrorCode.INVALID_ARGUMENT, message: "no" } }),
  "image failed for now": imageEvent({
    case: "failed",
    value: { code: ErrorCode.UNAVAILABLE, message: "no", retryAfterMs: 50 },
  }),
  answer: answer(2),
  "answer refused": refusal(2),
  "answer refused for now": refusal(2, ErrorCode.UNAVAILABLE, 70),
  "frame-error": { kind: "frame-error", error: create(ErrorSchema, { code: ErrorCode.INTERNAL, message: "odd" }) },
  "upload-progress": { kind: "upload-progress", token: 1, sentBytes: 500 },
  "upload-event encoding": uploadEvent({ case: "encoding", value: {} }),
  "upload-event ready": uploadEvent({ case: "ready", value: {} }),
  "upload-failed": {
    kind: "upload-failed",
    token: 1,
    failure: { message: "Too large.", remedy: "none", retryAfterMs: undefined },
    atMs: 3_000,
  },
  "upload-failed for now": {
    kind: "upload-failed",
    token: 1,
    failure: { message: "Busy.", remedy: "wait", retryAfterMs: 50 },
    atMs: 3_000,
  },
} satisfies Record<string, ClientEvent>;

/** What became of a state: what changed, then what is to be done. A lone dot: nothing at all. */
function outcome(before: State, event: ClientEvent): string {
  const [after, effects] = reduce(before, event);
  const changes: string[] = [];
  const everything = (state: State) => (state.picture.kind === "empty" ? "off" : state.picture.everything.kind);
  if (after.link.kind !== before.link.kind) changes.push(after.link.kind);
  if (after.picture.kind !== before.picture.kind) changes.push(after.picture.kind);
  if (everything(after) !== everything(before)) changes.push(everything(after));
  if (
    everything(after) !== "off" &&
    overlayOf(after.picture) === undefined &&
    overlayOf(before.picture) !== undefined
  ) {
    changes.push("aside");
  }
  if (changes.length === 0 && after !== before) changes.push("~");
  const asked = effects.map((effect) => {
    if (effect.kind === "timer") return `+timer(${effect.name})`;
    return effect.kind === "segment" ? `+${effect.preview ? "preview" : "segment"}` : `+${effect.kind}`;
  });
  return [...changes, ...asked].join(" ") || ".";
}

/** For each event: what it leads to, and in which states. */
export type Table = Readonly<Record<keyof typeof events, Readonly<Record<string, string>>>>;

export function expectTable(states: Readonly<Record<string, State>>, table: Table): void {
  for (const [name, row] of Object.entries(table)) {
    const event = events[name as keyof typeof events];
    it(`${name} in every state`, () => {
      const outcomes = Object.entries(states).map(([state, before]) => [state, outcome(before, event)]);
      const expected = Object.entries(row).flatMap(([result, list]) =>
        list.split(", ").map((state) => [state, result]),
      );
      expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
    });
  }
}
