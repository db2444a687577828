import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { DatasetService } from "../../../../proto/index.js";
import { openFolder } from "../../../dataset/archive/folder-source.js";
import { imageIdOf } from "../../../runtime/image-id.js";
import { CommandError } from "../command-error.js";
import { fileProblem } from "../photo-files.js";
import { progressBar } from "../progress-bar.js";
import { type DatasetClient, RefusedError } from "./dataset-client.js";
import { pagesOf } from "./pages.js";
import { type DatasetOptions, withDatasets } from "./with-datasets.js";

export interface AddOptions extends DatasetOptions {
  split?: string;
}

const atOnce = 4;
/** Of one picture, that a service has no room for now. */
const mostTries = 8;
const pauseMs = 1000;

/** What people call files of the formats that are taken. Others in a folder are passed over; a file that is named is sent whatever it is called. */
const pictureName = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

interface PictureFile {
  path: string;
  /** In the data set. */
  name: string;
}

/**
 * `maskwire dataset add NAME PATH...`: those that the data set has already are not sent again, so that what was broken off is
 * gone on with by the same command. @throws CommandError when a path cannot be read, or one of the pictures was not taken.
 */
export function addPictures(dataset: string, paths: string[], { split = "", ...options }: AddOptions): Promise<void> {
  return withDatasets(options, async ({ client, notices, person, print }) => {
    const files = (await Promise.all(paths.map(filesAt))).flat();
    if (files.length === 0)
      throw new CommandError("There are no pictures: files called .jpg, .png, .webp, .gif, .tif or .avif.");
    const known = await knownPictures(client, dataset);
    const count = { added: 0, known: 0, failed: 0 };
    const problems: { file: string; reason: string }[] = [];
    const tell = () => {
      const done = count.added + count.known + count.failed;
      notices.progress(`${progressBar(done / files.length)}, ${done} of ${files.length} pictures`);
    };
    tell();
    const limit = pLimit(atOnce);
    const fatal: unknown[] = [];
    const add = async ({ path, name }: PictureFile) => {
      if (fatal.length > 0) return;
      try {
        const bytes = await readFile(path);
        if (known.get(name) === imageIdOf(bytes)) count.known++;
        else {
          await patiently(() => client.addPicture(dataset, { name, split, person }, bytes));
          count.added++;
        }
      } catch (error) {
        // Of one picture; what is wrong with all of them ends the command.
        if (!isOfPicture(error)) fatal.push(error);
        count.failed++;
        const reason = error instanceof CommandError ? error.message : fileProblem(error);
        problems.push({ file: path, reason });
        notices.say(`${path}: ${reason}`);
      }
      tell();
    };
    await Promise.all(files.map((file) => limit(() => add(file))));
    notices.clear();
    if (fatal.length > 0) throw fatal[0];
    print(
      { ...count, problems },
      () => `added ${count.added} pictures${count.known > 0 ? `; ${count.known} were there already` : ""}\n`,
    );
    if (count.failed > 0) throw new CommandError(`${count.failed} of ${files.length} pictures were not added.`);
  });
}

/** A file, or all pictures below a folder, by their paths in it. @throws CommandError */
async function filesAt(path: string): Promise<PictureFile[]> {
  try {
    if ((await stat(path)).isFile()) return [{ path, name: basename(path) }];
    const { files } = await openFolder(path);
    return files.flatMap((file) =>
      pictureName.test(file.path) ? [{ path: join(path, file.path), name: file.path }] : [],
    );
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${fileProblem(error)}.`, 1, error);
  }
}

/** The digests of a data set's pictures by their names. */
async function knownPictures(client: DatasetClient, dataset: string): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const ask = (page: string) => client.ask(DatasetService.method.listPictures, { dataset, page, pageSize: 500 });
  for await (const { pictures } of pagesOf(ask)) {
    for (const { name, image } of pictures) known.set(name, image?.imageId ?? "");
  }
  return known;
}

/** Again where the service says that this may help. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = mostTries; ; left--) {
    try {
      return await work();
    } catch (error) {
      const mayHelp = error instanceof RefusedError && error.retryAfterMs !== undefined;
      if (!mayHelp || left <= 1) throw error;
      await sleep(Math.max(error.retryAfterMs ?? 0, pauseMs));
    }
  }
}

/** Whether the others may fare better. */
const isOfPicture = (error: unknown) =>
  error instanceof RefusedError
    ? ["INVALID_ARGUMENT", "ALREADY_EXISTS", "RESOURCE_EXHAUSTED"].includes(error.code)
    : !(error instanceof CommandError);
