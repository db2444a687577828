import { expect, it } from "vitest";
import { DatasetService } from "../../../../proto/index.js";
import { CommandError } from "../command-error.js";
import { Notices } from "../notices.js";
import { type DatasetClient, RefusedError } from "./dataset-client.js";
import { sendSequence } from "./send-sequence.js";

const { method } = DatasetService;
const count = 20;

/** @param refuse what the n-th picture that comes is refused with. */
async function sendTo(refuse: (n: number) => Error | undefined) {
  const sent: string[] = [];
  const client = {
    ask: async (asked: unknown) =>
      asked === method.createSequence ? { id: 5n, frames: sent.length } : { pictures: [], sequences: [], nextPage: "" },
    addPicture: async (_dataset: string, { name = "" }: Record<string, string>) => {
      const n = sent.push(name) - 1;
      const error = refuse(n);
      if (error) throw error;
      return { id: BigInt(n) };
    },
  } as unknown as DatasetClient;
  const frames = Array.from({ length: count }, (_, number) => ({
    number,
    file: { name: `${number}.png`, timeMs: 40 * number, read: async () => Uint8Array.of(number) },
  }));
  const notices = new Notices({ isTTY: false, write: () => true });
  const wish = { dataset: "birds", name: "ride", frames, split: undefined, person: "" };
  const outcome = await sendSequence({ client, notices }, wish).catch((error: Error) => error.message);
  return { outcome, sent };
}

const refusal = (code: string, reason = "", retryAfterMs?: number) =>
  new RefusedError(code, `${code} ${reason}`.trim(), { exitCode: 1, retryAfterMs, reason });

it("sends all frames of a video", async () => {
  expect(await sendTo(() => undefined)).toMatchObject({ outcome: { id: 5n, added: count, known: 0 } });
});

it.each([
  ["who asks is not known", refusal("UNAUTHENTICATED")],
  ["nobody may", refusal("PERMISSION_DENIED")],
  ["a limit is used up for an hour", refusal("RESOURCE_EXHAUSTED", "", 3_600_000)],
  ["there is no room", refusal("RESOURCE_EXHAUSTED")],
  ["nobody is there", new CommandError("gone")],
])("sends no more once %s, and says so once", async (_what, error) => {
  const { outcome, sent } = await sendTo((n) => (n >= 6 ? error : undefined));
  expect(outcome).toBe(error.message);
  // Those that were on their way.
  expect(sent.length).toBeLessThan(12);
});

it.each([
  ["damaged", refusal("INVALID_ARGUMENT")],
  ["too large", refusal("RESOURCE_EXHAUSTED", "IMAGE_TOO_LARGE")],
  ["another's name", refusal("ALREADY_EXISTS")],
])("sends the others of a frame that is %s, so that they need not be sent again", async (_what, error) => {
  const { outcome, sent } = await sendTo((n) => (n === 2 ? error : undefined));
  expect([outcome, sent.length]).toEqual([error.message, count]);
});
