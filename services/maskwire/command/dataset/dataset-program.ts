import { type Command, Option } from "commander";
import { JobControl } from "../../../../proto/index.js";
import { usageError } from "../command-error.js";
import { once, parseCount, parseGatewayUrl, parseNumber } from "../parse-values.js";
import type { AddOptions } from "./add-pictures.js";
import type { ExportOptions } from "./export.js";
import { cocoForms, formats, parseCocoForm, parseFormat } from "./formats.js";
import type { ImportOptions } from "./import.js";
import type { WaitOptions } from "./jobs.js";
import { collectLabels, collectRenames, collectWords } from "./labels.js";
import type { CreateOptions, LabelsOptions } from "./sets.js";
import type { AutomaticOptions, ReplayOptions } from "./start-work.js";
import type { DatasetOptions } from "./with-datasets.js";

const examples = `
Without --url a Maskwire is started for the command, with the data sets that this machine keeps (MASKWIRE_DATA_DIR).
A data set is named by its name or its id. Jobs are waited for unless --no-wait is said; they go on when the command ends.

Examples:
  maskwire dataset create birds --label bird --label sky
  maskwire dataset add birds photos/
  maskwire dataset automatic birds --label bird
  maskwire dataset export birds --format coco --out birds.zip
`;

/** What every command over data sets takes. @param keyFile the option of the commands beside these. */
interface CommonOptions {
  keyFile(): Option;
}

