import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  ImageEventSchema,
  type SegmentRequest,
  SegmentRequestSchema,
  type SegmentResponse,
  SegmentResponseSchema,
} from "../../proto/index.js";
import type { ClientEvent } from "../state/event.js";
import { Router } from "./router.js";
import type { RoutingEvent } from "./routing.js";
import type { DecoderOrder } from "./worker-decoder.js";

const ask = (sequence: number): SegmentRequest => create(SegmentRequestSchema, { sequence });
const response = (sequence: number): SegmentResponse =>
  create(SegmentResponseSchema, { sequence, outcome: { case: "result", value: {} } });
const ready: ClientEvent = {
  kind: "image-event",
  event: create(ImageEventSchema, {
    imageId: "a",
    event: { case: "ready", value: { image: { imageId: "a", width: 4, height: 3 } } },
  }),
  atMs: 1,
};
const started: RoutingEvent = { kind: "started", backend: "wasm", imageId: "a", tookMs: 9, atMs: 2 };

/** A router whose surroundings only note what they are told. */
function routerOf({ hasDecoder = true } = {}) {
  const orders: DecoderOrder["kind"][] = [];
  const sent: number[] = [];
  const told: string[] = [];
  let report: (event: RoutingEvent) => void = () => {};
  const router: Router = new Router({
    openDecoder: hasDecoder
      ? (onEvent) => {
          report = onEvent;
          return { run: ({ kind }) => orders.push(kind) };
        }
      : undefined,
    preference: "here",
    isFrugal: false,
    send: ({ sequence }) => sent.push(sequence),
    dispatch: (event) => {
      if (event.kind === "answer") told.push(`answer ${event.response.sequence} ${event.place}`);
      else if (event.kind === "decoding-moved") told.push(`moved ${event.place}`);
      else told.push(event.kind);
      // As the state does: a connection that is gone has its clicks asked again.
      if (event.kind === "socket-closed") router.ask(ask(1));
    },
    changed: () => {},
  });
  return { router, orders, sent, told, report: (event: RoutingEvent) => report(event) };
}

it("hands prompts to the decoder once it has started, and its answers to the state like the server's", () => {
  const { router, orders, sent, told, report } = routerOf();
  router.open("a");
  router.ask(ask(1));
  router.hear(ready);
  router.hear({ kind: "answer", response: response(1), atMs: 5 });
  report(started);
  router.ask(ask(2));
  report({ kind: "decoded", response: response(2), atMs: 9 });
  expect(sent).toEqual([1]);
  expect(orders).toEqual(["start", "decode"]);
  expect(told).toEqual(["image-event", "answer 1 server", "moved here", "answer 2 here"]);
});

it("forgets what was under way before the state hears that the connection is gone", () => {
  const { router, orders, told, report } = routerOf();
  router.open("a");
  router.hear(ready);
  report(started);
  router.ask(ask(1));
  router.hear({ kind: "socket-closed", code: 1006, atMs: 5, random: 0 });
  // The first run's answer is nobody's, the second's counts.
  report({ kind: "decoded", response: response(1), atMs: 6 });
  report({ kind: "decoded", response: response(1), atMs: 7 });
  expect(orders).toEqual(["start", "decode", "decode"]);
  expect(told).toEqual(["image-event", "moved here", "socket-closed", "answer 1 here"]);
});

it("sends everything to the server where there is no other decoder, whatever was remembered", () => {
  const { router, sent, told } = routerOf({ hasDecoder: false });
  router.open("a");
  router.hear(ready);
  router.prefer("here");
  router.ask(ask(1));
  router.hear({ kind: "answer", response: response(1), atMs: 5 });
  expect(sent).toEqual([1]);
  expect(told).toEqual(["image-event", "answer 1 server"]);
  expect(router.routing.preference).toBe("server");
});
