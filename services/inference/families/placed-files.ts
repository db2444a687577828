import type { ModelFile } from "./model-spec.js";
import { fileName, isFetched } from "./sources.js";
import { digestOfAll } from "./weights-of.js";

/**
 * Files by their roles, those that are fetched with where they then lie: in a folder of their digest, so that models which
 * share a file share its place. What a graph names (role `encoderData` of `encoder`) lies beside the graph, where the runtime
 * looks for it: their folder is of both digests, since many a graph is the same with other weights.
 */
export function placedFiles<Files extends Record<string, ModelFile>>(files: Files): Files {
  const place = ([role, file]: [string, ModelFile]): [string, ModelFile] => {
    if (!isFetched(file.source)) return [role, file];
    const graph = role.endsWith("Data") ? role.slice(0, -"Data".length) : role;
    const together = [files[graph], files[`${graph}Data`]].filter((one) => one !== undefined);
    return [role, { ...file, pulledAs: `${digestOfAll(together).slice(0, 16)}/${fileName(file.source)}` }];
  };
  return Object.fromEntries(Object.entries(files).map(place)) as Files;
}
