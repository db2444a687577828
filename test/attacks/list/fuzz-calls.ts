import type { DescMethod } from "@bufbuild/protobuf";
import { DecoderService, EncoderService, TrackService } from "../../../proto/index.js";
import { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { call, checkEnd, isAtTheDoor, openHttp2 } from "../wire/http2.js";
import { pick } from "../wire/mutate-bytes.js";
import { bodyOf, oddMetadata, pathOf } from "../wire/odd-call.js";

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
  async run({ encoder, decoder, gateway, from, seed }, _random, tally) {
    const doors: readonly [url: string, methods: readonly DescMethod[]][] = [
      [decoder, DecoderService.methods],
      [encoder, EncoderService.methods],
      [gateway, TrackService.methods],
    ];
    // A lane's calls are the same each time, however the lanes overtake each other.
    const sources = Array.from({ length: lanes }, (_, lane) => ({ random: new Random(seed, lane + 1), calls: 0 }));
    await inParallel(lanes, tally, async (lane) => {
      const source = sources[lane] as { random: Random; calls: number };
      const { random } = source;
      const [url, own] = doors[lane % doors.length] as (typeof doors)[number];
      const session = openHttp2(url, from);
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
