import type { SessionEvent, SessionState } from "../state/state.js";
import {
  answered,
  cancelEverything,
  click,
  everything,
  everythingFailed,
  found,
  gone,
  hover,
  image,
  imageB,
  type Loose,
  open,
  openOther,
  recovered,
  refused,
} from "./session-events.js";

/*
 * Every state with every event: what it does, and where it leads when that is elsewhere. A new kind of either does not compile
 * before it is in here.
 */

export const events = {
  open: { same: open, another: openOther },
  prompt: { click: click(8), elsewhere: click(8, { imageId: imageB.imageId }), hover: hover(9) },
  image: {
    queued: image("queued"),
    encoding: image("encoding"),
    ready: image("ready"),
    missing: image("missing"),
    failed: image("failed"),
  },
  answered: { now: answered },
  refused: { now: refused },
  recovered: { now: recovered },
  "image-gone": { now: gone },
  expired: { first: { kind: "expired", sequence: 1 }, second: { kind: "expired", sequence: 2 } },
  close: { now: { kind: "close" } },
  everything: { newer: everything(5) },
  "cancel-everything": { now: cancelEverything },
  "everything-event": { progress: found(4, "progress"), done: found(4, "done") },
  "everything-ended": { now: everythingFailed(4) },
} satisfies Record<SessionEvent["kind"], Record<string, Loose>>;

export type Row = { [K in keyof typeof events]: Record<keyof (typeof events)[K], string> };
type EverythingEvents = "everything" | "cancel-everything" | "everything-event" | "everything-ended";

const nothing = { now: "" };

/** Of a state without everything mode: news of one before it changes nothing. */
const noEverything = (begun: string): Pick<Row, EverythingEvents> => ({
  everything: { newer: begun },
  "cancel-everything": nothing,
  "everything-event": { progress: "", done: "" },
  "everything-ended": nothing,
});

