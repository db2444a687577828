import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PictureReadingSchema } from "../../proto/index.js";
import type { Origin } from "../runtime/tracing/origin.js";

/** What a picture is, upright. */
interface Measured {
  readonly width: number;
  readonly height: number;
  readonly reading: MessageInitShape<typeof PictureReadingSchema>;
}

/**
 * Decodes a picture where that harms nobody, to know that it is one and how large. Encoding would say so too, but takes a hundred times as long, and
 * what it makes would be forgotten before a large import is done. @throws ServiceError as opening a picture for an encode does.
 */
export type Measure = (bytes: Uint8Array, origin: Pick<Origin, "caller" | "tenant">) => Promise<Measured>;
