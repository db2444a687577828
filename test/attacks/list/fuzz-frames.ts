import { ClientFrameSchema } from "../../../proto/index.js";
import type { Random } from "../../simulation/random.js";
import type { Attack, Target } from "../attack.js";
import { inParallel, type Tally } from "../tally.js";
import { oddJson } from "../wire/odd-json.js";
import { oddMessage } from "../wire/odd-protobuf.js";
import { AttackerSession } from "../wire/session.js";

/** Frames of one session; the tenth unreadable one in a row would end it, so good ones are strewn in. */
const framesASession = 40;
const lanes = 4;

async function fuzz(
  { gateway, from, imageId }: Target,
  tally: Tally,
  form: "binary" | "text",
  next: () => Uint8Array | string,
): Promise<void> {
  const open = JSON.stringify({ openImage: { imageId } });
  await inParallel(lanes, tally, async () => {
    const onFrame = () => tally.answered();
    const session = await AttackerSession.open({ url: gateway, from, form, tally, onFrame });
    if (!session) return pause();
    for (let index = 0; index < framesASession && session.isOpen && tally.goesOn; index++) {
      session.send(index % 8 === 0 ? open : next());
      tally.try();
      // A reader of its own answers, as far as it gets any.
      if (index % 8 === 7) await session.read();
    }
    await session.read();
    session.leave();
  });
}

/** Whoever was refused at the door comes back a little later. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

const binaryFrame = (random: Random) => oddMessage(ClientFrameSchema, random);

export const fuzzBinaryFrames: Attack = {
  name: "fuzz-binary-frames",
  title: "WebSocket frames of mutated protobuf: wrong types, lengths and depths, fields nobody knows",
  setting: "single",
  unit: "frames",
  count: 60_000,
  short: 1200,
  run: (target, random, tally) => fuzz(target, tally, "binary", () => binaryFrame(random)),
};

export const fuzzJsonFrames: Attack = {
  name: "fuzz-json-frames",
  title: "WebSocket frames of mutated JSON: deep, doubled, odd numbers, names and letters",
  setting: "single",
  unit: "frames",
  count: 40_000,
  short: 1200,
  run: (target, random, tally) => fuzz(target, tally, "text", () => oddJson(ClientFrameSchema, random)),
};
