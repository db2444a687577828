import type { SessionEvent } from "../state/state.js";
import {
  answered,
  cancelEverything,
  click,
  everything,
  everythingFailed,
  finer,
  found,
  gone,
  hover,
  image,
  imageB,
  type Loose,
  lost,
  notFiner,
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
    draft: image("draft"),
    ready: image("ready"),
    missing: image("missing"),
    failed: image("failed"),
  },
  answered: { now: answered },
  refused: { now: refused, lost },
  finer: { better: finer, none: notFiner },
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

export const nothing = { now: "" };
export const noRefusal = { now: "", lost: "" };
/** Of a state in which nothing is made finer. */
export const noFiner = { better: "", none: "" };

/** Of a state without everything mode: news of one before it changes nothing. */
export const noEverything = (begun: string): Pick<Row, EverythingEvents> => ({
  everything: { newer: begun },
  "cancel-everything": nothing,
  "everything-event": { progress: "", done: "" },
  "everything-ended": nothing,
});
