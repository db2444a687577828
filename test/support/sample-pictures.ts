import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";
import { photosFolder } from "./photos.js";
import { jpegScene } from "./pictures.js";

export interface SamplePicture {
  name: string;
  bytes: Buffer;
}

const samples = join(projectRoot, "web-client", "public", "samples");

/** The web client's own sample pictures; a drawn one where they have not been rendered. */
export async function samplePictures(): Promise<SamplePicture[]> {
  const names = existsSync(samples) ? (await readdir(samples)).filter((name) => /^[^.]+\.jpg$/.test(name)) : [];
  if (names.length === 0) return [{ name: "drawn", bytes: await jpegScene(1200, 800) }];
  return Promise.all(names.map((name) => picture(samples, name)));
}

/** Real photographs, when the folder of photographs is there. */
export async function photographs(): Promise<SamplePicture[]> {
  if (!photosFolder) return [];
  const folder = photosFolder;
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jpg"));
  return Promise.all(names.map((name) => picture(folder, name)));
}

const picture = async (folder: string, name: string) => ({ name, bytes: await readFile(join(folder, name)) });
