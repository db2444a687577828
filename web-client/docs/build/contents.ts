/** A page of the documentation: one Markdown file of the repository, wherever it stands. */
export interface PageEntry {
  /** Its address is `NAME.html`. */
  readonly name: string;
  /** What lists and the browser's tab call it. */
  readonly title: string;
  /** Its path in the repository. */
  readonly source: string;
}

interface Chapter {
  readonly title: string;
  readonly pages: readonly PageEntry[];
}

const own = (name: string, title: string): PageEntry => ({ name, title, source: `web-client/docs/${name}.md` });

/** All pages, in the order in which they are read. */
export const chapters: readonly Chapter[] = [
  {
    title: "Begin",
    pages: [own("index", "Maskwire"), { name: "guide", title: "The page", source: "web-client/GUIDE.md" }],
  },
  {
    title: "Programs",
    pages: [
      { name: "typescript", title: "TypeScript", source: "web-client/sdk/README.md" },
      { name: "python", title: "Python", source: "web-client/python/README.md" },
      { name: "formats", title: "Formats of data sets", source: "services/dataset/FORMATS.md" },
    ],
  },
  {
    title: "Running it",
    pages: [
      { name: "operations", title: "Operations", source: "deploy/OPERATIONS.md" },
      { name: "security", title: "Security", source: "SECURITY.md" },
    ],
  },
  {
    title: "Reference",
    pages: [
      own("routes", "Routes"),
      own("calls", "Calls"),
      own("messages", "Messages"),
      { name: "rules", title: "Rules", source: "gateway/SPEC.md" },
      { name: "times", title: "Times and retries", source: "gateway/TIMES.md" },
      { name: "contributing", title: "Working on it", source: "CONTRIBUTING.md" },
    ],
  },
];

export const pages: readonly PageEntry[] = chapters.flatMap((chapter) => chapter.pages);