/** Commands over data sets; what each does is loaded with it. */
export function addDatasets(program: Command, { keyFile }: CommonOptions): void {
  const datasets = program
    .command("dataset")
    .description("pictures with objects that people and models make")
    .addHelpText("after", examples);
  const command = (name: string, description: string) =>
    datasets
      .command(name)
      .description(description)
      .addOption(
        new Option("-u, --url <url>", "a running gateway; without one the command starts its own")
          .env("MASKWIRE_URL")
          .argParser(once(parseGatewayUrl)),
      )
      .addOption(keyFile())
      .option("--person <name>", "who does it, where nobody is asked who they are; else your account", once(String))
      .option("--json", "print one JSON object");
  const ofSet = (name: string, description: string) =>
    command(name, description).argument("<dataset>", "its name or id");
  const ofJob = (name: string, description: string) =>
    ofSet(name, description).option("--no-wait", "do not wait for the end; print the job's id");
  const splits = new Option("--split <name>", "pictures of this split; may be repeated").argParser(collectWords);

  command("create", "make a data set")
    .argument("<name>")
    .option("--description <text>", "what it is", once(String))
    .option(
      "-l, --label <name>",
      "a label: bird, or bird=#ff8800,b with its colour and key; may be repeated",
      collectLabels,
    )
    .action(async (name: string, options: CreateOptions) => (await import("./sets.js")).createDataset(name, options));
  command("list", "the data sets there are").action(async (options: DatasetOptions) =>
    (await import("./sets.js")).listDatasets(options),
  );
  ofSet("show", "what a data set has").action(async (dataset: string, options: DatasetOptions) =>
    (await import("./sets.js")).showDataset(dataset, options),
  );
  ofSet("labels", "a data set's labels, and what becomes of them")
    .option("--add <name>", "a label: bird, or bird=#ff8800,b; may be repeated", collectLabels)
    .option("--rename <old=new>", "another name for a label; may be repeated", collectRenames)
    .option("--remove <name>", "a label that no object has; may be repeated", collectWords)
    .action(async (dataset: string, options: LabelsOptions) =>
      (await import("./sets.js")).editLabels(dataset, options),
    );
  ofSet("add", "add pictures: files, or all of a folder; those that are there already are not sent")
    .argument("<paths...>")
    .option("--split <name>", "train, val, test, or what you call it", once(String))
    .option(
      "--sequence [name]",
      "the frames of a video, in order: a file that ffmpeg reads, an animated picture, a folder or zip of pictures",
      once(String),
    )
    .option("--every <n>", "of a video every so many frames (1)", once(parseCount))
    .action(
      async (dataset: string, paths: string[], options: AddOptions & { sequence?: string | true; every?: number }) => {
        const { sequence, every, ...rest } = options;
        if (sequence !== undefined) {
          const of = { ...rest, sequence, ...(every !== undefined && { every }) };
          return (await import("./add-sequence.js")).addSequence(dataset, paths, of);
        }
        if (every !== undefined) throw usageError("--every is of a video: say --sequence too.");
        return (await import("./add-pictures.js")).addPictures(dataset, paths, rest);
      },
    );
  ofSet("sequences", "its videos").action(async (dataset: string, options: DatasetOptions) =>
    (await import("./list-sequences.js")).listSequences(dataset, options),
  );
  ofJob(
    "import",
    "import pictures and annotations: an archive, a file, a folder, a .txt of addresses, or s3://bucket/prefix",
  )
    .argument("<source>")
    .option("--format <name>", `${Object.keys(formats).join(", ")}; found out where it is left out`, once(parseFormat))
    .option("--split <name>", "for pictures that say none", once(String))
    .option("--make-labels", "make labels that the data set lacks")
    .option("--add-changed", "add what an import brought before and is another now beside it, instead of changing it")
    .action(async (dataset: string, source: string, options: ImportOptions) =>
      (await import("./import.js")).importInto(dataset, source, options),
    );
  ofJob("export", "export objects, and pictures, as a file")
    .option("--format <name>", Object.keys(formats).join(", "), once(parseFormat))
    .option("-o, --out <file.zip>", "where the file goes", once(String))
    .addOption(splits)
    .option("--label <name>", "objects with this label; may be repeated", collectWords)
    .option(
      "--version <number>",
      "as it was in that version; a new one is made where this is left out",
      once(parseCount),
    )
    .option("--pictures", "the pictures' files too")
    .option("--coco <form>", `COCO's segmentation: ${Object.keys(cocoForms).join(", ")} (rle)`, once(parseCocoForm))
    .option("--job <id>", "fetch what this job has made", once(String))
    .action(async (dataset: string, options: ExportOptions) =>
      (await import("./export.js")).exportDataset(dataset, options),
    );
  const work = (name: string, description: string) =>
    ofJob(name, description)
      .addOption(splits)
      .option("--label <name>", "what its objects are", once(String))
      .option("--points-per-side <n>", "the grid has this many points squared (32)", once(parseCount))
      .option("--crop-n-layers <n>", "look again at magnified parts, so many layers deep", once(parseCount))
      .option("--model <id>", "the model to ask for", once(String));
  work("automatic", "find every object of every picture").action(async (dataset: string, options: AutomaticOptions) =>
    (await import("./start-work.js")).runAutomatic(dataset, options),
  );
  work("prefill", "propose objects for people to start from")
    .option("-t, --text <words>", "only what these words name", once(String))
    .action(async (dataset: string, options: AutomaticOptions & { text?: string }) =>
      (await import("./start-work.js")).runPrefill(dataset, options),
    );
  ofJob("replay", "ask the prompts of objects once more, and compare")
    .addOption(splits)
    .option("--model <id>", "another model", once(String))
    .option(
      "--accept-above <iou>",
      "take the new masks that are this much like the old ones, 0 to 1",
      once(parseNumber),
    )
    .action(async (dataset: string, options: ReplayOptions) =>
      (await import("./start-work.js")).runReplay(dataset, options),
    );
  ofSet("jobs", "the jobs there are").action(async (dataset: string, options: DatasetOptions) =>
    (await import("./jobs.js")).listJobs(dataset, options),
  );
  const job = ofSet("job", "a job: how far it is, and what becomes of it")
    .argument("<job>")
    .option("--wait", "wait for its end")
    .option("--problems", "what could not be done, and why");
  for (const [word, control, what] of controls) {
    const others = controls.map(([other]) => other).filter((other) => other !== word);
    job.addOption(new Option(`--${word}`, what).conflicts([...others, "problems"]).implies({ control }));
  }
  job.action(async (dataset: string, id: string, options: WaitOptions & { control?: JobControl; problems?: true }) =>
    (await import("./jobs.js")).showJob(dataset, id, options),
  );
  ofSet("stats", "counts, and the time that masks take").action(async (dataset: string, options: DatasetOptions) =>
    (await import("./statistics.js")).showStatistics(dataset, options),
  );
  ofSet("audit", "what random samples say of the objects, or a new sample")
    .option("--start <count>", "draw so many accepted objects to be looked at", once(parseCount))
    .action(async (dataset: string, options: DatasetOptions & { start?: number }) =>
      (await import("./statistics.js")).audit(dataset, options),
    );
  ofSet("version", "name what is in it now, for good")
    .option("--description <text>", "what it is", once(String))
    .action(async (dataset: string, options: DatasetOptions & { description?: string }) =>
      (await import("./sets.js")).makeVersion(dataset, options),
    );
  ofSet("delete", "delete it with all that is in it, for good")
    .option("--confirm <name>", "its name once more", once(String))
    .action(async (dataset: string, options: DatasetOptions & { confirm?: string }) =>
      (await import("./sets.js")).deleteDataset(dataset, options),
    );
}

const controls: readonly [word: string, control: JobControl, what: string][] = [
  ["pause", JobControl.PAUSE, "hold it"],
  ["resume", JobControl.RESUME, "go on"],
  ["cancel", JobControl.CANCEL, "end it; what it has made stays"],
  ["retry", JobControl.RETRY_FAILED, "try once more what has failed"],
];
