/** A source whose file `npm run models -- pull` brings here. */
export const isFetched = (source: string): boolean => /^(https|npm):/.test(source);

/** The last part of a source's path. */
export function fileName(source: string): string {
  const path = source.startsWith("https:") ? new URL(source).pathname : source;
  return path.slice(path.lastIndexOf("/") + 1);
}
