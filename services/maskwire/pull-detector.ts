import { setTimeout as sleep } from "node:timers/promises";
import { Manifest } from "../inference/models/manifest.js";
import { isModelFilePresent } from "../inference/models/model-file.js";
import type { Logger } from "../runtime/logger.js";
import { roleOf } from "./roles.js";
import type { Settings } from "./settings.js";

/** Whoever waited for the server comes first. */
const waitMs = 1000;

/**
 * Where nothing that understands words is installed, fetches the first detector that the manifest has, while the server works;
 * from then on it is used. What keeps that from happening is logged, and nothing else comes of it.
 * @param stopped ends it; what has come is kept for the next time.
 */
export async function pullDetector(settings: Settings, logger: Logger, stopped: AbortSignal): Promise<void> {
  const { models, encoder, role } = settings;
  if (!models.pulls || !roleOf(role).tiers.includes("encoder")) return;
  const manifest = Manifest.configured(models);
  // What only reads finds nothing by its name.
  const named = manifest.detectors.filter(({ vocabulary }) => vocabulary !== "written");
  const wanted = named.filter(({ id }) => encoder.detectors?.includes(id) ?? true);
  const first = wanted.find(({ needsConsent }) => !needsConsent);
  if (!first || (await isAnyHere(wanted, manifest))) return;
  await sleep(waitMs, undefined, { signal: stopped }).catch(() => {});
  if (stopped.aborted) return;
  try {
    // Loaded only here: the client and the unpacker that it brings are for this alone.
    const { pullModel } = await import("../inference/pull/pull-model.js");
    const options = { acceptsLicence: false, signal: stopped, onProgress: () => {} };
    const fetched = await pullModel(first, manifest, options);
    logger.info({ model: first.id, files: fetched.length }, "a detector was fetched: words are understood from now on");
  } catch (error) {
    if (stopped.aborted) return;
    const advice = `\`npm run models -- pull ${first.id}\` installs one, MASKWIRE_PULL=never leaves this out`;
    logger.info(
      { reason: (error as Error).message },
      `words are not understood: no detector could be fetched; ${advice}`,
    );
  }
}

async function isAnyHere(detectors: Manifest["detectors"], manifest: Manifest): Promise<boolean> {
  for (const { files } of detectors) {
    const present = await Promise.all(Object.values(files).map((file) => isModelFilePresent(file, manifest)));
    if (present.every(Boolean)) return true;
  }
  return false;
}
