import type { Models } from "../inference/models/models.js";
import { isRemote } from "./remote/model-address.js";
import type { EncoderDetail } from "./worker/encoder-tasks.js";

type Running = Readonly<EncoderDetail>;

/**
 * Whether it is worth asking the encoder: the usual model has a provider or, where that is not loaded from the start, one of those
 * that are. Calls for any other model that is without one are refused by themselves.
 */
export function canEncode(models: Pick<Models, "served" | "standard" | "isLazy">, running: Running): boolean {
  const atOnce = models.served.filter((model) => !models.isLazy(model));
  const standard = atOnce.filter(({ id }) => id === models.standard?.id);
  const needed = standard.length > 0 ? standard : atOnce;
  const isLost = ({ id }: { id: string }) => running[id] !== undefined && running[id].provider === undefined;
  return needed.length === 0 || !needed.every(isLost);
}

/** The same for strangers: neither addresses nor the words of others' servers. */
export const forStrangers = (running: Running): Record<string, object> =>
  Object.fromEntries(
    Object.entries(running).map(([id, { provider, skipped, ...rest }]) => [
      id,
      {
        ...rest,
        provider: provider && kindOf(provider),
        // Each begins with the provider's name.
        skipped: skipped.map((reason) => `${kindOf(reason.split(": ", 1)[0] as string)}: it is out`),
      },
    ]),
  );

const kindOf = <Name extends string>(provider: Name) => (isRemote(provider) ? "remote" : provider);
