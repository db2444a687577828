import { describe } from "vitest";
import { everythingStates, expectTable, type Table } from "./testing/table.js";

const everywhere = Object.keys(everythingStates).join(", ");

const table: Table = {
  restored: { "~ +read-picture +read-picture": everywhere },
  "picture-chosen": { "~ +load-picture": everywhere },
  "picture-added": { "~ +read-picture": everywhere },
  "picture-read": { ".": everywhere },
  "picture-opened": {
    ".": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, lost",
    "~ +load-picture": "new picture",
  },
  "picture-removed": {
    "empty off +stop-upload +forget-picture": "wanted early, done, failed, lost",
    "empty off +stop-upload +cancel-everything +forget-picture":
      "wanted again, finding, found, lit, aside, taken, cancelled",
    "~ +forget-picture": "new picture",
  },
  "point-moved": {
    ".": "wanted early, wanted again, finding, found, lit, aside, cancelled, done, failed, lost, new picture",
    "~ +segment": "taken",
  },
  "point-removed": {
    ".": "wanted early, wanted again, finding, found, lit, aside, cancelled, done, failed, lost, new picture",
    "~": "taken",
  },
  painted: {
    "aside +segment": "wanted early, wanted again, finding, found, lit, cancelled, done, failed",
    "~ +segment": "aside, taken, new picture",
    aside: "lost",
  },
  "object-kept": {
    ".": "wanted early, wanted again, finding, found, lit, aside, cancelled, done, failed, lost, new picture",
    "~": "taken",
  },
  "object-edited": {
    aside: "wanted early, wanted again, finding, found, lit, cancelled, done, failed, lost",
    ".": "aside, new picture",
    "~": "taken",
  },
  "object-removed": { ".": everywhere },
  "object-renamed": { ".": everywhere },
  "object-recoloured": { ".": everywhere },
  "object-moved": { ".": everywhere },
  "object-shown": { ".": everywhere },
  "objects-combined": { ".": everywhere },
  "preparing-progress": { ".": everywhere },
  "preparing-event": { ".": everywhere },
  "preparing-failed": { ".": everywhere },
  "timer prepare": { ".": everywhere },
  "decoding-moved": { "~": everywhere },
  "picture-loaded": { ".": everywhere },
  "picture-unreadable": { ".": everywhere.replace(", new picture", ""), "~": "new picture" },
  point: {
    "aside +segment": "wanted early, wanted again, finding",
    aside: "found, lit, cancelled, done, failed, lost",
    "~ +segment": "aside, taken, new picture",
  },
  box: {
    "aside +segment": "wanted early, wanted again, finding, found, lit, cancelled, done, failed",
    "~ +segment": "aside, taken, new picture",
    aside: "lost",
  },
  clear: {
    ".": "wanted early, wanted again, finding, found, lit, aside, cancelled, done, failed, lost, new picture",
    "~": "taken",
  },
  undo: {
    ".": "wanted early, wanted again, finding, found, lit, aside, cancelled, done, failed, lost, new picture",
    "~": "taken",
  },
  redo: { ".": everywhere },
  candidate: { ".": everywhere },
  hover: {
    ".": "wanted early, wanted again, finding, lit, taken, new picture",
    "~": "found, cancelled, done, failed, lost",
    "~ +preview": "aside",
  },
  "hover-end": {
    ".": "wanted early, wanted again, finding, found, aside, taken, cancelled, done, failed, lost, new picture",
    "~": "lit",
  },
  press: {
    ".": "wanted early, wanted again, finding, found, lit, cancelled, done, failed, lost, new picture",
    "~ +preview": "aside, taken",
  },
  retry: {
    "~": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    "connecting +connect": "lost",
  },
  escape: {
    off: "wanted early, wanted again",
    "off +cancel-everything": "finding",
    "cancelled +cancel-everything": "found, lit",
    ".": "aside, new picture",
    "~": "taken",
    aside: "cancelled, done, failed, lost",
  },
  "everything-begin": {
    ".": "wanted early, wanted again, finding, found, lit",
    "~": "aside, taken",
    wanted: "cancelled, new picture",
    "finding +everything": "done, failed",
    "connecting wanted +connect": "lost",
  },
  "everything-cancel": {
    off: "wanted early, wanted again",
    "off +cancel-everything": "finding",
    "cancelled +cancel-everything": "found, lit, aside, taken",
    ".": "cancelled, done, failed, lost, new picture",
  },
  "everything-toggle": {
    aside: "wanted early, wanted again, finding, found, lit, cancelled, done, failed, lost",
    "~": "aside, taken",
    wanted: "new picture",
  },
  "everything-step": {
    ".": "wanted early, wanted again, finding, aside, taken, new picture",
    "~": "found, lit, cancelled, done, failed, lost",
  },
  "everything-take": {
    ".": "wanted early, wanted again, finding, found, aside, taken, cancelled, done, failed, lost, new picture",
    aside: "lit",
  },
  "everything-take-all": {
    ".": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, lost, new picture",
  },
  "words-asked": {
    "~": "wanted early, wanted again",
    wanted: "cancelled, new picture",
    "wanted +cancel-everything": "finding, found, lit, aside, taken",
    "finding +everything": "done, failed",
    "connecting wanted +connect": "lost",
  },
  "everything progress": {
    ".": "wanted early, done, failed, lost",
    "~": "wanted again, finding, found, lit, aside, taken, cancelled, new picture",
  },
  "everything found": {
    ".": "wanted early, done, failed, lost",
    "~": "wanted again, finding, found, lit, aside, taken, cancelled, new picture",
  },
  "everything retracted": {
    ".": "wanted early, done, failed, lost",
    "~": "wanted again, finding, found, lit, aside, taken, cancelled, new picture",
  },
  "everything done": {
    ".": "wanted early, done, failed, lost",
    "finding +everything": "wanted again",
    done: "finding, found, lit, aside, taken",
    "~": "cancelled, new picture",
  },
  "everything-failed": {
    ".": "wanted early, done, failed, lost",
    "finding +everything": "wanted again",
    failed: "finding, found, lit, aside, taken",
    "~": "cancelled, new picture",
  },
  "everything-failed gone": {
    ".": "wanted early, done, failed, lost",
    "finding +everything": "wanted again",
    "uploading wanted +upload": "finding, found, lit, aside, taken",
    "~": "cancelled, new picture",
  },
  dismiss: { "~": everywhere },
  notice: { "~": everywhere },
  "timer reconnect": {
    ".": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    "connecting +connect": "lost",
  },
  "timer reopen": {
    ".": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, lost",
    "+open-image": "new picture",
  },
  "timer upload": { ".": everywhere },
  "timer resend": { ".": everywhere },
  "timer silence": {
    ".": "done, failed, lost",
    "+timer(silence)": "wanted early",
    "~ +disconnect": "wanted again, finding, found, lit, aside, taken, cancelled, new picture",
  },
  "network-lost": { "~": everywhere },
  "network-back": {
    "~": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    "connecting +connect": "lost",
  },
  drawn: { ".": everywhere },
  "socket-closed": {
    "waiting opening +timer(reconnect)": "wanted early, wanted again, cancelled, done, failed",
    "waiting opening failed +timer(reconnect)": "finding, found, lit, aside, taken",
    "~ +timer(reconnect)": "lost",
    "waiting +timer(reconnect)": "new picture",
  },
  "socket-closed idle": {
    "asleep opening": "wanted early, wanted again, cancelled, done, failed",
    "asleep opening failed": "finding, found, lit, aside, taken",
    asleep: "lost, new picture",
  },
  "socket-closed bad frames": {
    "stopped opening": "wanted early, wanted again, cancelled, done, failed",
    "stopped opening failed": "finding, found, lit, aside, taken",
    stopped: "lost, new picture",
  },
  welcome: {
    "~ +open-image":
      "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    "open +open-image": "lost",
  },
  "image missing": {
    "uploading +upload":
      "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    ".": "lost",
  },
  "image queued": {
    queued: "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    ".": "lost",
  },
  "image encoding": {
    "~": "wanted early",
    encoding: "wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    ".": "lost",
  },
  "image draft": {
    ".": "wanted again, finding, found, lit, aside, taken, cancelled, done, failed, lost",
    "~": "wanted early",
    encoding: "new picture",
  },
  "image ready": {
    "ready finding +everything": "wanted early",
    "~": "wanted again, finding, found, lit, aside, taken, cancelled, done, failed",
    ".": "lost",
    ready: "new picture",
  },
  "image failed": {
    "refused +refuse-upload":
      "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed, new picture",
    ".": "lost",
  },
  "image failed for now": {
    "opening +timer(reopen)": "wanted early, wanted again, finding, found, lit, aside, taken, cancelled, done, failed",
    ".": "lost",
    "~ +timer(reopen)": "new picture",
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

describe("everything mode, for every event", () => expectTable(everythingStates, table));
