import { basename } from "node:path";
import {
  type DetailMode,
  EverythingMode,
  type Sa1bAnnotation,
  type Sa1bRecord,
  sa1bImageId,
  sa1bText,
} from "../../../proto/index.js";
import { CommandError } from "./command-error.js";
import { FileProblems } from "./file-problems.js";
import type { EverythingLine, GatewayClient } from "./gateway-client.js";
import type { Notices } from "./notices.js";
import { checkFolder, readPhoto, writeResult } from "./photo-files.js";
import { progressBar } from "./progress-bar.js";
import { askAbout, type GatewayOptions, withGateway } from "./with-gateway.js";

/** The options of `maskwire everything` as commander hands them over. */
export interface EverythingCommandOptions extends Omit<GatewayOptions, "json"> {
  out?: string;
  preview?: string;
  text?: string;
  rankBy?: string;
  exhaustive?: true;
  pointsPerSide?: number;
  predIouThresh?: number;
  stabilityScoreThresh?: number;
  boxNmsThresh?: number;
  minMaskRegionArea?: number;
  cropNLayers?: number;
  detail?: DetailMode;
}

/** `maskwire everything PHOTO`: every object, as an SA-1B record. @throws CommandError with the sentence to end with. */
export async function everythingPhoto(photo: string, options: EverythingCommandOptions): Promise<void> {
  const bytes = await readPhoto(photo);
  for (const path of [options.out, options.preview]) if (path) await checkFolder(path);
  await withGateway(options, async (client, notices) => {
    const { image, result } = await askAbout(client, bytes, notices, (imageId) =>
      collect(client, imageId, options, notices),
    );
    notices.clear();
    const { imageId, width, height } = image;
    const record: Sa1bRecord = {
      image: { image_id: sa1bImageId(imageId), width, height, file_name: basename(photo) },
      annotations: result.annotations,
    };
    const json = `${sa1bText(record)}\n`;
    const { out, preview } = options;
    const { annotations, points } = result;
    const problems = new FileProblems();
    const recordPath = out ? await problems.keep("record", () => writeResult(out, json)) : undefined;
    // Not into the file: then nowhere but here.
    if (!recordPath) process.stdout.write(json);
    const picture = preview
      ? await problems.keep("preview", async () => {
          // Loaded only here: it is native code.
          const { drawPreview } = await import("./draw-preview.js");
          return writeResult(preview, await drawPreview(bytes, annotations));
        })
      : undefined;
    if (recordPath) {
      const seconds = (result.elapsedMs / 1000).toFixed(1);
      const masks = annotations.length === 1 ? "1 mask" : `${annotations.length} masks`;
      const files = [recordPath, picture].filter((path) => path !== undefined).join(", ");
      process.stdout.write(`${masks} from ${points} points in ${seconds} s: ${files}\n`);
    }
    problems.check();
  });
}

interface Collected {
  /** Largest first; those that words were held against before the others, the best first. */
  annotations: (Sa1bAnnotation & { words_score?: number })[];
  points: number;
  elapsedMs: number;
}

async function collect(
  client: GatewayClient,
  imageId: string,
  options: EverythingCommandOptions,
  notices: Notices,
): Promise<Collected> {
  const kept = new Map<number, Sa1bAnnotation>();
  const {
    text,
    rankBy,
    pointsPerSide,
    predIouThresh,
    stabilityScoreThresh,
    boxNmsThresh,
    minMaskRegionArea,
    cropNLayers,
    detail,
  } = options;
  const given = Object.fromEntries(
    Object.entries({
      text,
      rankBy,
      pointsPerSide,
      predIouThresh,
      stabilityScoreThresh,
      boxNmsThresh,
      minMaskRegionArea,
      cropNLayers,
      detail,
    }).filter(([, value]) => value !== undefined),
  );
  const mode = options.exhaustive ? EverythingMode.EXHAUSTIVE : EverythingMode.ADAPTIVE;
  for await (const line of client.everything({ imageId, mode, ...given })) {
    if ("annotation" in line) kept.set(line.annotation.id, line.annotation);
    else if ("retracted" in line) kept.delete(line.retracted);
    else if ("progress" in line) notices.progress(bar(line.progress, kept.size));
    else if ("done" in line) {
      if (line.done.unranked) notices.say(`The masks are not ranked: ${line.done.unranked}`);
      const annotations = inOrder([...kept.values()], line.done.ranked ?? []);
      return { annotations, points: line.done.points, elapsedMs: line.done.elapsedMs };
    }
  }
  throw new CommandError("The gateway ended before everything was found; try again.");
}

function inOrder(all: readonly Sa1bAnnotation[], ranked: readonly { id: number; score: number }[]) {
  const scores = new Map(ranked.map(({ id, score }) => [id, score]));
  const scored = all.map((one) => {
    const score = scores.get(one.id);
    return score === undefined ? one : { ...one, words_score: score };
  });
  return scored.sort((a, b) => (scores.get(b.id) ?? -1) - (scores.get(a.id) ?? -1) || b.area - a.area);
}

function bar(
  { pointsDone, pointsTotal, etaMs }: Extract<EverythingLine, { progress: unknown }>["progress"],
  masks: number,
): string {
  // Of none while something has to be made first.
  const share = pointsTotal === 0 ? 0 : pointsDone / pointsTotal;
  const left = pointsDone === 0 ? "" : `, about ${Math.ceil(etaMs / 1000)} s left`;
  return `${progressBar(share)}, ${masks} masks${left}`;
}
