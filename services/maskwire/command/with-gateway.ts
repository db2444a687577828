import type { ImageInfo } from "../../../proto/index.js";
import { imageIdOf } from "../../runtime/image-id.js";
import { GatewayClient, UnknownPictureError, type UploadProgress } from "./gateway-client.js";
import { Notices } from "./notices.js";
import { readKey } from "./read-key.js";

export interface GatewayOptions {
  /** Of a gateway that runs; left out or empty, one is started. */
  url?: string;
  model?: string;
  json?: true;
  /** Holds what shows the gateway at `url` who asks. */
  keyFile?: string;
}

/**
 * Runs `work` with a gateway: the one at `url`, or one of its own for as long as it takes.
 * @param json whether standard error is for errors alone.
 */
export async function withGateway<T>(
  { url, model, json, keyFile }: GatewayOptions,
  work: (client: GatewayClient, notices: Notices) => Promise<T>,
): Promise<T> {
  const notices = new Notices(json ? nobody : process.stderr);
  const key = url ? await readKey(url, keyFile, process.env.MASKWIRE_KEY) : undefined;
  const embedded = url ? undefined : await startEmbedded(notices, model);
  try {
    return await work(new GatewayClient(embedded?.url ?? (url as string), model ?? "", key), notices);
  } finally {
    notices.clear();
    await embedded?.stop();
  }
}

/** Asks about a photo that the gateway may have to be given first, or again. */
export async function askAbout<T>(
  client: GatewayClient,
  bytes: Uint8Array,
  notices: Notices,
  ask: (imageId: string) => Promise<T>,
): Promise<{ image: ImageInfo; result: T }> {
  const imageId = imageIdOf(bytes);
  const upload = () => client.upload(imageId, bytes, (progress) => notices.progress(describe(progress)));
  const image = (await client.lookup(imageId)) ?? (await upload());
  try {
    return { image, result: await ask(imageId) };
  } catch (error) {
    // Known a moment ago and gone from the cache since.
    if (!(error instanceof UnknownPictureError)) throw error;
    return { image: await upload(), result: await ask(imageId) };
  }
}

function describe(progress: UploadProgress): string {
  if ("stage" in progress) {
    const percent = Math.floor((100 * progress.sent) / Math.max(1, progress.total));
    return `sending the picture: ${percent} %`;
  }
  if (progress.case !== "queued") return "encoding the picture";
  const { position, etaMs } = progress.value;
  return `waiting to be encoded: number ${position} in line, about ${Math.ceil(etaMs / 1000)} s`;
}

const nobody = { isTTY: false, write: () => true };

async function startEmbedded(notices: Notices, model: string | undefined) {
  notices.say("no gateway is given (--url or MASKWIRE_URL), so one is started for this command");
  // Loaded only here: with a gateway elsewhere the command needs no model and no runtime.
  const embedded = await import("./embedded-gateway.js");
  return embedded.startEmbedded(process.env, model);
}
