import { describe } from "vitest";
import { expectTable, pictureStates, type Table } from "./testing/table.js";

const table: Table = {
  restored: {
    "~ +read-picture +load-picture": "connecting, empty",
    "~ +read-picture +read-picture":
      "loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "picture-chosen": {
    "~ +load-picture":
      "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, stopped",
    "connecting +connect +load-picture": "asleep",
  },
  "picture-added": {
    "~ +read-picture":
      "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "picture-read": {
    ".": "connecting, empty, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "~": "loading",
  },
  "picture-opened": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, stopped",
    "connecting +connect": "asleep",
  },
  "picture-removed": {
    ".": "connecting, empty",
    "~ +forget-picture": "loading",
    "empty +stop-upload +forget-picture":
      "opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "point-moved": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, asleep, stopped",
    "~ +segment": "clicked",
    "~": "lost",
  },
  "point-removed": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, asleep, stopped",
    "~ +segment": "clicked",
    "~": "lost",
  },
  painted: {
    ".": "connecting, empty, loading",
    "~ +segment": "opening, uploading, queued, encoding, drafted, ready, clicked",
    "~": "refused, lost, stopped",
    "connecting +connect": "asleep",
  },
  "object-kept": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "object-edited": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "object-removed": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "object-renamed": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "object-recoloured": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "object-moved": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "object-shown": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "objects-combined": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "preparing-progress": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "preparing-event": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "preparing-failed": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "decoding-moved": {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "timer prepare": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "picture-loaded": {
    ".": "connecting, empty, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "opening +open-image": "loading",
  },
  "picture-unreadable": {
    ".": "connecting, empty, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "~ +forget-picture": "loading",
  },
  point: {
    ".": "connecting, empty, loading",
    "~ +segment": "opening, uploading, queued, encoding, drafted, ready, clicked",
    "~": "refused, lost, stopped",
    "connecting +connect": "asleep",
  },
  box: {
    ".": "connecting, empty, loading",
    "~ +segment": "opening, uploading, queued, encoding, drafted, ready, clicked",
    "~": "refused, lost, stopped",
    "connecting +connect": "asleep",
  },
  clear: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, asleep, stopped",
    "~": "clicked, lost",
  },
  undo: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, asleep, stopped",
    "~": "clicked, lost",
  },
  redo: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  candidate: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  hover: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, clicked, refused, lost, stopped",
    "~ +preview": "drafted, ready",
    "connecting +connect": "asleep",
  },
  "hover-end": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  press: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, clicked, refused, lost, stopped",
    "~ +preview": "drafted, ready",
    "connecting +connect": "asleep",
  },
  retry: {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked",
    "opening +open-image": "refused",
    "connecting +connect": "lost, asleep, stopped",
  },
  escape: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, asleep, stopped",
    "~": "clicked, lost",
  },
  "everything-begin": {
    ".": "connecting, empty, loading",
    wanted: "opening, uploading, queued, encoding, drafted, refused",
    "finding +everything": "ready, clicked",
    "connecting wanted +connect": "lost, asleep, stopped",
  },
  "everything-cancel": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything-toggle": {
    ".": "connecting, empty, loading",
    wanted: "opening, uploading, queued, encoding, drafted, refused",
    "finding +everything": "ready, clicked",
    "connecting wanted +connect": "lost, asleep, stopped",
  },
  "everything-step": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything-take": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything-take-all": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "words-asked": {
    ".": "connecting, empty, loading",
    wanted: "opening, uploading, queued, encoding, drafted, refused",
    "finding +everything": "ready, clicked",
    "connecting wanted +connect": "lost, asleep, stopped",
  },
  "everything progress": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything found": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything retracted": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything done": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything-failed": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "everything-failed gone": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  dismiss: {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  notice: {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "timer reconnect": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, asleep, stopped",
    "connecting +connect": "lost",
  },
  "timer reopen": {
    ".": "connecting, empty, loading, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "+open-image": "opening",
  },
  "timer upload": {
    ".": "connecting, empty, loading, opening, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "+upload": "uploading",
  },
  "timer resend": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "timer silence": {
    ".": "connecting, empty, loading, uploading, ready, refused, lost, asleep, stopped",
    "+timer(silence)": "opening, queued, encoding, drafted",
    "~ +disconnect": "clicked",
  },
  "network-lost": {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "network-back": {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, stopped",
    "connecting +connect": "lost, asleep",
  },
  drawn: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, lost, asleep, stopped",
    "~": "clicked",
  },
  "socket-closed": {
    "waiting +timer(reconnect)": "connecting, empty, loading, opening, uploading, refused",
    "waiting opening +timer(reconnect)": "queued, encoding, drafted, ready, clicked",
    "~ +timer(reconnect)": "lost",
    "~": "asleep, stopped",
  },
  "socket-closed idle": {
    asleep: "connecting, empty, loading, opening, uploading, refused, lost",
    "asleep opening": "queued, encoding, drafted, ready, clicked",
    "~": "asleep, stopped",
  },
  "socket-closed bad frames": {
    stopped: "connecting, empty, loading, opening, uploading, refused, lost",
    "stopped opening": "queued, encoding, drafted, ready, clicked",
    "~": "asleep, stopped",
  },
  welcome: {
    open: "connecting",
    "~": "empty, loading, refused",
    "~ +open-image": "opening, uploading, queued, encoding, drafted, ready, clicked",
    "open +open-image +segment": "lost",
    "open +open-image": "asleep, stopped",
  },
  "image missing": {
    ".": "connecting, empty, loading, uploading, refused, lost, asleep, stopped",
    "uploading +upload": "opening, queued, encoding, drafted, ready, clicked",
  },
  "image queued": {
    ".": "connecting, empty, loading, drafted, refused, lost, asleep, stopped",
    queued: "opening, uploading, encoding, ready, clicked",
    "~": "queued",
  },
  "image encoding": {
    ".": "connecting, empty, loading, drafted, refused, lost, asleep, stopped",
    encoding: "opening, uploading, queued, ready, clicked",
    "~": "encoding",
  },
  "image draft": {
    ".": "connecting, empty, loading, ready, clicked, refused, lost, asleep, stopped",
    encoding: "opening, uploading, queued",
    "~": "encoding, drafted",
  },
  "image ready": {
    ".": "connecting, empty, loading, lost, asleep, stopped",
    ready: "opening, uploading, queued, encoding, drafted, refused",
    "~": "ready, clicked",
  },
  "image failed": {
    ".": "connecting, empty, loading, refused, lost, asleep, stopped",
    "refused +refuse-upload": "opening, uploading, queued, encoding, drafted, ready, clicked",
  },
  "image failed for now": {
    ".": "connecting, empty, loading, refused, lost, asleep, stopped",
    "~ +timer(reopen)": "opening",
    "opening +timer(reopen)": "uploading, queued, encoding, drafted, ready, clicked",
  },
  answer: {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, lost, asleep, stopped",
    "~": "clicked",
  },
  "answer refused": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, lost, asleep, stopped",
    "~": "clicked",
  },
  "answer refused for now": {
    ".": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, refused, lost, asleep, stopped",
    "~ +timer(resend)": "clicked",
  },
  "frame-error": {
    "~": "connecting, empty, loading, opening, uploading, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
  },
  "upload-progress": {
    ".": "connecting, empty, loading, opening, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "~": "uploading",
  },
  "upload-event encoding": {
    ".": "connecting, empty, loading, opening, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "+open-image": "uploading",
  },
  "upload-event ready": {
    ".": "connecting, empty, loading, opening, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "opening +open-image": "uploading",
  },
  "upload-failed": {
    ".": "connecting, empty, loading, opening, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    refused: "uploading",
  },
  "upload-failed for now": {
    ".": "connecting, empty, loading, opening, queued, encoding, drafted, ready, clicked, refused, lost, asleep, stopped",
    "~ +timer(upload)": "uploading",
  },
};

describe("the picture and the connection, for every event", () => expectTable(pictureStates, table));
