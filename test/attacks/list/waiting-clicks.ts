import { create, toBinary } from "@bufbuild/protobuf";
import { ClientFrameSchema, PromptSchema } from "../../../proto/index.js";
import type { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { randomBytes } from "../wire/mutate-bytes.js";
import { emptyUnknownFields } from "../wire/odd-protobuf.js";
import { AttackerSession } from "../wire/session.js";

const frameBytes = 1024 * 1024 - 4096;

/** Clicks for a picture that nobody will ever send, each as large as a frame may be: they wait, and so does their memory. */
export const waitingClicks: Attack = {
  name: "waiting-clicks",
  title: "clicks of a megabyte that wait for a picture nobody has: unknown fields, points, steps, formats",
  setting: "roles",
  unit: "frames",
  count: 600,
  short: 70,
  async run({ gateway, from }, random, tally) {
    const sessions: AttackerSession[] = [];
    while (tally.goesOn) {
      const onFrame = () => tally.answered();
      const session = await AttackerSession.open({ url: gateway, from, tally, onFrame });
      if (!session) return;
      sessions.push(session);
      const imageId = `sha256:${randomBytes(random, 32).toString("hex")}`;
      session.send(frame({ case: "openImage", value: { imageId } }));
      for (let sequence = 1; sequence <= 60 && session.isOpen && tally.goesOn; sequence++) {
        session.send(heavyClick(sequence, random));
        tally.try();
        await session.read();
      }
    }
    for (const session of sessions) session.leave();
  },
};

type Frame = NonNullable<Parameters<typeof create<typeof ClientFrameSchema>>[1]>["frame"];
const frame = (init: Frame) => toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: init } as object));

function heavyClick(sequence: number, random: Random): Uint8Array {
  const points = (count: number) => ({ points: Array.from({ length: count }, (_, x) => ({ x, y: 1 })) });
  switch (random.below(5)) {
    case 0:
      return frame({ case: "segment", value: { sequence, prompt: points(80_000) } });
    case 1: {
      const steps = Array(90_000).fill({ prompt: create(PromptSchema, points(1)) });
      const mask = { source: { case: "previous", value: { sequence: 1, steps } } } as const;
      return frame({ case: "segment", value: { sequence, prompt: { ...points(1), mask } } });
    }
    case 2:
      return frame({ case: "segment", value: { sequence, prompt: points(1), formats: Array(900_000).fill(1) } });
    default: {
      // Unknown fields of the request itself, which is field 2 of the frame.
      const request = frame({ case: "segment", value: { sequence, prompt: points(1) } });
      const inside = Buffer.concat([request.subarray(2), emptyUnknownFields(frameBytes)]);
      return Buffer.concat([Buffer.from([0x12]), varint(inside.length), inside]);
    }
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
