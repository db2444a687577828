import { create, toBinary } from "@bufbuild/protobuf";
import { ClientFrameSchema, DecoderService, SegmentRequestSchema } from "../../../proto/index.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, grpcFrame, openHttp2 } from "../wire/http2.js";
import { pick } from "../wire/mutate-bytes.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";
import { AttackerSession } from "../wire/session.js";

const odd = [
  "\u0000",
  "a\r\nb: c",
  "ü",
  "00-xyz",
  "漢字",
  "x".repeat(100_000),
  `00-${"0".repeat(32)}-${"0".repeat(16)}-00`,
  " ",
  "\u007f",
  `00-${"a".repeat(32)}-${"b".repeat(16)}-01-more`,
];

/** A trace's name goes on to other processes as metadata, which takes far fewer letters than a frame. */
export const oddTraceparents: Attack = {
  name: "odd-traceparents",
  title: "clicks whose traceparent is no header's value: line breaks, letters, lengths",
  setting: "roles",
  unit: "clicks",
  count: 2000,
  short: 40,
  async run({ gateway, decoder, from, imageId }, random, tally) {
    const { parent, name } = DecoderService.method.segment;
    await inParallel(3, tally, async (lane) => {
      const request = {
        imageId,
        traceparent: pick(random, odd),
        prompt: { points: [{ x: random.below(640), y: random.below(480) }] },
      };
      tally.try();
      if (lane === 0) {
        return tellHttp(
          await exchange(gateway, from, post("/v1/segment", JSON.stringify(request)), {
            lingerMs: tally.patienceMs(10_000),
          }),
          tally,
        );
      }
      if (lane === 1) {
        const session = openHttp2(decoder, from);
        const frame = grpcFrame(toBinary(SegmentRequestSchema, create(SegmentRequestSchema, request)));
        const end = await call(session, `/${parent.typeName}/${name}`, frame);
        session.destroy();
        tally.answered();
        return tally.note(checkEnd(end));
      }
      let answered = () => {};
      const onFrame = (frame: { case?: string | undefined }) => {
        if (frame.case === "segment") answered();
      };
      const session = await AttackerSession.open({ url: gateway, from, tally, onFrame });
      const send = (frame: object) =>
        session?.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame } as object)));
      const answer = new Promise<void>((resolve) => {
        answered = resolve;
      });
      send({ case: "openImage", value: { imageId } });
      send({ case: "segment", value: { ...request, sequence: 1 } });
      await Promise.race([answer, session?.closed, new Promise((resolve) => setTimeout(resolve, 5000))]);
      tally.answered();
      session?.leave();
    });
  },
};
