import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, ErrorSchema } from "../../proto/index.js";
import type { ClientEvent } from "./event.js";
import {
  answer,
  chosen,
  closed,
  imageEvent,
  loaded,
  point,
  ready,
  refusal,
  run,
  shown,
  uploadEvent,
  welcome,
} from "./fixtures.js";
import { reduce } from "./reduce.js";
import type { State } from "./state.js";

const states = {
  connecting: run([])[0],
  empty: run([welcome()])[0],
  loading: run([welcome(), chosen])[0],
  opening: run(shown.opening)[0],
  uploading: run(shown.uploading)[0],
  queued: run(shown.queued)[0],
  encoding: run(shown.encoding)[0],
  ready: run(shown.ready)[0],
  // With a click that waits, and one that is done.
  clicked: run([...shown.ready, point(), answer(1), point()])[0],
  refused: run(shown.refused)[0],
  lost: run([...shown.ready, point(), closed()])[0],
  asleep: run([...shown.ready, closed(4408)])[0],
  stopped: run([...shown.ready, closed(4400)])[0],
} satisfies Record<string, State>;

const events = {
  "photo-chosen": { kind: "photo-chosen", token: 2, name: "dog.jpg" },
  "photo-loaded": loaded(),
  "photo-unreadable": { kind: "photo-unreadable", token: 1, message: "No picture." },
  point: point(),
  box: { kind: "box", x0: 1, y0: 1, x1: 9, y1: 9, atMs: 2_500 },
  clear: { kind: "clear" },
  undo: { kind: "undo" },
  redo: { kind: "redo" },
  candidate: { kind: "candidate", index: 0 },
  hover: { kind: "hover", x: 5, y: 5 },
  "hover-end": { kind: "hover-end" },
  retry: { kind: "retry", atMs: 5_000 },
  dismiss: { kind: "dismiss" },
  notice: { kind: "notice", message: "Hm." },
  "timer reconnect": { kind: "timer", name: "reconnect", atMs: 5_000 },
  "timer reopen": { kind: "timer", name: "reopen", atMs: 5_000 },
  "timer upload": { kind: "timer", name: "upload", atMs: 5_000 },
  "timer resend": { kind: "timer", name: "resend", atMs: 5_000 },
  "network-back": { kind: "network-back" },
  drawn: { kind: "drawn", sequence: 1, drawMs: 3 },
  "socket-closed": closed(),
  "socket-closed idle": closed(4408),
  "socket-closed bad frames": closed(4400),
  welcome: welcome(),
  "image missing": imageEvent({ case: "missing", value: {} }),
  "image queued": imageEvent({ case: "queued", value: { position: 1, etaMs: 10 } }),
  "image encoding": imageEvent({ case: "encoding", value: {} }),
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
  if (after.link.kind !== before.link.kind) changes.push(after.link.kind);
  if (after.picture.kind !== before.picture.kind) changes.push(after.picture.kind);
  if (changes.length === 0 && after !== before) changes.push("~");
  const asked = effects.map((effect) => {
    if (effect.kind === "timer") return `+timer(${effect.name})`;
    return effect.kind === "segment" ? `+${effect.preview ? "preview" : "segment"}` : `+${effect.kind}`;
  });
  return [...changes, ...asked].join(" ") || ".";
}

