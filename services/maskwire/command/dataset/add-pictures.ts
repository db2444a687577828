import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import pLimit from "p-limit";
import { openFolder } from "../../../dataset/archive/folder-source.js";
import { imageIdOf } from "../../../runtime/image-id.js";
import { CommandError } from "../command-error.js";
import { fileProblem } from "../photo-files.js";
import { progressBar } from "../progress-bar.js";
import { atOnce, isOfPicture, knownPictures, patiently } from "./send-pictures.js";
import { type DatasetOptions, withDatasets } from "./with-datasets.js";

export interface AddOptions extends DatasetOptions {
  split?: string;
}

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
        if (known.get(name)?.imageId === imageIdOf(bytes)) count.known++;
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
