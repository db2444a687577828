import type { Failure } from "../failure.js";
import type { Prompts } from "./prompts.js";

/* Clicks that wait for their answers: when each is sent, and sent again. */

export interface Click {
  readonly sequence: number;
  readonly prompts: Prompts;
  readonly madeAtMs: number;
  /** Undefined while it has not been sent on this connection. */
  readonly sentAtMs: number | undefined;
  readonly notBeforeMs: number;
  readonly tries: number;
}

/** Tries of one click, beyond which whoever made it is told. */
const mostTries = 5;
const defaultRetryMs = 500;
/** Timers may fire a little before their time. */
export const timerSlackMs = 10;

/**
 * The clicks that are to be sent now, up to the gateway's limit: those that have not been sent on this connection, in their order.
 * @param most as the gateway says; 0 for no limit.
 */
export function dueClicks(waiting: readonly Click[], most: number, atMs: number): readonly Click[] {
  const sent = waiting.filter(({ sentAtMs }) => sentAtMs !== undefined).length;
  const room = Math.max(0, (most || Number.POSITIVE_INFINITY) - sent);
  return waiting
    .filter(({ sentAtMs, notBeforeMs }) => sentAtMs === undefined && notBeforeMs <= atMs + timerSlackMs)
    .slice(0, room);
}

/** As if it had never been sent: a new connection knows nothing of the old one's clicks. */
export function unsent<Item extends Click>(click: Item): Item {
  return { ...click, sentAtMs: undefined, notBeforeMs: 0 };
}

/** A refused click that is to be sent again, and after how long; undefined when that is no use, or was tried often enough. */
export function againAfter(
  click: Click,
  { remedy, retryAfterMs }: Pick<Failure, "remedy" | "retryAfterMs">,
  atMs: number,
): { readonly click: Click; readonly delayMs: number } | undefined {
  if (remedy !== "wait" || click.tries + 1 >= mostTries) return undefined;
  const delayMs = retryAfterMs ?? defaultRetryMs * 2 ** click.tries;
  return { click: { ...click, sentAtMs: undefined, notBeforeMs: atMs + delayMs, tries: click.tries + 1 }, delayMs };
}
