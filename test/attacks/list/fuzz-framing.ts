import type { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { mutateBytes, pick, randomBytes } from "../wire/mutate-bytes.js";
import { exchange, head } from "../wire/raw-http.js";

const upgrade = head("GET", "/v1/ws", {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  "sec-websocket-version": "13",
});

export const fuzzFraming: Attack = {
  name: "fuzz-framing",
  title: "WebSockets whose frames break the protocol: reserved bits, masks, fragments, control frames, halves",
  setting: "single",
  unit: "frames",
  count: 20_000,
  short: 400,
  async run({ gateway, from }, random, tally) {
    await inParallel(8, tally, async () => {
      const frames = Array.from({ length: 1 + random.below(6) }, () => frame(random));
      tally.try(frames.length);
      const lingerMs = tally.patienceMs(10_000);
      const { statuses, isClosed } = await exchange(gateway, from, [upgrade, ...frames], { lingerMs });
      if (statuses[0] === 101) tally.answered();
      else if (isClosed || statuses[0] === 503 || statuses[0] === 429) tally.refused();
      else tally.note(`an upgrade was answered with ${statuses[0]}`);
    });
  },
};

/** A frame of RFC 6455, section 5.2, with something wrong with it mostly. */
function frame(random: Random): Uint8Array {
  const payload = randomBytes(random, random.below(200));
  const opcode = pick(random, [0, 1, 2, 3, 7, 8, 9, 10, 15]);
  const first = (random.below(2) << 7) | (random.below(4) === 0 ? random.below(8) << 4 : 0) | opcode;
  const isMasked = random.below(8) !== 0;
  const mask = randomBytes(random, 4);
  const announced = random.below(6) === 0 ? pick(random, [2 ** 20 + 1, 2 ** 31, 2 ** 40, 125]) : payload.length;
  const whole = Buffer.concat([
    Buffer.from([first]),
    lengthOf(announced, isMasked),
    ...(isMasked ? [mask] : []),
    isMasked ? payload.map((byte, index) => byte ^ (mask[index % 4] as number)) : payload,
  ]);
  if (random.below(5) === 0) return whole.subarray(0, random.below(whole.length));
  return random.below(5) === 0 ? mutateBytes(whole, random, 2) : whole;
}

function lengthOf(length: number, isMasked: boolean): Buffer {
  const bit = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.from([bit | length]);
  const field = Buffer.alloc(length < 65_536 ? 3 : 9);
  field[0] = bit | (length < 65_536 ? 126 : 127);
  if (length < 65_536) field.writeUInt16BE(length, 1);
  else field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}