/** Each kind of state in the situations that rules tell apart: how to come there, and what it does. */
export const table = {
  "no-image": {
    "nothing was opened": {
      by: [],
      does: {
        open: { same: "encoding: cancel, encode", another: "encoding: cancel, encode" },
        prompt: {
          click: "refuse 8 FAILED_PRECONDITION",
          elsewhere: "refuse 8 FAILED_PRECONDITION",
          hover: "refuse 9 FAILED_PRECONDITION",
        },
        image: { queued: "", encoding: "", ready: "", missing: "", failed: "" },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("everything failed FAILED_PRECONDITION"),
      },
    },
    "everything mode goes on": {
      by: [open, image("ready"), everything(4), gone, open, image("failed")],
      does: {
        open: {
          same: "encoding: cancel, abort everything, everything failed CANCELLED, encode",
          another: "encoding: cancel, abort everything, everything failed CANCELLED, encode",
        },
        prompt: {
          click: "refuse 8 FAILED_PRECONDITION",
          elsewhere: "refuse 8 FAILED_PRECONDITION",
          hover: "refuse 9 FAILED_PRECONDITION",
        },
        image: { queued: "", encoding: "", ready: "", missing: "", failed: "" },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        everything: { newer: "abort everything, everything failed CANCELLED, everything failed FAILED_PRECONDITION" },
        "cancel-everything": { now: "abort everything, everything failed CANCELLED" },
        "everything-event": { progress: "everything progress", done: "everything done" },
        "everything-ended": { now: "everything failed UNAVAILABLE" },
      },
    },
  },
  encoding: {
    "nothing waits": {
      by: [open],
      does: {
        open: { same: "", another: "cancel, encode" },
        prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 9 FAILED_PRECONDITION" },
        image: {
          queued: "tell queued",
          encoding: "tell encoding",
          ready: "ready: tell ready, prepare",
          missing: "awaiting-upload: tell missing",
          failed: "no-image: tell failed",
        },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("everything failed FAILED_PRECONDITION"),
      },
    },
    "a click waits": {
      by: [open, click(1)],
      does: {
        open: { same: "", another: "cancel, refuse 1 CANCELLED, encode" },
        prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 9 FAILED_PRECONDITION" },
        image: {
          queued: "tell queued",
          encoding: "tell encoding",
          ready: "ready: tell ready, decode 1",
          missing: "awaiting-upload: tell missing",
          failed: "no-image: tell failed, refuse 1 UNAVAILABLE",
        },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "refuse 1 DEADLINE_EXCEEDED", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("everything failed FAILED_PRECONDITION"),
      },
    },
  },
  "awaiting-upload": {
    "nothing waits": {
      by: [open, image("missing")],
      does: {
        open: { same: "encoding: encode", another: "encoding: cancel, encode" },
        prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 9 FAILED_PRECONDITION" },
        image: {
          queued: "tell queued",
          encoding: "tell encoding",
          ready: "ready: tell ready, prepare",
          missing: "tell missing",
          failed: "no-image: tell failed",
        },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("everything failed FAILED_PRECONDITION"),
      },
    },
    "a click waits": {
      by: [open, click(1), image("missing")],
      does: {
        open: { same: "encoding: encode", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
        prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 9 FAILED_PRECONDITION" },
        image: {
          queued: "tell queued",
          encoding: "tell encoding",
          ready: "ready: tell ready, decode 1",
          missing: "tell missing",
          failed: "no-image: tell failed, refuse 1 UNAVAILABLE",
        },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "refuse 1 DEADLINE_EXCEEDED", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("everything failed FAILED_PRECONDITION"),
      },
    },
    "everything mode goes on": {
      by: [open, image("ready"), everything(4), gone],
      does: {
        open: {
          same: "encoding: encode",
          another: "encoding: cancel, abort everything, everything failed CANCELLED, encode",
        },
        prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 9 FAILED_PRECONDITION" },
        image: {
          queued: "tell queued",
          encoding: "tell encoding",
          ready: "ready: tell ready, prepare",
          missing: "tell missing",
          failed: "no-image: tell failed",
        },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        everything: { newer: "abort everything, everything failed CANCELLED, everything failed FAILED_PRECONDITION" },
        "cancel-everything": { now: "abort everything, everything failed CANCELLED" },
        "everything-event": { progress: "everything progress", done: "everything done" },
        "everything-ended": { now: "everything failed UNAVAILABLE" },
      },
    },
  },
  ready: {
    "nothing runs": {
      by: [open, image("ready")],
      does: {
        open: { same: "tell ready", another: "encoding: cancel, encode" },
        prompt: { click: "decode 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "decode 9" },
        image: { queued: "tell queued", encoding: "tell encoding", ready: "", missing: "", failed: "" },
        answered: nothing,
        refused: nothing,
        recovered: { now: "tell ready" },
        "image-gone": { now: "awaiting-upload: tell missing" },
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("find everything 5"),
      },
    },
    "a click runs": {
      by: [open, image("ready"), click(1)],
      does: {
        open: { same: "tell ready", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
        prompt: { click: "", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "" },
        image: { queued: "tell queued", encoding: "tell encoding", ready: "", missing: "", failed: "" },
        answered: { now: "answer 1" },
        refused: { now: "refuse 1 UNAVAILABLE" },
        recovered: { now: "tell ready" },
        "image-gone": { now: "awaiting-upload: tell missing" },
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("find everything 5"),
      },
    },
    "a hover runs": {
      by: [open, image("ready"), hover(1)],
      does: {
        open: { same: "tell ready", another: "encoding: cancel, refuse 1 CANCELLED, encode" },
        prompt: {
          click: "abandon, refuse 1 CANCELLED, decode 8",
          elsewhere: "refuse 8 FAILED_PRECONDITION",
          hover: "",
        },
        image: { queued: "tell queued", encoding: "tell encoding", ready: "", missing: "", failed: "" },
        answered: { now: "answer 1" },
        refused: { now: "refuse 1 UNAVAILABLE" },
        recovered: { now: "tell ready" },
        "image-gone": { now: "awaiting-upload: tell missing, refuse 1 FAILED_PRECONDITION" },
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("find everything 5"),
      },
    },
    "a click runs, a hover waits": {
      by: [open, image("ready"), click(1), hover(2)],
      does: {
        open: { same: "tell ready", another: "encoding: cancel, refuse 1 CANCELLED, refuse 2 CANCELLED, encode" },
        prompt: { click: "refuse 2 CANCELLED", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "refuse 2 CANCELLED" },
        image: { queued: "tell queued", encoding: "tell encoding", ready: "", missing: "", failed: "" },
        answered: { now: "answer 1, decode 2" },
        refused: { now: "refuse 1 UNAVAILABLE, decode 2" },
        recovered: { now: "tell ready" },
        "image-gone": { now: "awaiting-upload: tell missing, refuse 2 FAILED_PRECONDITION" },
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        ...noEverything("find everything 5"),
      },
    },
    "a click runs, another waits": {
      by: [open, image("ready"), click(1), click(2)],
      does: {
        open: { same: "tell ready", another: "encoding: cancel, refuse 1 CANCELLED, refuse 2 CANCELLED, encode" },
        prompt: { click: "refuse 8 RESOURCE_EXHAUSTED", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "" },
        image: { queued: "tell queued", encoding: "tell encoding", ready: "", missing: "", failed: "" },
        answered: { now: "answer 1, decode 2" },
        refused: { now: "refuse 1 UNAVAILABLE, decode 2" },
        recovered: { now: "tell ready" },
        "image-gone": { now: "awaiting-upload: tell missing" },
        expired: { first: "", second: "refuse 2 DEADLINE_EXCEEDED" },
        close: { now: "closed: cancel" },
        ...noEverything("find everything 5"),
      },
    },
    "everything mode runs": {
      by: [open, image("ready"), everything(4)],
      does: {
        open: {
          same: "tell ready",
          another: "encoding: cancel, abort everything, everything failed CANCELLED, encode",
        },
        prompt: { click: "decode 8", elsewhere: "refuse 8 FAILED_PRECONDITION", hover: "decode 9" },
        image: { queued: "tell queued", encoding: "tell encoding", ready: "", missing: "", failed: "" },
        answered: nothing,
        refused: nothing,
        recovered: { now: "tell ready" },
        "image-gone": { now: "awaiting-upload: tell missing" },
        expired: { first: "", second: "" },
        close: { now: "closed: cancel" },
        everything: { newer: "abort everything, everything failed CANCELLED, find everything 5" },
        "cancel-everything": { now: "abort everything, everything failed CANCELLED" },
        "everything-event": { progress: "everything progress", done: "everything done" },
        "everything-ended": { now: "everything failed UNAVAILABLE" },
      },
    },
  },
  closed: {
    "by its client": {
      by: [open, { kind: "close" }],
      does: {
        open: { same: "", another: "" },
        prompt: { click: "", elsewhere: "", hover: "" },
        image: { queued: "", encoding: "", ready: "", missing: "", failed: "" },
        answered: nothing,
        refused: nothing,
        recovered: nothing,
        "image-gone": nothing,
        expired: { first: "", second: "" },
        close: nothing,
        ...noEverything(""),
      },
    },
  },
} satisfies Record<SessionState["kind"], Record<string, { by: Loose[]; does: Row }>>;
