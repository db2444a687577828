import { toJson } from "@bufbuild/protobuf";
import {
  type Dataset,
  DatasetSchema,
  DatasetService,
  DatasetVersionSchema,
  ListDatasetsResponseSchema,
} from "../../../../proto/index.js";
import { usageError } from "../command-error.js";
import { textTable } from "../text-table.js";
import { type LabelWish, mergeLabels } from "./labels.js";
import { pagesOf } from "./pages.js";
import { type DatasetOptions, withDatasets } from "./with-datasets.js";

const rpc = DatasetService.method;
const whole = { alwaysEmitImplicit: true } as const;

export interface CreateOptions extends DatasetOptions {
  description?: string;
  label?: LabelWish[];
}

/** `maskwire dataset create NAME` */
export function createDataset(
  name: string,
  { description = "", label: labels = [], ...options }: CreateOptions,
): Promise<void> {
  return withDatasets(options, async ({ client, person, print }) => {
    const made = await client.ask(rpc.createDataset, { name, description, labels, person });
    print(toJson(DatasetSchema, made, whole), () => described(made));
  });
}

/** `maskwire dataset list` */
export function listDatasets(options: DatasetOptions): Promise<void> {
  return withDatasets(options, async ({ client, print }) => {
    const datasets: Dataset[] = [];
    for await (const answer of pagesOf((page) => client.ask(rpc.listDatasets, { page, pageSize: 500 }))) {
      datasets.push(...answer.datasets);
    }
    print(
      toJson(
        ListDatasetsResponseSchema,
        { $typeName: "maskwire.v1.ListDatasetsResponse", datasets, nextPage: "" },
        whole,
      ),
      () => {
        const rows = datasets.map(({ name, pictures, objects, labels, id }) => [
          name,
          String(pictures),
          String(objects),
          String(labels.length),
          id,
        ]);
        return textTable([["NAME", "PICTURES", "OBJECTS", "LABELS", "ID"], ...rows]);
      },
    );
  });
}

/** `maskwire dataset show NAME` */
export function showDataset(dataset: string, options: DatasetOptions): Promise<void> {
  return withDatasets(options, async ({ client, print }) => {
    const found = await client.ask(rpc.getDataset, { dataset });
    print(toJson(DatasetSchema, found, whole), () => described(found));
  });
}

export interface LabelsOptions extends DatasetOptions {
  add?: LabelWish[];
  rename?: { from: string; to: string }[];
  remove?: string[];
}

/** `maskwire dataset labels NAME [--add ...] [--rename ...] [--remove ...]` */
export function editLabels(
  dataset: string,
  { add = [], rename = [], remove = [], ...options }: LabelsOptions,
): Promise<void> {
  return withDatasets(options, async ({ client, person, print }) => {
    const found = await client.ask(rpc.getDataset, { dataset });
    const isChange = add.length + rename.length + remove.length > 0;
    const labels = mergeLabels(found.labels, { add, rename, remove });
    const now = isChange
      ? await client.ask(rpc.setLabels, { dataset, revision: found.revision, labels, person })
      : found;
    print(toJson(DatasetSchema, now, whole), () => labelTable(now));
  });
}

/** `maskwire dataset version NAME` */
export function makeVersion(
  dataset: string,
  { description = "", ...options }: DatasetOptions & { description?: string },
): Promise<void> {
  return withDatasets(options, async ({ client, person, print }) => {
    const made = await client.ask(rpc.createVersion, { dataset, description, person });
    const { number, pictures, objects } = made;
    print(
      toJson(DatasetVersionSchema, made, whole),
      () => `version ${number}: ${pictures} pictures, ${objects} objects\n`,
    );
  });
}

/** `maskwire dataset delete NAME --confirm NAME` @throws CommandError (bad usage) without the word. */
export async function deleteDataset(
  dataset: string,
  { confirm, ...options }: DatasetOptions & { confirm?: string },
): Promise<void> {
  if (confirm !== dataset) {
    throw usageError(
      `This deletes the data set with all that is in it, for good; say that it is meant with --confirm ${dataset}.`,
    );
  }
  await withDatasets(options, async ({ client, person, print }) => {
    const { name } = await client.ask(rpc.getDataset, { dataset });
    await client.ask(rpc.deleteDataset, { dataset, name, person });
    print({ deleted: name }, () => `deleted ${name}\n`);
  });
}

function described(set: Dataset): string {
  const { name, description, pictures, objects, id } = set;
  const about = description ? `${description}\n` : "";
  return `${name} (${id})\n${about}${pictures} pictures, ${objects} objects\n${set.labels.length > 0 ? labelTable(set) : ""}`;
}

function labelTable({ labels }: Dataset): string {
  const nameOf = new Map(labels.map(({ id, name }) => [id, name]));
  const rows = labels.map(({ id, name, colour, hotKey, parent }) => [
    String(id),
    name,
    colour,
    hotKey,
    nameOf.get(parent) ?? "",
  ]);
  return textTable([["ID", "LABEL", "COLOUR", "KEY", "KIND OF"], ...rows]);
}
