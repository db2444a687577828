import type { ZippableFile } from "fflate";
import { fileName } from "./file-names.js";
import { type MadeFile, makeFiles } from "./make-files.js";
import { canvasPng } from "./png.js";
import type { Job, TakenFile } from "./take-away-job.js";

/** Makes files beside the page: decoding, blurring and encoding 12 megapixels would stop it for a second. */
const page = globalThis as unknown as Pick<Worker, "postMessage" | "addEventListener">;

page.addEventListener("message", ({ data }: MessageEvent<{ id: number; job: Job }>) => {
  fileOf(data.job).then(
    (file) => page.postMessage({ id: data.id, file }),
    (error) => page.postMessage({ id: data.id, problem: String(error) }),
  );
});

async function fileOf(job: Job): Promise<TakenFile> {
  const files = await makeFiles(job, canvasPng);
  const [only, ...rest] = files;
  if (only !== undefined && rest.length === 0) return { name: only.name, blob: blobOf(only) };
  const { strToU8, zipSync } = await import("fflate");
  const contents = files.map(({ name, content }): [string, ZippableFile] => {
    const bytes = typeof content === "string" ? strToU8(content) : content;
    // PNGs are as small as they get.
    return [name, [bytes, { level: name.endsWith(".png") ? 0 : 6 }]];
  });
  const archive = zipSync(Object.fromEntries(contents));
  return { name: fileName(job.picture.name, "objects.zip"), blob: new Blob([archive], { type: "application/zip" }) };
}

function blobOf({ name, content }: MadeFile): Blob {
  const type = { png: "image/png", svg: "image/svg+xml" }[name.split(".").at(-1) ?? ""] ?? "application/json";
  return new Blob([typeof content === "string" ? content : new Uint8Array(content)], { type });
}
