import { create, toBinary } from "@bufbuild/protobuf";
import { EncodeRequestSchema, EncoderService } from "../../../proto/index.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, grpcFrame, isAtTheDoor, openHttp2 } from "../wire/http2.js";
import { mutateBytes, randomBytes } from "../wire/mutate-bytes.js";
import { oddPicture, seedPictures } from "../wire/odd-pictures.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

export const fuzzUploads: Attack = {
  name: "fuzz-uploads",
  title: "uploads of every format with bits, headers and ends changed, spliced, and in broken multipart",
  setting: "single",
  unit: "uploads",
  count: 10_000,
  short: 250,
  async run({ gateway, from }, random, tally) {
    const seeds = await seedPictures();
    tally.begin();
    await inParallel(3, tally, async () => {
      const picture = oddPicture(seeds, random);
      const isMultipart = random.below(4) === 0;
      const boundary = "boundary";
      const body = isMultipart ? mutateBytes(inMultipart(picture, boundary), random, 1) : picture;
      const type = isMultipart ? `multipart/form-data; boundary=${boundary}` : "application/octet-stream";
      tally.try();
      tellHttp(
        await exchange(gateway, from, post("/v1/images", body, { "content-type": type }), {
          lingerMs: tally.patienceMs(30_000),
        }),
        tally,
      );
    });
  },
};

function inMultipart(file: Uint8Array, boundary: string): Buffer {
  const disposition = 'Content-Disposition: form-data; name="file"; filename="a.jpg"';
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\n${disposition}\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

/** Straight to the encoder: nothing in front of what opens pictures. */
export const fuzzPictures: Attack = {
  name: "fuzz-pictures",
  title: "mutated pictures straight to the encoder by gRPC",
  setting: "roles",
  unit: "pictures",
  count: 5000,
  short: 150,
  async run({ encoder, from }, random, tally) {
    const seeds = await seedPictures();
    const method = EncoderService.method.encode;
    const session = openHttp2(encoder, from);
    tally.begin();
    await inParallel(3, tally, async () => {
      const chunk = random.below(20) === 0 ? randomBytes(random, 500) : oddPicture(seeds, random);
      const message = create(EncodeRequestSchema, { part: { case: "chunk", value: Uint8Array.from(chunk) } });
      const headOf = create(EncodeRequestSchema, { part: { case: "header", value: {} } });
      const frames = [headOf, message].map((one) => grpcFrame(toBinary(EncodeRequestSchema, one)));
      tally.try();
      const end = await call(session, `/${method.parent.typeName}/${method.name}`, frames, {
        timeoutMs: tally.patienceMs(60_000),
      });
      if (isAtTheDoor(end)) tally.refused();
      else tally.answered();
      tally.note(checkEnd(end));
      if (end.message === "no answer in time") tally.note("a picture was not answered in time");
    });
    session.destroy();
  },
};
