import { z } from "zod";
import { detectorEntryForm, entryForm } from "../families/index.js";

const $schema = z.string().optional();
const models = z.array(entryForm).min(1);
const detectors = z.array(detectorEntryForm).min(1).optional().describe("What finds the things that words name.");

export type ManifestEntry = z.input<typeof entryForm>;
export type DetectorEntry = z.input<typeof detectorEntryForm>;

export const manifestForm = z.strictObject({ $schema, default: z.string(), models, detectors });

/** A file of somebody's own: its models beside those that are shipped. */
export const ownForm = z
  .strictObject({
    $schema,
    default: z
      .string()
      .optional()
      .describe("The model that is served when none is named: one of these, or of those that are shipped."),
    models: models.optional(),
    detectors,
  })
  .refine(({ models, detectors }) => models ?? detectors, { path: ["models"], error: "models, detectors or both" });

/** What models/manifest.schema.json holds: for the files of models that people write. */
export function manifestSchema(): object {
  const schema = z.toJSONSchema(ownForm, { io: "input" });
  return { ...schema, title: "Models for Maskwire" };
}
