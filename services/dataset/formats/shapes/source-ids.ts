/** What tells an object of a file from its others: its id there, and where ids do not go up, its place as well. */
export class SourceIds {
  #highest = Number.NEGATIVE_INFINITY;

  next(id: unknown, index: number): string {
    if (typeof id === "number" && id > this.#highest) {
      this.#highest = id;
      return String(id);
    }
    const isId = (typeof id === "number" || typeof id === "string") && String(id).length <= 100;
    return isId ? `${id}@${index}` : `@${index}`;
  }
}

const longestId = 100;

/** What a format calls an object by itself, to be spread into what is found; nothing where it has no such name. */
export function ownId(...path: unknown[]): { readonly ownId?: string } {
  const isName = (id: unknown) =>
    Number.isFinite(id) || (typeof id === "string" && id !== "" && id.length <= longestId);
  return path.every(isName) ? { ownId: path.join("/") } : {};
}
