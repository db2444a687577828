import { type Ask, type AskOptions, createAsk } from "../ask/ask.js";
import { Decoders } from "../peers/decoders.js";
import { Encoders } from "../peers/encoders.js";

/** The door to tiers that are all at these addresses. */
export function askAt(
  addresses: readonly string[],
  { deadlineMs = 60_000, everythingMs = 60_000, detail = { perPicture: 2 } }: Partial<AskOptions> = {},
): { ask: Ask; close(): void } {
  const tiers = { encoders: new Encoders(addresses), decoders: new Decoders(addresses) };
  return {
    ask: createAsk(tiers, { deadlineMs, everythingMs, detail }),
    close: () => {
      tiers.encoders.close();
      tiers.decoders.close();
    },
  };
}
