import { keyOfTenant } from "../../runtime/callers/tenant.js";
import { embeddingRecordVersion } from "../../sam/embedding-record.js";
import type { Region } from "../../sam/region.js";
import { weightsOf } from "../families/weights-of.js";
import type { ModelSpec } from "./manifest.js";

/** What tells one embedding from another. */
interface Identity {
  /** Whose picture it is; undefined where there is one nameless tenant. */
  readonly tenant: string | undefined;
  /** As `checkImageId` gives it. */
  readonly imageId: string;
  readonly model: ModelSpec;
  /** The part of the picture that is encoded; all of it when left out. */
  readonly crop?: Region | undefined;
  /** The coarser one that is there while the final one is made. */
  readonly draft?: true | undefined;
}

/** Which embedding is meant. Made by `embeddingRef` alone: its key is of what stands beside it. */
export interface EmbeddingRef extends Identity {
  /**
   * Everything that decides its bytes, and who may read them. Two processes that would make different embeddings of one
   * picture, or write them differently, never share a key.
   */
  readonly key: string;
}

export function embeddingRef({ tenant, imageId, model, crop, draft }: Identity): EmbeddingRef {
  const key = keyOf({ tenant, imageId, model, crop });
  return { tenant, imageId, model, crop, draft, key: draft ? draftKeyOf(key) : key };
}

/** Of the draft that goes before the embedding of this key. */
export const draftKeyOf = (key: string) => `${key}:draft`;

function keyOf({ tenant, imageId, model, crop }: Omit<Identity, "draft">): string {
  const record = `r${embeddingRecordVersion}`;
  const part = crop ? [`crop=${crop.x},${crop.y},${crop.width},${crop.height}`] : [];
  const { version, frame } = model.preprocess;
  const preprocess = frame === "full" ? `p${version}` : `p${version}-${frame}`;
  const rest = [model.id, weightsOf(model, "encoder"), preprocess, "float16", record, ...part];
  return keyOfTenant(tenant, [imageId, ...rest].join(":"));
}
