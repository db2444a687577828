import type { MessageInitShape } from "@bufbuild/protobuf";
import { type DatasetJob, DatasetService, type JobWorkSchema } from "../../../../proto/index.js";
import { followJob, type WaitOptions } from "./jobs.js";
import { labelNamed } from "./labels.js";
import { type DatasetTools, withDatasets } from "./with-datasets.js";

const rpc = DatasetService.method;

type Work = MessageInitShape<typeof JobWorkSchema>;

/** Which pictures a job is for. */
export interface FilterOptions {
  split?: string[];
}

export interface AutomaticOptions extends WaitOptions, FilterOptions {
  label?: string;
  pointsPerSide?: number;
  cropNLayers?: number;
  model?: string;
}

const filterOf = ({ split = [] }: FilterOptions) => ({ splits: split });

async function labelOf({ client }: DatasetTools, dataset: string, name: string | undefined): Promise<number> {
  if (name === undefined) return 0;
  return labelNamed((await client.ask(rpc.getDataset, { dataset })).labels, name);
}

/** @throws CommandError when the job was not done. */
export async function runWork(
  tools: DatasetTools,
  dataset: string,
  work: Work,
  wait: boolean | undefined,
): Promise<DatasetJob> {
  const job = await tools.client.ask(rpc.startJob, { dataset, work, person: tools.person });
  return followJob(tools, dataset, job, wait);
}

/** Only what was said differs from what the work does by itself. */
function settingsOf({ pointsPerSide, cropNLayers, model, text }: AutomaticOptions & { text?: string }) {
  const said = { pointsPerSide, cropNLayers, model, text };
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return Object.keys(given).length === 0 ? {} : { settings: given };
}

/** `maskwire dataset automatic NAME` */
export function runAutomatic(dataset: string, { wait, label, ...options }: AutomaticOptions): Promise<void> {
  return withDatasets(options, async (tools) => {
    const value = { filter: filterOf(options), ...settingsOf(options), label: await labelOf(tools, dataset, label) };
    await runWork(tools, dataset, { work: { case: "automatic", value } }, wait);
  });
}

/** `maskwire dataset prefill NAME` */
export function runPrefill(
  dataset: string,
  { wait, label, ...options }: AutomaticOptions & { text?: string },
): Promise<void> {
  return withDatasets(options, async (tools) => {
    const value = { filter: filterOf(options), ...settingsOf(options), label: await labelOf(tools, dataset, label) };
    await runWork(tools, dataset, { work: { case: "prefill", value } }, wait);
  });
}

export interface ReplayOptions extends WaitOptions, FilterOptions {
  model?: string;
  acceptAbove?: number;
}

/** `maskwire dataset replay NAME`: tells what has changed most, and takes what has changed little where that is asked for. */
export function runReplay(
  dataset: string,
  { wait, model = "", acceptAbove, ...options }: ReplayOptions,
): Promise<void> {
  return withDatasets(options, async (tools) => {
    const value = { filter: filterOf(options), model };
    const { id: job } = await runWork(tools, dataset, { work: { case: "replay", value } }, wait);
    if (wait === false || acceptAbove === undefined) return;
    const { client, notices, person } = tools;
    const { accepted, conflicts } = await client.ask(rpc.acceptReplays, {
      dataset,
      job,
      leastIou: acceptAbove,
      person,
    });
    notices.say(
      `took ${accepted} masks${conflicts > 0 ? `; ${conflicts} had been changed by somebody meanwhile` : ""}`,
    );
  });
}
