import { Readable } from "node:stream";
import { createAsk, servedByBoth } from "../../gateway/ask/ask.js";
import { countedEncode } from "../../gateway/ask/counted-encode.js";
import { Decoders } from "../../gateway/peers/decoders.js";
import { Encoders } from "../../gateway/peers/encoders.js";
import type { Connect } from "../../gateway/peers/peer.js";
import { PeerKey } from "../../gateway/peers/peer-key.js";
import type { GatewaySettings } from "../../gateway/settings.js";
import { EncodePriority } from "../../proto/index.js";
import type { Engine, EngineCall } from "../dataset/jobs/engine.js";
import { digestOfAll, graphFiles } from "../inference/families/weights-of.js";
import type { Models } from "../inference/models/models.js";
import { asCaller, callerAt } from "../runtime/callers/caller.js";
import { anyone } from "../runtime/callers/principal.js";
import { isNotFound } from "../runtime/errors.js";
import type { Host } from "../runtime/host.js";

interface EngineOptions {
  host: Pick<Host, "logger" | "overload">;
  gateway: Pick<GatewaySettings, "peers" | "peerKey" | "deadlineMs" | "everythingMs">;
  encoders: readonly string[];
  decoders: readonly string[];
  connect: Connect | undefined;
  /** For the digests of what made a mask. */
  models: () => Pick<Models, "served">;
}

/** Jobs of one tenant are one caller: beside its people they get one's share. */
const jobs = callerAt("jobs of data sets");

/** What makes masks for jobs: the tiers as a gateway asks them, with its retries and its recovery, but behind everybody who waits. */
export function datasetEngine({
  host,
  gateway,
  connect,
  models,
  ...addresses
}: EngineOptions): Engine & AsyncDisposable {
  const { logger, overload } = host;
  const spokesman = new PeerKey(gateway.peerKey, logger);
  const options = { spokesman, limits: gateway.peers, logger, connect, overload };
  const encoders = new Encoders(addresses.encoders, options);
  const decoders = new Decoders(addresses.decoders, options);
  const onUnranked = (err: unknown) => logger.warn({ err }, "what a job found could not be ranked");
  // Masks of jobs are as the whole picture gives them: their records name no parts.
  const ask = createAsk({ encoders, decoders }, { ...gateway, detail: { perPicture: 0 }, onUnranked });
  const callOf = ({ tenant, signal, takeEncode }: EngineCall) => {
    const { key: caller } = asCaller({ ...anyone, id: "jobs", tenant }, jobs);
    const origin = { caller, ...(tenant === undefined ? {} : { tenant }) };
    // Parts and looks that everything mode has encoded count, too.
    return { signal, principal: anyone, origin, ...(takeEncode && { takeEncode }) };
  };
  return {
    encode: ({ imageId, model }, file, given) =>
      countedEncode(callOf(given), async (call) => {
        const header = { imageId, model, priority: EncodePriority.BULK };
        try {
          return await encoders.encodeStored(header, call);
        } catch (error) {
          if (!isNotFound(error)) throw error;
          return encoders.encodeUpload({ header, bytes: Readable.from(file(), { objectMode: false }) }, call);
        }
      }),
    everything: (request, call) => ask.everything(request, callOf(call)),
    segment: (request, call) => ask.segment(request, callOf(call)),
    models: async () => {
      const [encoding, decoding] = [encoders.knownModels(), decoders.knownModels()];
      const known = servedByBoth(encoding.models, decoding.models).map(({ id, usual, capabilities }) => ({
        id,
        usual,
        weights: weightsOf(models(), id),
        takesMasks: capabilities?.maskInput === true,
      }));
      return { known, areAll: encoding.areAll && decoding.areAll };
    },
    weightsOf: (model) => weightsOf(models(), model),
    [Symbol.asyncDispose]: async () => {
      encoders.close();
      decoders.close();
      spokesman.close();
    },
  };
}

/** Empty for a model that this process has not been told of. */
function weightsOf({ served }: Pick<Models, "served">, id: string): string {
  const model = served.find((one) => one.id === id);
  return model ? digestOfAll([...graphFiles(model, "encoder"), ...graphFiles(model, "decoder")]) : "";
}
