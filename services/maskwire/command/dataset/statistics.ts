import { create, toJson } from "@bufbuild/protobuf";
import {
  AuditSchema,
  DatasetService,
  DatasetStatisticsSchema,
  Gear,
  ListAuditsResponseSchema,
  ObjectState,
} from "../../../../proto/index.js";
import { textTable } from "../text-table.js";
import { type DatasetOptions, withDatasets } from "./with-datasets.js";

const rpc = DatasetService.method;
const whole = { alwaysEmitImplicit: true } as const;
const wordOf = (name: string | undefined) => (name ?? "").toLowerCase().replaceAll("_", " ");
const seconds = (value: number) => (value > 0 ? `${value.toFixed(1)} s` : "");

/** `maskwire dataset stats NAME` */
export function showStatistics(dataset: string, options: DatasetOptions): Promise<void> {
  return withDatasets(options, async ({ client, print }) => {
    const [found, { labels }] = await Promise.all([
      client.ask(rpc.getStatistics, { dataset }),
      client.ask(rpc.getDataset, { dataset }),
    ]);
    const nameOf = new Map(labels.map(({ id, name }) => [id, name]));
    print(toJson(DatasetStatisticsSchema, found, whole), () => {
      const { pictures, picturesDone, objects, masksByPeople, medianSeconds } = found;
      const byLabel = found.labels.map((one) => [
        nameOf.get(one.label) ?? "no label",
        String(one.objects),
        String(one.accepted),
        seconds(one.medianSeconds),
      ]);
      const byState = found.states.map((one) => [
        wordOf(ObjectState[one.state]),
        wordOf(Gear[one.gear]),
        String(one.objects),
      ]);
      const people = found.people.map((one) => [
        one.person,
        String(one.masks),
        seconds(one.medianSeconds),
        String(one.accepted),
        String(one.rejected),
        String(one.reviewed),
      ]);
      return [
        `${pictures} pictures, ${picturesDone} done; ${objects} objects\n`,
        masksByPeople > 0 ? `${masksByPeople} masks by people, ${seconds(medianSeconds)} each (median)\n` : "",
        tableOf([["LABEL", "OBJECTS", "ACCEPTED", "MEDIAN"], ...byLabel]),
        tableOf([["STATE", "HOW", "OBJECTS"], ...byState]),
        tableOf([["PERSON", "MASKS", "MEDIAN", "ACCEPTED", "REJECTED", "REVIEWED"], ...people]),
      ].join("");
    });
  });
}

const tableOf = (rows: string[][]) => (rows.length > 1 ? `\n${textTable(rows)}` : "");

/** `maskwire dataset audit NAME [--start COUNT]`: begins one, or tells what those that there are say. */
export function audit(dataset: string, { start, ...options }: DatasetOptions & { start?: number }): Promise<void> {
  return withDatasets(options, async ({ client, person, print }) => {
    if (start !== undefined) {
      const begun = await client.ask(rpc.startAudit, { dataset, size: start, person });
      print(toJson(AuditSchema, begun, whole), () => `${begun.id}: ${begun.size} objects to look at\n`);
      return;
    }
    const { audits } = await client.ask(rpc.listAudits, { dataset });
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    print(toJson(ListAuditsResponseSchema, create(ListAuditsResponseSchema, { audits }), whole), () => {
      const rows = audits.map((one) => [
        one.id,
        `${one.finished} of ${one.size}`,
        percent(one.shareOver90),
        percent(one.shareOver75),
        one.meanIou.toFixed(3),
      ]);
      // As SA-1B's own audit found (Kirillov et al., section 5).
      return textTable([
        ["AUDIT", "FINISHED", "IOU > 0.90", "IOU > 0.75", "MEAN"],
        ...rows,
        ["SA-1B", "", "94.0 %", "97.0 %", ""],
      ]);
    });
  });
}
