import { softBox } from "./soft-alpha.js";
import { type Job, type JobObject, needsPixels, type TakenFile } from "./take-away-job.js";

type Reply = { readonly id: number } & ({ readonly file: TakenFile } | { readonly problem: string });

interface Waiting {
  readonly resolve: (file: TakenFile) => void;
  readonly reject: (error: Error) => void;
}

/** Has files made by a worker, which is begun with the first. */
export class FileMaker {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** @param bitmap the upright picture. */
  async make(job: Job, bitmap: ImageBitmap): Promise<TakenFile> {
    // Only the parts that are needed travel; they are copied here, where the picture is.
    const objects: JobObject[] = needsPixels(job.format)
      ? await Promise.all(job.objects.map((object) => withPixels(object, job.picture, bitmap)))
      : [...job.objects];
    const id = ++this.#lastId;
    this.#worker ??= this.#begin();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const pixels = objects.flatMap((object) => object.pixels ?? []);
      worker.postMessage({ id, job: { ...job, objects } }, pixels);
    });
  }

  #begin(): Worker {
    const worker = new Worker(new URL("./take-away-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("file" in data) waiting?.resolve(data.file);
      else waiting?.reject(new Error(data.problem));
    });
    // A worker that cannot be loaded, or that ran out of memory: the next try begins another.
    worker.addEventListener("error", () => {
      worker.terminate();
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error("The worker that makes files failed."));
      this.#waiting.clear();
    });
    return worker;
  }
}

async function withPixels(object: JobObject, picture: Job["picture"], bitmap: ImageBitmap): Promise<JobObject> {
  const { bbox } = object.mask;
  if (bbox === undefined) throw new Error("The mask is empty.");
  const { x, y, width, height } = softBox(bbox, picture);
  return { ...object, pixels: await createImageBitmap(bitmap, x, y, width, height) };
}
