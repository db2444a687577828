import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { OpenImageSchema, PointSchema } from "../../../proto/index.js";
import type { Attack } from "../attack.js";
import { pick, randomBytes } from "../wire/mutate-bytes.js";
import { emptyUnknownFields } from "../wire/odd-protobuf.js";
import { AttackerSession } from "../wire/session.js";

const frameBytes = 1024 * 1024 - 8192;

/** Clicks for a picture that nobody will ever send, each as large as a frame may be: they wait, and so does their memory. */
export const waitingClicks: Attack = {
  name: "waiting-clicks",
  title: "clicks of a megabyte that wait for a picture nobody has: unknown fields, points, steps, formats",
  setting: "roles",
  unit: "frames",
  count: 600,
  short: 70,
  async run({ gateway, from }, random, tally) {
    const clicks = heavyClicks();
    const sessions: AttackerSession[] = [];
    while (tally.goesOn) {
      const onFrame = () => tally.answered();
      const session = await AttackerSession.open({ url: gateway, from, tally, onFrame });
      if (!session) return;
      sessions.push(session);
      const imageId = `sha256:${randomBytes(random, 32).toString("hex")}`;
      session.send(field(1, toBinary(OpenImageSchema, create(OpenImageSchema, { imageId }))));
      for (let count = 0; count < 60 && session.isOpen && tally.goesOn; count++) {
        session.send(pick(random, clicks));
        tally.try();
        await session.read();
      }
    }
    for (const session of sessions) session.leave();
  },
};

/** Each as large as a frame may be. Field numbers are those of ClientFrame, SegmentRequest, Prompt, MaskPrompt, PreviousMask. */
function heavyClicks(): Uint8Array[] {
  const click = (...fields: Uint8Array[]) => field(2, Buffer.concat([sequence, ...fields]));
  const sequence = Buffer.from([0x08, 1]);
  const model = (letters: number) => field(3, Buffer.alloc(letters, "m"));
  const point = field(1, toBinary(PointSchema, create(PointSchema, { x: 10, y: 10 })));
  const prompt = field(4, point);
  const step = field(3, field(1, point));
  return [
    // Fields nobody knows; points; steps; formats; and as much as is taken of a word.
    click(prompt, emptyUnknownFields(frameBytes)),
    click(field(4, repeated(point))),
    click(field(4, Buffer.concat([point, field(3, field(3, Buffer.concat([sequence, repeated(step)])))]))),
    click(prompt, field(6, Buffer.alloc(frameBytes, 1))),
    click(prompt, model(frameBytes)),
  ];
}

const repeated = (one: Uint8Array) => Buffer.alloc(Math.floor(frameBytes / one.byteLength) * one.byteLength, one);

function field(number: number, payload: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(payload).finish();
}
