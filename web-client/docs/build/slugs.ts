/** Names of a page's headings in its address, as GitHub makes them: links between documents are good in both places. */
export class Slugs {
  readonly #seen = new Map<string, number>();

  of(heading: string): string {
    const plain = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
    const times = this.#seen.get(plain) ?? 0;
    this.#seen.set(plain, times + 1);
    return times === 0 ? plain : `${plain}-${times}`;
  }
}
