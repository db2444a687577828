import { z } from "zod";
import { fileName, isFetched } from "./sources.js";

/*
 * What an entry of the manifest says whatever its family is. The published schema is made of these forms: their
 * descriptions are what an editor shows to whoever writes an entry.
 */

/** NAME or @SCOPE/NAME */
const packageName = String.raw`(?:@[\w.-]+/)?[\w][\w.-]*`;
/** Of what is written to a disk. */
const plainName = /^[\w][\w.+-]*$/;
const source = new RegExp(
  [
    `^package:${packageName}/.+`,
    "^file:.+",
    String.raw`^https://[^/\s]+/\S+`,
    String.raw`^npm:${packageName}@\d+\.\d+\.\d+[\w.+-]*/.+`,
  ].join("|"),
);

export const modelFile = z.strictObject({
  source: z
    .string()
    .regex(source, 'one of "package:NAME/PATH", "file:PATH", "https://...", "npm:NAME@VERSION/PATH"')
    .refine((one) => !isFetched(one) || plainName.test(fileName(one)), "ends with a file's name")
    .describe(
      "package: a file of an installed npm package. file: absolute, or relative to this file's folder. https: and npm: (a file " +
        "of a package's tarball): fetched by `npm run models -- pull`.",
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hex digits")
    .describe("A file with another digest is never used."),
  bytes: z.number().int().positive(),
});

const triple = z.tuple([z.number(), z.number(), z.number()]);

export const preprocess = z.strictObject({
  version: z
    .number()
    .int()
    .describe("Part of the embedding's key: another when the same picture would give other pixels."),
  size: z.number().int().positive().describe("Side of the model's square frame in pixels."),
  resize: z
    .enum(["letterbox", "stretch"])
    .describe("letterbox: the longer side fills the frame, the rest is zero. stretch: both sides fill it."),
  frames: z
    .array(z.enum(["full", "picture"]))
    .default(["full"])
    .refine((all) => all.includes("full"), 'holds "full"')
    .describe(
      "What the encoder's graph can be rewritten for. full: the frame with all of its padding. picture: the part of it that " +
        "holds the picture; needs convolutions, and attention in windows, alone.",
    ),
  mean: triple.describe("Of red, green and blue, on the scale 0 to 255."),
  std: triple,
});

/** The same, with what an entry of a family need not say. */
export function preprocessLike(family: Pick<z.output<typeof preprocess>, "size" | "resize" | "mean" | "std">) {
  const { version, size, resize, mean, std } = preprocess.shape;
  return preprocess
    .extend({
      version: version.prefault(1),
      size: size.prefault(family.size),
      resize: resize.prefault(family.resize),
      mean: mean.prefault([...family.mean]),
      std: std.prefault([...family.std]),
    })
    .prefault({});
}

export const capabilities = z.strictObject({
  points: z.enum(["none", "positive", "all"]).describe("positive: no point can say what is not meant."),
  boxes: z.boolean(),
  maskInput: z.boolean().describe("A prompt may start from a mask."),
  candidates: z.number().int().min(1).describe("Masks of one ambiguous prompt."),
  maxPoints: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("Points of one prompt, of which a box counts for two; as many as requests may have when left out."),
  text: z.boolean(),
  video: z.boolean(),
});

export const modelId = z.string().regex(/^[\w.-]+$/, "letters, digits, . - and _");

/** What every entry says of itself. */
export const description = {
  id: modelId,
  title: z.string().min(1),
  provenance: z.string().min(1).describe("Who trained the weights, who exported them, and where that can be read."),
  licence: z.string().min(1).describe("An SPDX expression, or a name where SPDX has none."),
  licenceUrl: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe("Where its text can be read."),
  needsConsent: z
    .boolean()
    .optional()
    .describe("Fetched only with --accept-licence. Left out: unless the licence is an Apache, MIT or BSD one."),
};
