/** Paths of files that are named after pictures without their endings, which two pictures may share: `a.jpg` and `a.png`. */
export class DistinctPaths {
  readonly #taken = new Set<string>();

  of(stem: string, ending: string): string {
    let path = stem + ending;
    for (let n = 2; this.#taken.has(path.toLowerCase()); n++) path = `${stem}-${n}${ending}`;
    this.#taken.add(path.toLowerCase());
    return path;
  }
}
