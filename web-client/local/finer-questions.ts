import type { SegmentRequest } from "../../proto/index.js";

/**
 * Clicks that were answered here and are asked of the server for their finer answers alone. One at a time, and of those that wait
 * the latest: what nobody waits for takes no more than one place in the server's line.
 */
export interface FinerQuestions {
  /** The server's own answer to it has not come; it is nobody's. */
  readonly sent: number | undefined;
  readonly next: SegmentRequest | undefined;
}

export const noQuestions: FinerQuestions = { sent: undefined, next: undefined };

/** @returns what is to be sent, if anything is, and what is asked then. */
type Asked = readonly [FinerQuestions, readonly SegmentRequest[]];

export function askFiner(questions: FinerQuestions, request: SegmentRequest): Asked {
  if (questions.sent !== undefined) return [{ ...questions, next: request }, []];
  return [{ sent: request.sequence, next: undefined }, [request]];
}

/** There is a newer click. What was sent is given up by the server (Z5), with the next one at the latest. */
export const withoutNext = (questions: FinerQuestions): FinerQuestions =>
  questions.next === undefined ? questions : { ...questions, next: undefined };

/** The server has answered what was sent; a finer answer may follow. */
export const afterAnswer = ({ next }: FinerQuestions): Asked =>
  next === undefined ? [noQuestions, []] : askFiner(noQuestions, next);
