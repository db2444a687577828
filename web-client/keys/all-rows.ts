import { annotateOwn } from "./annotate-keys.js";
import type { AnyKeyRow } from "./key-row.js";
import { type KeySection, keyTable } from "./key-table.js";
import { reviewTable } from "./review-keys.js";
import { videoOwn } from "./video-keys.js";

/** Of all pages, each once. */
const allSections: readonly KeySection[] = [...keyTable, ...annotateOwn, ...reviewTable, ...videoOwn];

export const allRows: readonly AnyKeyRow[] = allSections.flatMap(({ rows }): readonly AnyKeyRow[] => rows);
