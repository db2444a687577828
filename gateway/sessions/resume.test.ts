import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type SegmentRequest, type SegmentResult, SegmentResultSchema } from "../../proto/index.js";
import { type Guest, serveSessions } from "./testing/serve-sessions.js";

const result = create(SegmentResultSchema);
const answersTo = ({ frames }: Guest) => frames.flatMap(({ segment }) => (segment ? [segment.sequence] : []));

/** A decoder that holds what it is asked until it is told. */
class HeldDecoder {
  readonly asked: { sequence: number; signal: AbortSignal; answer: () => void }[] = [];
  #onAsked: () => void = () => {};

  readonly segment = ({ sequence }: SegmentRequest, { signal }: { signal: AbortSignal }) =>
    new Promise<SegmentResult>((resolve) => {
      this.asked.push({ sequence, signal, answer: () => resolve(result) });
      this.#onAsked();
    });

  /** Resolves with the prompt of that number once it is here. */
  async at(index: number) {
    for (;;) {
      const one = this.asked[index];
      if (one) return one;
      await new Promise<void>((resolve) => {
        this.#onAsked = resolve;
      });
    }
  }
}

/** Opens the picture and clicks; the first click is at the decoder when this is over, and none is answered. */
async function lose(guest: Guest, decoder: HeldDecoder, sequences: readonly number[]): Promise<void> {
  guest.open();
  for (const sequence of sequences) guest.click(sequence);
  await decoder.at(0);
  guest.socket.terminate();
  await guest.closed;
}

it.each([
  ["the same numbers", [5, 6, 7]],
  ["others", [1, 2, 3]],
])(
  "S1: what was not answered is sent again to another gateway, with %s, and answered there in its order",
  async (_which, again) => {
    const decoder = new HeldDecoder();
    await using before = await serveSessions({}, decoder);
    await using after = await serveSessions();
    await lose(await before.welcome(), decoder, [5, 6, 7]);
    const resumed = await after.welcome();
    resumed.open();
    for (const sequence of again) resumed.click(sequence);
    await resumed.until(() => answersTo(resumed).length === again.length);
    expect(answersTo(resumed)).toEqual(again);
  },
);

it("S2: a click that was under way may be decoded twice; it is answered once, on the connection that stands", async () => {
  const decoder = new HeldDecoder();
  await using gateway = await serveSessions({}, decoder);
  const lost = await gateway.welcome();
  await lose(lost, decoder, [5]);
  const resumed = await gateway.welcome();
  resumed.open();
  resumed.click(5);
  resumed.click(6);
  const [first, second] = [await decoder.at(0), await decoder.at(1)];
  // The decode of the connection that is gone ends now, and comes too late.
  first.answer();
  second.answer();
  (await decoder.at(2)).answer();
  await resumed.until(() => answersTo(resumed).includes(6));
  expect(decoder.asked.map(({ sequence }) => sequence)).toEqual([5, 5, 6]);
  expect([answersTo(lost), answersTo(resumed)]).toEqual([[], [5, 6]]);
});
