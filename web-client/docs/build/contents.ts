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
    pages: [
      own("index", "Maskwire"),
      own("start", "Start"),
      { name: "guide", title: "The page", source: "web-client/GUIDE.md" },
      own("concepts", "How it fits together"),
    ],
  },
  {
    title: "What can be asked",
    pages: [
      own("prompts", "Prompts and masks"),
      own("pictures", "Pictures"),
      own("words", "Words"),
      own("everything", "Everything in a picture"),
      own("videos", "Videos"),
    ],
  },
  {
    title: "Programs",
    pages: [
      { name: "python", title: "Python", source: "web-client/python/README.md" },
      { name: "typescript", title: "TypeScript, web component", source: "web-client/sdk/README.md" },
      own("command-line", "Command line"),
      own("http", "HTTP"),
      own("websocket", "WebSocket"),
      own("grpc", "gRPC"),
      own("adapters", "Annotation tools"),
    ],
  },
  {
    title: "Data sets",
    pages: [own("datasets", "Data sets"), { name: "formats", title: "Formats", source: "services/dataset/FORMATS.md" }],
  },
  {
    title: "Running it",
    pages: [
      own("deploy", "Deploy"),
      own("access", "Who may use it"),
      own("cache", "The shared cache"),
      own("models", "Models"),
      own("memory", "Memory"),
      { name: "operations", title: "Operations", source: "deploy/OPERATIONS.md" },
      { name: "security", title: "Security", source: "SECURITY.md" },
      own("performance", "Performance"),
      own("troubleshooting", "Troubleshooting"),
    ],
  },
  {
    title: "To look up",
    pages: [
      own("settings", "Settings"),
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

/** Pages that nobody reads from the beginning to the end: the last chapter. */
export const lookedUp: readonly PageEntry[] = chapters.at(-1)?.pages ?? [];
