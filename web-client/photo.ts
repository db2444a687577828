/** A photo of the person's own or a sample, read when it is wanted. */
export interface PhotoSource {
  readonly name: string;
  readonly read: () => Promise<Blob>;
}

export interface LoadedPhoto {
  readonly file: Blob;
  /** Upright, as every prompt and every mask sees it. */
  readonly bitmap: ImageBitmap;
  /** Undefined where the page is not allowed to compute digests (plain HTTP to another machine). */
  readonly imageId: string | undefined;
}

export async function loadPhoto(source: PhotoSource): Promise<LoadedPhoto> {
  const file = await source.read();
  const [bitmap, imageId] = await Promise.all([
    createImageBitmap(file, { imageOrientation: "from-image" }),
    digestOf(file),
  ]);
  return { file, bitmap, imageId };
}

async function digestOf(file: Blob): Promise<string | undefined> {
  if (!globalThis.isSecureContext) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
