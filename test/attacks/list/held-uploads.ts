import { create, toBinary } from "@bufbuild/protobuf";
import { EncodeRequestSchema, EncoderService } from "../../../proto/index.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, grpcFrame, isAtTheDoor, openHttp2 } from "../wire/http2.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

const MiB = 1024 * 1024;
const chunk = Buffer.alloc(MiB, 7);

/** Most of a large file at once, then a byte now and then until the time is over. */
async function* slowUpload(mib: number, until: () => boolean): AsyncGenerator<string | Uint8Array> {
  yield head("POST", "/v1/images", { "content-length": 60 * MiB });
  // It begins as a picture, so that nothing is refused by its kind.
  yield Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
  for (let index = 0; index < mib; index++) yield chunk;
  while (until()) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    yield Buffer.from([0]);
  }
}

export const heldUploads: Attack = {
  name: "held-uploads",
  title: "uploads of tens of megabytes over HTTP that go on a byte at a time",
  setting: "roles",
  unit: "uploads",
  count: 64,
  short: 16,
  async run({ gateway, from }, _random, tally) {
    const holdUntil = performance.now() + tally.msLeft * 0.6;
    await inParallel(32, tally, async () => {
      tally.try();
      const pieces = slowUpload(30, () => performance.now() < holdUntil);
      tellHttp(await exchange(gateway, from, pieces, { lingerMs: 1000 }), tally);
    });
  },
};

export const heldEncodes: Attack = {
  name: "held-encodes",
  title: "Encode calls by gRPC that send tens of megabytes and never end",
  setting: "roles",
  unit: "calls",
  count: 64,
  short: 24,
  async run({ encoder, from }, _random, tally) {
    const { parent, name } = EncoderService.method.encode;
    const piece = (part: Parameters<typeof create<typeof EncodeRequestSchema>>[1]) =>
      grpcFrame(toBinary(EncodeRequestSchema, create(EncodeRequestSchema, part)));
    const header = piece({ part: { case: "header", value: {} } });
    const body = Array.from({ length: 40 }, () => piece({ part: { case: "chunk", value: new Uint8Array(chunk) } }));
    tally.begin();
    await inParallel(24, tally, async () => {
      tally.try();
      const session = openHttp2(encoder, from);
      const holdMs = tally.msLeft * 0.6;
      const end = await call(session, `/${parent.typeName}/${name}`, [header, ...body], {
        timeoutMs: holdMs,
        stays: true,
      });
      if (isAtTheDoor(end)) tally.refused();
      else tally.answered();
      tally.note(checkEnd(end));
      session.destroy();
    });
  },
};
