/** The id of a picture: the digest of its file. Undefined where a page may not compute digests (plain HTTP to another machine). */
export async function pictureIdOf(file: Blob): Promise<string | undefined> {
  const subtle: typeof crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  const digest = await subtle.digest("SHA-256", await file.arrayBuffer());
  return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
