import { describe } from "vitest";
import { expectTable, type Table, workStates } from "./testing/table.js";

const everywhere = Object.keys(workStates).join(", ");

const table: Table = {
  restored: { "~ +read-picture +read-picture": everywhere },
  "picture-chosen": { "~ +load-picture": everywhere },
  "picture-added": { "~ +read-picture": everywhere },
  "picture-read": { ".": everywhere },
  "picture-opened": {
    ".": "second added, second preparing, second waits, second prepared, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "second coming",
    "~ +load-picture": "second shown, first left early",
  },
  "picture-removed": {
    "empty +stop-upload +forget-picture +load-picture":
      "second added, second preparing, second waits, second prepared, first back",
    "empty +stop-upload +forget-picture":
      "second coming, one kept, two kept, one edited, two and one current, two and one asked",
    "~ +forget-picture": "second shown",
    "~ +stop-preparing +forget-picture": "first left early",
    "empty off +stop-upload +cancel-everything +forget-picture": "two and everything",
  },
  "picture-loaded": { ".": everywhere },
  "picture-unreadable": {
    ".": "second added, second preparing, second waits, second coming, second prepared, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "second shown, first left early",
  },
  point: {
    "~ +segment":
      "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "aside +segment": "two and everything",
  },
  box: {
    "~ +segment":
      "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "aside +segment": "two and everything",
  },
  "point-moved": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, two and everything",
    "~ +segment": "one edited, two and one current, two and one asked",
  },
  "point-removed": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, two and everything",
    "~": "one edited, two and one current, two and one asked",
  },
  painted: {
    "~ +segment":
      "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "aside +segment": "two and everything",
  },
  "object-kept": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, two and one asked, two and everything",
    "~": "one edited, two and one current",
  },
  "object-edited": {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early, one edited",
    "~": "second coming, first back, one kept, two kept, two and one current, two and one asked",
    aside: "two and everything",
  },
  "object-removed": {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early",
    "~": "second coming, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
  },
  "object-renamed": {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early",
    "~": "second coming, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
  },
  "object-recoloured": {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early",
    "~": "second coming, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
  },
  "object-moved": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept",
    "~": "two kept, one edited, two and one current, two and one asked, two and everything",
  },
  "object-shown": {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early",
    "~": "second coming, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
  },
  "objects-combined": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, one edited",
    "~": "two kept, two and one current, two and one asked, two and everything",
  },
  "preparing-progress": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "first left early",
  },
  "preparing-event": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "first left early",
  },
  "preparing-failed": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~ +timer(prepare)": "first left early",
  },
  "timer prepare": { ".": everywhere },
  "decoding-moved": { "~": everywhere },
  clear: {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, two and everything",
    "~": "one edited, two and one current, two and one asked",
  },
  undo: {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early, two and everything",
    "~": "second coming, first back, one kept, two kept, one edited, two and one current, two and one asked",
  },
  redo: { ".": everywhere },
  candidate: { ".": everywhere },
  hover: {
    "~ +preview":
      "second added, second preparing, second coming, second prepared, first left early, one kept, two kept",
    ".": "second waits, second shown, first back, one edited, two and one current, two and one asked, two and everything",
  },
  "hover-end": { ".": everywhere },
  press: {
    "~ +preview":
      "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current",
    ".": "second waits, second shown, first back, two and one asked, two and everything",
  },
  retry: { "~": everywhere },
  escape: {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept",
    "~": "one edited, two and one current, two and one asked",
    "off +cancel-everything": "two and everything",
  },
  "everything-begin": {
    "finding +everything":
      "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked",
    wanted: "second waits, second shown, first back",
    ".": "two and everything",
  },
  "everything-cancel": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "off +cancel-everything": "two and everything",
  },
  "everything-toggle": {
    "finding +everything":
      "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked",
    wanted: "second waits, second shown, first back",
    aside: "two and everything",
  },
  "everything-step": { ".": everywhere },
  "everything-take": { ".": everywhere },
  "everything-take-all": { ".": everywhere },
  "words-asked": {
    wanted: "second waits, second shown, first back",
    "finding +everything":
      "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked",
    "wanted +cancel-everything": "two and everything",
  },
  "everything progress": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "~": "two and everything",
  },
  "everything found": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "~": "two and everything",
  },
  "everything retracted": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "~": "two and everything",
  },
  "everything done": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    done: "two and everything",
  },
  "everything-failed": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    failed: "two and everything",
  },
  "everything-failed gone": {
    ".": "second added, second preparing, second waits, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked",
    "uploading wanted +upload": "two and everything",
  },
  dismiss: { "~": everywhere },
  notice: { "~": everywhere },
  "timer reconnect": { ".": everywhere },
  "timer reopen": {
    ".": "second added, second preparing, second waits, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "+open-image": "second shown, first back",
  },
  "timer upload": { ".": everywhere },
  "timer resend": { ".": everywhere },
  "timer silence": {
    ".": "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current",
    "+timer(silence)": "second waits, second shown, first back",
    "~ +disconnect": "two and one asked, two and everything",
  },
  "network-lost": { "~": everywhere },
  "network-back": { "~": everywhere },
  drawn: {
    ".": "second added, second preparing, second waits, second prepared, second shown, first left early, first back, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "second coming, one kept",
  },
  "socket-closed": {
    "waiting opening +timer(reconnect)":
      "second added, second preparing, second waits, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked",
    "waiting +timer(reconnect)": "second shown, first back",
    "waiting opening failed +timer(reconnect)": "two and everything",
  },
  "socket-closed idle": {
    "asleep opening":
      "second added, second preparing, second waits, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked",
    asleep: "second shown, first back",
    "asleep opening failed": "two and everything",
  },
  "socket-closed bad frames": {
    "stopped opening":
      "second added, second preparing, second waits, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked",
    stopped: "second shown, first back",
    "stopped opening failed": "two and everything",
  },
  welcome: { "~ +open-image": everywhere },
  "image missing": { "uploading +upload": everywhere },
  "image queued": { queued: everywhere },
  "image encoding": {
    encoding:
      "second added, second preparing, second coming, second prepared, second shown, first left early, first back, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "second waits",
  },
  "image draft": {
    ".": "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~": "second waits",
    encoding: "second shown, first back",
  },
  "image ready": {
    "~": "second added, second preparing, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "ready +prepare": "second waits, first back",
    ready: "second shown",
  },
  "image failed": {
    "refused +refuse-upload":
      "second added, second preparing, second coming, second prepared, second shown, first left early, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "refused +refuse-upload +prepare": "second waits, first back",
  },
  "image failed for now": {
    "opening +timer(reopen)":
      "second added, second preparing, second waits, second coming, second prepared, first left early, one kept, two kept, one edited, two and one current, two and one asked, two and everything",
    "~ +timer(reopen)": "second shown, first back",
  },
  answer: { ".": everywhere },
  "answer refused": { ".": everywhere },
  "answer refused for now": { ".": everywhere },
  "frame-error": { "~": everywhere },
  "upload-progress": { ".": everywhere },
  "upload-event encoding": { ".": everywhere },
  "upload-event ready": { ".": everywhere },
  "upload-failed": { ".": everywhere },
  "upload-failed for now": { ".": everywhere },
};

describe("several pictures and finished objects, for every event", () => expectTable(workStates, table));