/** For each event: what it leads to, and in which states. */
const table: Record<keyof typeof events, Readonly<Record<string, string>>> = {
  "photo-chosen": {
    "~ +load-photo": "connecting empty loading opening uploading queued encoding ready clicked refused lost stopped",
    "connecting +connect +load-photo": "asleep",
  },
  "photo-loaded": {
    ".": "connecting empty opening uploading queued encoding ready clicked refused lost asleep stopped",
    "opening +open-image": "loading",
  },
  "photo-unreadable": {
    ".": "connecting empty opening uploading queued encoding ready clicked refused lost asleep stopped",
    "~": "loading",
  },
  point: {
    ".": "connecting empty loading",
    "~ +segment": "opening uploading queued encoding ready clicked",
    "~": "refused lost stopped",
    "connecting +connect": "asleep",
  },
  box: {
    ".": "connecting empty loading",
    "~ +segment": "opening uploading queued encoding ready clicked",
    "~": "refused lost stopped",
    "connecting +connect": "asleep",
  },
  clear: {
    ".": "connecting empty loading opening uploading queued encoding ready refused asleep stopped",
    "~": "clicked lost",
  },
  undo: {
    ".": "connecting empty loading opening uploading queued encoding ready refused asleep stopped",
    "~": "clicked lost",
  },
  redo: { ".": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped" },
  candidate: {
    ".": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped",
  },
  hover: {
    ".": "connecting empty loading opening uploading queued encoding clicked refused lost stopped",
    "~ +preview": "ready",
    "connecting +connect": "asleep",
  },
  "hover-end": {
    ".": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped",
  },
  retry: {
    "~": "connecting empty loading opening uploading queued encoding ready clicked",
    "opening +open-image": "refused",
    "connecting +connect": "lost asleep stopped",
  },
  dismiss: {
    "~": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped",
  },
  notice: {
    "~": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped",
  },
  "timer reconnect": {
    ".": "connecting empty loading opening uploading queued encoding ready clicked refused asleep stopped",
    "connecting +connect": "lost",
  },
  "timer reopen": {
    ".": "connecting empty loading uploading queued encoding ready clicked refused lost asleep stopped",
    "+open-image": "opening",
  },
  "timer upload": {
    ".": "connecting empty loading opening queued encoding ready clicked refused lost asleep stopped",
    "+upload": "uploading",
  },
  "timer resend": {
    ".": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped",
  },
  "network-back": {
    "~": "connecting empty loading opening uploading queued encoding ready clicked refused stopped",
    "connecting +connect": "lost asleep",
  },
  drawn: {
    ".": "connecting empty loading opening uploading queued encoding ready refused lost asleep stopped",
    "~": "clicked",
  },
  "socket-closed": {
    "waiting +timer(reconnect)": "connecting empty loading opening uploading refused",
    "waiting opening +timer(reconnect)": "queued encoding ready clicked",
    "~ +timer(reconnect)": "lost",
    "~": "asleep stopped",
  },
  "socket-closed idle": {
    asleep: "connecting empty loading opening uploading refused lost",
    "asleep opening": "queued encoding ready clicked",
    "~": "asleep stopped",
  },
  "socket-closed bad frames": {
    stopped: "connecting empty loading opening uploading refused lost",
    "stopped opening": "queued encoding ready clicked",
    "~": "asleep stopped",
  },
  welcome: {
    open: "connecting",
    "~": "empty loading refused",
    "~ +open-image": "opening uploading queued encoding ready clicked",
    "open +open-image +segment": "lost",
    "open +open-image": "asleep stopped",
  },
  "image missing": {
    ".": "connecting empty loading uploading refused lost asleep stopped",
    "uploading +upload": "opening queued encoding ready clicked",
  },
  "image queued": {
    ".": "connecting empty loading refused lost asleep stopped",
    queued: "opening uploading encoding ready clicked",
    "~": "queued",
  },
  "image encoding": {
    ".": "connecting empty loading refused lost asleep stopped",
    encoding: "opening uploading queued ready clicked",
    "~": "encoding",
  },
  "image ready": {
    ".": "connecting empty loading lost asleep stopped",
    ready: "opening uploading queued encoding refused",
    "~": "ready clicked",
  },
  "image failed": {
    ".": "connecting empty loading refused lost asleep stopped",
    refused: "opening uploading queued encoding ready clicked",
  },
  "image failed for now": {
    ".": "connecting empty loading refused lost asleep stopped",
    "~ +timer(reopen)": "opening",
    "opening +timer(reopen)": "uploading queued encoding ready clicked",
  },
  answer: {
    ".": "connecting empty loading opening uploading queued encoding ready refused lost asleep stopped",
    "~": "clicked",
  },
  "answer refused": {
    ".": "connecting empty loading opening uploading queued encoding ready refused lost asleep stopped",
    "~": "clicked",
  },
  "answer refused for now": {
    ".": "connecting empty loading opening uploading queued encoding ready refused lost asleep stopped",
    "~ +timer(resend)": "clicked",
  },
  "frame-error": {
    "~": "connecting empty loading opening uploading queued encoding ready clicked refused lost asleep stopped",
  },
  "upload-progress": {
    ".": "connecting empty loading opening queued encoding ready clicked refused lost asleep stopped",
    "~": "uploading",
  },
  "upload-event encoding": {
    ".": "connecting empty loading opening queued encoding ready clicked refused lost asleep stopped",
    "+open-image": "uploading",
  },
  "upload-event ready": {
    ".": "connecting empty loading opening queued encoding ready clicked refused lost asleep stopped",
    "opening +open-image": "uploading",
  },
  "upload-failed": {
    ".": "connecting empty loading opening queued encoding ready clicked refused lost asleep stopped",
    refused: "uploading",
  },
  "upload-failed for now": {
    ".": "connecting empty loading opening queued encoding ready clicked refused lost asleep stopped",
    "~ +timer(upload)": "uploading",
  },
};

describe("reduce", () => {
  const names = Object.keys(states) as (keyof typeof states)[];
  for (const [name, row] of Object.entries(table)) {
    const event = events[name as keyof typeof events];
    it(`${name} in every state`, () => {
      const found = Object.fromEntries(names.map((state) => [state, outcome(states[state], event)]));
      const expected = Object.fromEntries(
        Object.entries(row).flatMap(([result, list]) => list.split(" ").map((state) => [state, result])),
      );
      expect(found).toEqual(expected);
    });
  }
});
