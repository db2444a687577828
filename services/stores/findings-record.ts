import { z } from "zod";
import { RecordError } from "../sam/record-error.js";
import { signatureBytes } from "./signing-keys.js";

/** Bumped when the bytes of a record change meaning. Part of every key. */
export const findingsRecordVersion = 1;
/** What is longer is not kept: a hundred boxes of long words might be. */
export const mostFindingsBytes = 64 * 1024;

const share = z.number().min(0).max(1);
const form = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  found: z.array(z.object({ label: z.string(), score: share, x0: share, y0: share, x1: share, y1: share })),
});

/** All that one detector finds in a picture: the size of the upright one in pixels, and boxes as shares of it. */
export type Findings = z.infer<typeof form>;

/**
 * Room for a signature, then JSON: some kilobytes, read once a question.
 * @returns undefined where it could not be read again: too long, or with figures that are no sizes, scores or shares.
 */
export function writeFindings(findings: Findings): Uint8Array | undefined {
  if (!form.safeParse(findings).success) return undefined;
  const text = Buffer.from(JSON.stringify(findings));
  if (signatureBytes + text.byteLength > mostFindingsBytes) return undefined;
  const record = new Uint8Array(signatureBytes + text.byteLength);
  record.set(text, signatureBytes);
  return record;
}

export const findingsSignature = (record: Uint8Array) => ({
  signature: record.subarray(0, signatureBytes),
  signed: record.subarray(signatureBytes),
});

/** @throws RecordError when it cannot be used. */
export function readFindings(record: Uint8Array): Findings {
  if (record.byteLength > mostFindingsBytes) throw new RecordError("truncated");
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(findingsSignature(record).signed).toString("utf8"));
  } catch (cause) {
    throw new RecordError("foreign", { cause });
  }
  const parsed = form.safeParse(data);
  if (!parsed.success) throw new RecordError("foreign", { cause: parsed.error });
  return parsed.data;
}
