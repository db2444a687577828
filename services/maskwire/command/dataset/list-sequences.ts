import { toJson } from "@bufbuild/protobuf";
import { type DatasetSequence, DatasetService, ListSequencesResponseSchema } from "../../../../proto/index.js";
import { textTable } from "../text-table.js";
import { pagesOf } from "./pages.js";
import { type DatasetOptions, withDatasets } from "./with-datasets.js";

/** `maskwire dataset sequences NAME` */
export function listSequences(dataset: string, options: DatasetOptions): Promise<void> {
  return withDatasets(options, async ({ client, print }) => {
    const ask = (page: string) => client.ask(DatasetService.method.listSequences, { dataset, page, pageSize: 500 });
    const all: DatasetSequence[] = [];
    for await (const { sequences } of pagesOf(ask)) all.push(...sequences);
    const answer = { $typeName: "maskwire.v1.ListSequencesResponse" as const, sequences: all, nextPage: "" };
    print(toJson(ListSequencesResponseSchema, answer, { alwaysEmitImplicit: true }), () => {
      const rows = all.map(({ name, frames, tracks, frameRate, split, id }) =>
        [name, frames, tracks, frameRate || "", split, id].map(String),
      );
      return textTable([["NAME", "FRAMES", "TRACKS", "A SECOND", "SPLIT", "ID"], ...rows]);
    });
  });
}
