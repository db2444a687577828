import { ZipFile } from "yazl";

/** The same bytes for the same arrays. */
const madeAt = new Date("2000-01-01T00:00:00Z");

/** Arrays by their names in one file, as `numpy.savez_compressed` writes them. @param arrays each as `writeNpy` gives it. */
export async function writeNpz(arrays: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, npy] of Object.entries(arrays)) {
    zip.addBuffer(Buffer.from(npy.buffer, npy.byteOffset, npy.byteLength), `${name}.npy`, { mtime: madeAt });
  }
  zip.end();
  const pieces: Buffer[] = [];
  for await (const piece of zip.outputStream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
