import type { DescMethod } from "@bufbuild/protobuf";
import { DecoderService, EncoderService } from "../../../proto/index.js";
import { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, grpcFrame, isAtTheDoor, openHttp2 } from "../wire/http2.js";
import { mutateBytes, pick } from "../wire/mutate-bytes.js";
import { oddMessage } from "../wire/odd-protobuf.js";

const methods: readonly DescMethod[] = [...DecoderService.methods, ...EncoderService.methods];
/** They may delete pictures, all of a tenant's among them: that of nobody's, and not the good client's. */
const deleting: readonly DescMethod[] = [EncoderService.method.deleteImages, DecoderService.method.forgetImages];
const lanes = 6;
const callsAConnection = 200;

export const fuzzCalls: Attack = {
  name: "fuzz-calls",
  title: "gRPC calls of every method with mutated messages, framing and metadata",
  setting: "roles",
  unit: "calls",
  count: 50_000,
  short: 300,
  async run({ encoder, decoder, from, seed }, _random, tally) {
    // A lane's calls are the same each time, however the lanes overtake each other.
    const sources = Array.from({ length: lanes }, (_, lane) => ({ random: new Random(seed, lane + 1), calls: 0 }));
    await inParallel(lanes, tally, async (lane) => {
      const source = sources[lane] as { random: Random; calls: number };
      const { random } = source;
      const isDecoder = lane % 2 === 0;
      const session = openHttp2(isDecoder ? decoder : encoder, from);
      const own = methods.filter(({ parent }) => (parent === DecoderService) === isDecoder);
      for (let count = 0; count < callsAConnection && !session.destroyed && tally.goesOn; count++) {
        const method = pick(random, own);
        tally.try();
        source.calls++;
        const end = await call(session, pathOf(method, random), bodyOf(method, random), {
          headers: { ...oddMetadata(random), ...(deleting.includes(method) ? { "maskwire-tenant": "nobody" } : {}) },
          timeoutMs: tally.patienceMs(15_000),
        });
        if (isAtTheDoor(end)) tally.refused();
        else tally.answered();
        tally.note(checkEnd(end));
        if (end.message === "no answer in time") {
          tally.note(`${method.name}: ${end.message} (lane ${lane}, call ${source.calls})`);
        }
      }
      session.destroy();
    });
  },
};

function pathOf({ parent, name }: DescMethod, random: Random): string {
  return random.below(40) === 0 ? `/${parent.typeName}/${name}x` : `/${parent.typeName}/${name}`;
}

function bodyOf({ input, methodKind }: DescMethod, random: Random): Uint8Array[] {
  const isStream = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const frames = Array.from({ length: isStream ? random.below(5) : 1 }, () => grpcFrame(oddMessage(input, random)));
  switch (random.below(12)) {
    case 0:
      return frames.map((frame) => Buffer.from(mutateBytes(frame, random, 2)));
    case 1:
      // Compressed, by its own word; or longer than it is.
      return [grpcFrame(oddMessage(input, random), 1)];
    case 2:
      return [grpcFrame(oddMessage(input, random), 0, pick(random, [2 ** 32 - 1, 2 ** 24, 6 * 2 ** 20]))];
    case 3:
      return [...frames, ...frames];
    default:
      return frames;
  }
}

function oddMetadata(random: Random): Record<string, string> {
  switch (random.below(10)) {
    case 0:
      return { "grpc-timeout": pick(random, ["1n", "0S", "99999999H", "-1S", "5", "x"]) };
    case 1:
      return {
        traceparent: pick(random, ["00-0-0-0", "x".repeat(3000), "ü", `00-${"0".repeat(32)}-${"0".repeat(16)}-01`]),
      };
    case 2:
      return { "x-request-id": "y".repeat(5000) };
    case 3:
      return { "grpc-encoding": pick(random, ["gzip", "identity", "snappy"]) };
    default:
      return {};
  }
}
