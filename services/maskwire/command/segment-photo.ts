import type { MessageInitShape } from "@bufbuild/protobuf";
import { type DetailMode, type Mask, MaskFormat, type PromptSchema } from "../../../proto/index.js";
import { usageError } from "./command-error.js";
import { resultAsJson, resultAsText } from "./describe-result.js";
import { FileProblems } from "./file-problems.js";
import { type BoxValue, numberedPath, type PointValue } from "./parse-values.js";
import { checkFolder, readPhoto, writeResult } from "./photo-files.js";
import { askAbout, type GatewayOptions, withGateway } from "./with-gateway.js";

/** The options of `maskwire segment` as commander hands them over. */
export interface SegmentOptions extends GatewayOptions {
  point?: PointValue[];
  negative?: PointValue[];
  box?: BoxValue;
  text?: string;
  out?: string;
  cutout?: string;
  multimask?: true;
  detail?: DetailMode;
}

/** `maskwire segment PHOTO`: the masks of one prompt. @throws CommandError with the sentence to end with. */
export async function segmentPhoto(photo: string, options: SegmentOptions): Promise<void> {
  const prompt = toPrompt(options);
  const bytes = await readPhoto(photo);
  for (const path of [options.out, options.cutout]) if (path) await checkFolder(path);
  await withGateway(options, async (client, notices) => {
    const { image, result } = await askAbout(client, bytes, notices, (imageId) =>
      client.segment({
        imageId,
        prompt,
        formats: options.out ? [MaskFormat.PNG] : [],
        ...(options.multimask ? { multimask: true } : {}),
        ...(options.detail === undefined ? {} : { detail: options.detail }),
      }),
    );
    notices.clear();
    const { files, problems } = await writeMasks(bytes, result.masks, options);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(resultAsJson(image, result))}\n`
        : `${resultAsText(image, result, files)}\n${result.masks.length === 0 ? "nothing of the kind found\n" : ""}`,
    );
    problems.check();
  });
}

/** @throws CommandError (bad usage) when there is nothing to go by. */
export function toPrompt(options: Pick<SegmentOptions, "point" | "negative" | "box" | "text">) {
  const { point = [], negative = [], box, text } = options;
  if (point.length === 0 && !box && text === undefined) {
    throw usageError(
      negative.length === 0
        ? "Say where the object is: --point X,Y (on it) or --box X0,Y0,X1,Y1 (around it); or what it is: --text WORD."
        : "--negative only takes parts away; add --point X,Y on the object or --box X0,Y0,X1,Y1 around it.",
    );
  }
  return {
    points: [...point.map((at) => ({ ...at, label: 1 })), ...negative.map((at) => ({ ...at, label: 0 }))],
    ...(box ? { box } : {}),
    ...(text === undefined ? {} : { text }),
  } satisfies MessageInitShape<typeof PromptSchema>;
}

/** @returns for each mask the files that were written of it, and why others were not. */
async function writeMasks(photo: Uint8Array, masks: readonly Mask[], options: SegmentOptions) {
  const problems = new FileProblems();
  const files: string[][] = [];
  for (const [index, mask] of masks.entries()) {
    const { out, cutout } = options;
    const { png } = mask;
    const written = [
      out && png ? await problems.keep("mask", () => writeResult(numberedPath(out, index), png)) : undefined,
      cutout
        ? await problems.keep("cutout", async () => {
            // Loaded only here: it is native code, and most calls do without.
            const { cutOut } = await import("./cut-out.js");
            return writeResult(numberedPath(cutout, index), await cutOut(photo, mask));
          })
        : undefined,
    ];
    files.push(written.filter((path) => path !== undefined));
  }
  return { files, problems };
}
