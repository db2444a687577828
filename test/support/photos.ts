import { existsSync } from "node:fs";

/** Folder of real photographs and awkward files that are not part of the project; tests that need it go without. */
export const photosFolder = existing(process.env.MASKWIRE_TEST_PHOTOS);

function existing(folder: string | undefined): string | undefined {
  return folder && existsSync(folder) ? folder : undefined;
}
