import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { DecoderService, type SegmentRequest, SegmentRequestSchema } from "../../../proto/index.js";
import type { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, grpcFrame, openHttp2 } from "../wire/http2.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

const listLength = 20_000;

/** Requests whose refusal might repeat what is wrong with them, all of it. */
function wordy(imageId: string, random: Random): SegmentRequest {
  const points = [{ x: 10, y: 10 }];
  const long = "w".repeat(200_000);
  const inits = [
    { prompt: { mask: { source: { case: "rle", value: { size: Array(listLength).fill(7), counts: "0" } } } } },
    { prompt: { mask: { source: { case: "rle", value: { size: [480, 640], counts: "~".repeat(100_000) } } } } },
    { prompt: { points }, formats: Array(listLength).fill(99) },
    { prompt: { points }, model: long },
    { prompt: { points: Array(listLength).fill({ x: 1e9, y: -1e9 }) } },
    { prompt: { points }, traceparent: long },
  ] as const;
  return create(SegmentRequestSchema, { imageId, ...(inits[random.below(inits.length)] as object) });
}

export const echoedLists: Attack = {
  name: "echoed-lists",
  title: "prompts with lists and words of 20,000 and more, which a refusal might repeat",
  setting: "roles",
  unit: "prompts",
  count: 2000,
  short: 60,
  async run({ gateway, decoder, from, imageId }, random, tally) {
    const { parent, name } = DecoderService.method.segmentOnce;
    const session = openHttp2(decoder, from);
    await inParallel(4, tally, async (lane) => {
      const request = wordy(imageId, random);
      tally.try();
      if (lane % 2 === 0) {
        const body = toJsonString(SegmentRequestSchema, request);
        const answer = await exchange(gateway, from, post("/v1/segment", body), { lingerMs: tally.patienceMs(10_000) });
        if (answer.statuses.length === 0) tally.note("a prompt over HTTP was not answered in time");
        return tellHttp(answer, tally);
      }
      const frame = grpcFrame(toBinary(SegmentRequestSchema, request));
      const end = await call(session, `/${parent.typeName}/${name}`, frame);
      if (end.code === -1) tally.note("a call ended without a status: its trailer was too large");
      else tally.answered();
      tally.note(checkEnd(end));
    });
    session.destroy();
  },
};
