/** A photo of the person's own or a sample, read when it is wanted. */
export interface PhotoSource {
  readonly name: string;
  readonly read: () => Promise<Blob>;
}

export interface PhotoFile {
  readonly file: Blob;
  /** Undefined where the page is not allowed to compute digests (plain HTTP to another machine). */
  readonly imageId: string | undefined;
}

export async function readPhoto(source: PhotoSource): Promise<PhotoFile> {
  const file = await source.read();
  return { file, imageId: await digestOf(file) };
}

/** Upright, as every prompt and every mask sees it. @throws when it is no picture that this browser can show. */
export function decodePhoto(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: "from-image" });
}

async function digestOf(file: Blob): Promise<string | undefined> {
  if (!globalThis.isSecureContext) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
