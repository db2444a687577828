import { answered, click, hover, image, type Loose, open } from "./session-events.js";
import { noEverything, noFiner, nothing, type Row } from "./session-rows.js";

/** What a draft changes nothing of. */
const always = {
  finer: noFiner,
  recovered: nothing,
  "image-gone": nothing,
  close: { now: "closed: cancel" },
  ...noEverything("everything failed FAILED_PRECONDITION"),
};

/** Situations of a session whose picture has a draft and no embedding yet (V3 to V7). */
export const drafted = {
  "nothing waits": {
    by: [open, image("draft")],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, encode" },
      prompt: { click: "draft 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "draft 9" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: tell ready, prepare",
        missing: "awaiting-upload: tell missing",
        failed: "no-image: tell failed",
      },
      answered: { now: "" },
      refused: { now: "", lost: "" },
      ...always,
      expired: { first: "", second: "" },
    },
  },
  "opened again": {
    by: [open, image("draft"), open],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, encode" },
      prompt: { click: "draft 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "draft 9" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: tell ready, prepare",
        missing: "encoding: encode",
        failed: "no-image: tell failed",
      },
      answered: { now: "" },
      refused: { now: "", lost: "" },
      ...always,
      expired: { first: "", second: "" },
    },
  },
  "a click is asked of it": {
    by: [open, click(1), image("draft")],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
      prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: abandon, tell ready, decode 1",
        missing: "awaiting-upload: abandon, tell missing",
        failed: "no-image: abandon, tell failed, refuse 1 UNAVAILABLE",
      },
      answered: { now: "sketch 1" },
      refused: { now: "", lost: "encoding: " },
      ...always,
      "image-gone": { now: "abandon" },
      expired: { first: "abandon, refuse 1 DEADLINE_EXCEEDED", second: "" },
    },
  },
  "a click has its draft": {
    by: [open, click(1), image("draft"), answered],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
      prompt: { click: "draft 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "draft 9" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: tell ready, decode 1",
        missing: "awaiting-upload: tell missing",
        failed: "no-image: tell failed, refuse 1 UNAVAILABLE",
      },
      answered: { now: "" },
      refused: { now: "", lost: "" },
      ...always,
      expired: { first: "refuse 1 DEADLINE_EXCEEDED", second: "" },
    },
  },
  "a click starts from an earlier one's mask": {
    by: [open, image("draft"), click(1, { previous: { sequence: 7 } })],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
      prompt: { click: "draft 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "draft 9" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: tell ready, refuse 1 FAILED_PRECONDITION, prepare",
        missing: "awaiting-upload: tell missing",
        failed: "no-image: tell failed, refuse 1 UNAVAILABLE",
      },
      answered: { now: "" },
      refused: { now: "", lost: "" },
      ...always,
      expired: { first: "refuse 1 DEADLINE_EXCEEDED", second: "" },
    },
  },
  "a hover is asked of it": {
    by: [open, image("draft"), hover(1)],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
      prompt: { click: "abandon, refuse 1 CANCELLED, draft 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: abandon, tell ready, decode 1",
        missing: "awaiting-upload: abandon, refuse 1 FAILED_PRECONDITION, tell missing",
        failed: "no-image: abandon, refuse 1 FAILED_PRECONDITION, tell failed",
      },
      answered: { now: "answer 1" },
      refused: { now: "refuse 1 UNAVAILABLE", lost: "encoding: refuse 1 FAILED_PRECONDITION" },
      ...always,
      "image-gone": { now: "abandon, refuse 1 FAILED_PRECONDITION" },
      expired: { first: "", second: "" },
    },
  },
  "a click is asked of it, a hover waits": {
    by: [open, image("draft"), click(1), hover(2)],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, refuse 1 CANCELLED, refuse 2 CANCELLED, encode" },
      prompt: { click: "refuse 2 CANCELLED", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 2 CANCELLED" },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: abandon, tell ready, decode 1",
        missing: "awaiting-upload: abandon, refuse 2 FAILED_PRECONDITION, tell missing",
        failed: "no-image: abandon, refuse 2 FAILED_PRECONDITION, tell failed, refuse 1 UNAVAILABLE",
      },
      answered: { now: "sketch 1, draft 2" },
      refused: { now: "draft 2", lost: "encoding: refuse 2 FAILED_PRECONDITION" },
      ...always,
      "image-gone": { now: "abandon, draft 2" },
      expired: { first: "abandon, refuse 1 DEADLINE_EXCEEDED, draft 2", second: "" },
    },
  },
  "a hover is asked of it, another waits": {
    by: [open, image("draft"), hover(1), hover(2)],
    does: {
      open: { same: "tell draft", another: "encoding: cancel, refuse 1 CANCELLED, refuse 2 CANCELLED, encode" },
      prompt: {
        click: "abandon, refuse 1 CANCELLED, refuse 2 CANCELLED, draft 8",
        elsewhere: "refuse 8 FAILED_PRECONDITION",
        hover: "refuse 2 CANCELLED",
      },
      image: {
        queued: "tell queued",
        encoding: "tell encoding",
        draft: "",
        ready: "ready: abandon, refuse 1 CANCELLED, tell ready, decode 2",
        missing: "awaiting-upload: abandon, refuse 1 FAILED_PRECONDITION, refuse 2 FAILED_PRECONDITION, tell missing",
        failed: "no-image: abandon, refuse 1 FAILED_PRECONDITION, refuse 2 FAILED_PRECONDITION, tell failed",
      },
      answered: { now: "answer 1, draft 2" },
      refused: {
        now: "refuse 1 UNAVAILABLE, draft 2",
        lost: "encoding: refuse 1 FAILED_PRECONDITION, refuse 2 FAILED_PRECONDITION",
      },
      ...always,
      "image-gone": { now: "abandon, refuse 1 FAILED_PRECONDITION, draft 2" },
      expired: { first: "", second: "" },
    },
  },
} satisfies Record<string, { by: Loose[]; does: Row }>;
