import MiniSearch from "minisearch";

/** A section of a page, as the site's index has it. */
export interface Row {
  /** Relative to every page. */
  readonly href: string;
  /** The page's title. */
  readonly page: string;
  /** Empty for what stands before the page's first heading. */
  readonly heading: string;
  readonly text: string;
  /** What is only looked up comes behind what explains. */
  readonly isReference?: boolean;
}

/** As many as a person reads through. */
const most = 12;

/** Finds sections by words and their beginnings, and by words with a letter wrong. */
export class SearchIndex {
  readonly #rows: readonly Row[];
  readonly #index = new MiniSearch<Row & { id: number }>({
    fields: ["page", "heading", "text"],
    // Names of settings and of fields are as many words as they have parts.
    tokenize: (text) => text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== ""),
    searchOptions: {
      boost: { page: 3, heading: 4 },
      prefix: (word) => word.length > 1,
      fuzzy: (word) => (word.length > 4 ? 0.15 : false),
      combineWith: "AND",
      boostDocument: (id) => (this.#rows[id as number]?.isReference ? 0.4 : 1),
    },
  });

  private constructor(rows: readonly Row[]) {
    this.#rows = rows;
  }

  /** In portions, so that a page stays at hand meanwhile. */
  static async of(rows: readonly Row[]): Promise<SearchIndex> {
    const index = new SearchIndex(rows);
    const entries = rows.map((row, id) => ({ ...row, id }));
    await index.#index.addAllAsync(entries, { chunkSize: 20 });
    return index;
  }

  find(query: string): Row[] {
    return this.#index
      .search(query)
      .slice(0, most)
      .flatMap(({ id }) => this.#rows[id as number] ?? []);
  }
}

/** As much of a text as shows where what is looked for is in it: all of it where it stands so, or else its first word. */
export function excerptOf(text: string, query: string, length = 140): string {
  const whole = query.trim().toLowerCase();
  const [first = ""] = whole.split(/\s+/);
  const places = [whole, first].map((one) => text.toLowerCase().indexOf(one));
  const place = places.find((one) => one >= 0) ?? 0;
  const from = place < length / 2 ? 0 : text.lastIndexOf(" ", place - length / 4) + 1;
  const part = text.slice(from, from + length);
  return `${from > 0 ? "… " : ""}${part}${from + length < text.length ? " …" : ""}`;
}
