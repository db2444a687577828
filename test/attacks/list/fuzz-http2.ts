import type { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
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
import { mutateBytes, pick, randomBytes } from "../wire/mutate-bytes.js";

const path = "/maskwire.v1.DecoderService/SegmentOnce";

/** What breaks or strains HTTP/2, each as the frames of a connection. */
const shapes: Readonly<Record<string, (random: Random) => Buffer[]>> = {
  "any frames": (random) => Array.from({ length: 1 + random.below(20) }, () => anyFrame(random)),
  "settings without an end": () =>
    Array.from({ length: 200 }, () => http2Frame(frameType.settings, 0, 0, Buffer.alloc(0))),
  "pings without an end": (random) =>
    Array.from({ length: 300 }, () => http2Frame(frameType.ping, 0, 0, randomBytes(random, 8))),
  "streams that are reset at once": () => Array.from({ length: 100 }, (_, index) => opened(2 * index + 1, true)).flat(),
  "headers that go on and on": (random) => [
    http2Frame(frameType.headers, 0, 1, headerBlock(grpcHeaders(path))),
    ...Array.from({ length: 200 }, () =>
      http2Frame(frameType.continuation, 0, 1, headerBlock({ [`x-${random.below(1e6)}`]: "y".repeat(120) })),
    ),
  ],
  "data of no stream": (random) => [http2Frame(frameType.data, 0, 2 * random.below(50) + 1, randomBytes(random, 50))],
  "settings of a wrong length": () => [http2Frame(frameType.settings, 0, 0, Buffer.alloc(5))],
  "headers on no stream": () => [http2Frame(frameType.headers, endHeaders, 0, headerBlock(grpcHeaders(path)))],
  "a window beyond its end": () => [
    ...opened(1, false),
    http2Frame(frameType.window, 0, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
  ],
  "a window of nothing": () => [http2Frame(frameType.window, 0, 0, Buffer.alloc(4))],
  "headers that are none": (random) => [http2Frame(frameType.headers, endHeaders, 1, randomBytes(random, 100))],
  "a frame too long": () => [http2Frame(frameType.data, 0, 1, Buffer.alloc(20_000))],
  "half a frame": () => [http2Frame(frameType.headers, endHeaders, 1, Buffer.alloc(10), 5000)],
  "streams that never end": () => Array.from({ length: 50 }, (_, index) => opened(2 * index + 1, false)).flat(),
};

/** Malformed ones among them left a socket each with Node's own HTTP/2. */
export const fuzzHttp2: Attack = {
  name: "fuzz-http2",
  title: "raw HTTP/2: bad frames, floods of settings, pings, resets and continuations, connections left half open",
  setting: "roles",
  unit: "connections",
  count: 6000,
  short: 140,
  async run({ gateway, encoder, decoder, from }, random, tally) {
    const urls = [gateway, encoder, decoder];
    const all = Object.values(shapes);
    let turn = 0;
    await inParallel(8, tally, async () => {
      const at = turn++;
      const shape = all[at % all.length] as (typeof all)[number];
      tally.try();
      const settings = http2Frame(frameType.settings, 0, 0, Buffer.alloc(0));
      const pieces = [preface, settings, ...shape(random)];
      const isClosed = await rawConnection(urls[at % urls.length] as string, from, pieces, { lingerMs: 200 });
      if (isClosed) tally.refused();
      else tally.answered();
    });
  },
};

function opened(stream: number, isReset: boolean): Buffer[] {
  const headers = http2Frame(frameType.headers, endHeaders, stream, headerBlock(grpcHeaders(path)));
  return isReset ? [headers, http2Frame(frameType.reset, 0, stream, Buffer.from([0, 0, 0, 8]))] : [headers];
}

function anyFrame(random: Random): Buffer {
  const type = random.below(12);
  const stream = pick(random, [0, 1, 2, 3, 5, 2 ** 31 - 1]);
  const payload = type === frameType.headers ? headerBlock(grpcHeaders(path)) : randomBytes(random, random.below(40));
  const frame = http2Frame(
    type,
    random.below(64) | (random.below(3) === 0 ? endHeaders | endStream : 0),
    stream,
    payload,
  );
  return random.below(4) === 0 ? Buffer.from(mutateBytes(frame, random, 2)) : frame;
}
