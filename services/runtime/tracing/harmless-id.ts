/** What strangers may have written into our logs. */
const harmless = /^[\w.:/+=-]{1,128}$/;

/** What a stranger calls something, if it is an id and nothing else. */
export function harmlessId(value: unknown): string | undefined {
  return typeof value === "string" && harmless.test(value) ? value : undefined;
}
