import { DecoderService, EncoderService } from "../../../proto/index.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, grpcFrame, isAtTheDoor, openHttp2 } from "../wire/http2.js";
import { emptyUnknownFields } from "../wire/odd-protobuf.js";

const MiB = 1024 * 1024;
const paths = [...DecoderService.methods, ...EncoderService.methods].map(
  ({ parent, name }) => `/${parent.typeName}/${name}`,
);

/** Two bytes a field: every one of them is an object to who keeps what it does not know. */
export const unknownFields: Attack = {
  name: "unknown-fields",
  title: "gRPC messages of 4 MiB that are nothing but fields nobody knows",
  setting: "roles",
  unit: "calls",
  count: 400,
  short: 24,
  async run({ encoder, decoder, from }, random, tally) {
    const message = grpcFrame(emptyUnknownFields(4 * MiB - 64));
    await inParallel(4, tally, async () => {
      const path = paths[random.below(paths.length)] as string;
      const session = openHttp2(path.includes("Decoder") ? decoder : encoder, from);
      tally.try();
      const end = await call(session, path, message, { timeoutMs: tally.patienceMs(20_000) });
      if (isAtTheDoor(end)) tally.refused();
      else tally.answered();
      tally.note(checkEnd(end));
      session.destroy();
    });
  },
};
