import { fromBinary } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";
import { ClientFrameSchema, ServerFrameSchema } from "../../proto/index.js";

/** The previews that a page has the server decode, as its WebSocket shows them. */
interface WatchedPreviews {
  /** From being asked for to masks, in milliseconds. */
  readonly tookMs: readonly number[];
  /** On their way at once. */
  readonly mostUnderWay: number;
}

/** Before the page connects: what it has sent already is not seen. */
export function watchPreviews(page: Page): WatchedPreviews {
  const askedAtMs = new Map<number, number>();
  const tookMs: number[] = [];
  const watched = { tookMs, mostUnderWay: 0 };
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const { frame } = fromBinary(ClientFrameSchema, bytesOf(payload));
      if (frame.case !== "segment" || !frame.value.preview) return;
      askedAtMs.set(frame.value.sequence, performance.now());
      watched.mostUnderWay = Math.max(watched.mostUnderWay, askedAtMs.size);
    });
    socket.on("framereceived", ({ payload }) => {
      const { frame } = fromBinary(ServerFrameSchema, bytesOf(payload));
      if (frame.case !== "segment") return;
      const { sequence, outcome } = frame.value;
      const asked = askedAtMs.get(sequence);
      askedAtMs.delete(sequence);
      if (asked !== undefined && outcome.case === "result") tookMs.push(performance.now() - asked);
    });
  });
  return watched;
}

const bytesOf = (payload: string | Buffer) => (typeof payload === "string" ? Buffer.from(payload) : payload);
