import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ClientEvent } from "../state/event.js";
import type { SaveStatus } from "../state/page.js";
import { initialState, type State } from "../state/state.js";
import { answer, loaded, point, run, shown } from "../state/testing/fixtures.js";
import { Autosave } from "./autosave.js";
import { isWork, type SavedChange, type SavedPage, type SavedStore, savedVersion } from "./saved-page.js";

/** Keeps what it is given, up to so many bytes of files. */
class MemoryStore implements SavedStore {
  readonly files = new Map<string, Blob>();
  readonly works = new Map<string, { name: string; work: unknown }>();
  readonly writes: SavedChange[] = [];
  order: readonly string[] = [];
  active: string | undefined;
  readonly #mostBytes: number;

  constructor(mostBytes = Number.POSITIVE_INFINITY) {
    this.#mostBytes = mostBytes;
  }

  async read(): Promise<SavedPage | undefined> {
    return undefined;
  }

  async write(change: SavedChange): Promise<void> {
    this.writes.push(change);
    const files = new Map([...this.files, ...change.files]);
    for (const key of change.removed) files.delete(key);
    const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
    if (bytes > this.#mostBytes) throw new DOMException("No room.", "QuotaExceededError");
    for (const key of change.removed) this.works.delete(key);
    for (const [key, entry] of change.works) this.works.set(key, structuredClone(entry));
    this.files.clear();
    for (const [key, file] of files) this.files.set(key, file);
    this.order = change.order;
    this.active = change.active;
  }

  async clear(): Promise<void> {
    this.files.clear();
    this.works.clear();
    this.order = [];
  }

  get names(): string[] {
    return this.order.map((key) => this.works.get(key)?.name ?? "");
  }
}

function page(store: MemoryStore, events: readonly ClientEvent[] = shown.ready) {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  let [state] = run(events, initialState);
  const dropped: string[] = [];
  const statuses: SaveStatus[] = [];
  const autosave = new Autosave({
    store,
    state: () => state,
    fileOf: () => new Blob(["x".repeat(100)]),
    onDropped: (name) => dropped.push(name),
    onStatus: (status) => statuses.push(status),
  });
  return {
    autosave,
    dropped,
    statuses,
    /** Something happens, and then nothing for a while. */
    async happens(...more: ClientEvent[]): Promise<State> {
      [state] = run(more, state);
      autosave.changed();
      await vi.runAllTimersAsync();
      return state;
    },
  };
}

const dog: ClientEvent[] = [
  { kind: "picture-added", token: 2, name: "dog.jpg" },
  { kind: "picture-read", token: 2, width: 40, height: 20, bytes: 1_000, imageId: `sha256:${"cd".repeat(32)}` },
];
const kept: ClientEvent[] = [point(), answer(1), { kind: "object-kept" }];

describe("autosave", () => {
  it("keeps the pictures once, and the work on them whenever it changes", async () => {
    const store = new MemoryStore();
    const { happens, statuses } = page(store);
    await happens(...dog);
    await happens(...kept);
    expect(store.names).toEqual(["cat.jpg", "dog.jpg"]);
    expect(store.active).toBe(store.order[0]);
    expect(store.writes.map(({ files, works }) => [files.size, works.size])).toEqual([
      [2, 2],
      [0, 1],
    ]);
    expect(store.works.get(store.order[0]!)?.work).toMatchObject({ edit: { present: { objects: [{ id: 1 }] } } });
    expect(statuses).toEqual(["changed", "saved", "changed", "saved"]);
  });

  it("has nothing to do while the pointer only passes over", async () => {
    const store = new MemoryStore();
    const { happens } = page(store);
    await happens();
    await happens({ kind: "hover", x: 3, y: 3, atMs: 2_950 });
    expect(store.writes).toHaveLength(1);
  });

  it("forgets a picture that leaves the strip", async () => {
    const store = new MemoryStore();
    const { happens } = page(store);
    await happens(...dog);
    await happens({ kind: "picture-removed", token: 2 });
    expect(store.names).toEqual(["cat.jpg"]);
    expect(store.files.size).toBe(1);
  });

  it("gives up the oldest picture that is not worked on when there is no room, and says which", async () => {
    const store = new MemoryStore(250);
    const { happens, dropped } = page(store);
    await happens(...dog, { kind: "picture-opened", token: 2 }, { ...loaded(), token: 2 });
    expect(store.names).toEqual(["cat.jpg", "dog.jpg"]);
    await happens({ kind: "picture-added", token: 3, name: "hen.jpg" });
    expect(dropped).toEqual(["cat.jpg"]);
    expect(store.names).toEqual(["dog.jpg", "hen.jpg"]);
    expect(store.files.size).toBe(2);
    // It is not tried again with every change.
    await happens({ kind: "picture-removed", token: 3 });
    expect(store.names).toEqual(["dog.jpg"]);
    expect(dropped).toHaveLength(1);
  });

  it("forgets what left the strip in the moment that there was no room", async () => {
    const store = new MemoryStore(350);
    const { happens, dropped } = page(store);
    await happens(...dog, { kind: "picture-added", token: 3, name: "hen.jpg" });
    const added = [4, 5].map((token): ClientEvent => ({ kind: "picture-added", token, name: `${token}.jpg` }));
    await happens({ kind: "picture-removed", token: 2 }, ...added);
    expect(dropped).toEqual(["hen.jpg"]);
    expect(store.names).toEqual(["cat.jpg", "4.jpg", "5.jpg"]);
    expect(store.files.size).toBe(3);
  });

  it("goes on without when not even one picture fits", async () => {
    const { happens, statuses, dropped } = page(new MemoryStore(10));
    await happens(...dog);
    await happens(...kept);
    expect([statuses.at(-1), dropped]).toEqual(["off", ["dog.jpg"]]);
  });

  it("saves at once when the page is left, without waiting for what is being written", async () => {
    const store = new MemoryStore();
    const { autosave } = page(store);
    void autosave.flush();
    expect(store.writes).toHaveLength(1);
  });

  it("forgets everything", async () => {
    const store = new MemoryStore();
    const { happens, autosave } = page(store);
    await happens(...kept);
    await autosave.clear();
    expect([store.files.size, store.works.size, store.order]).toEqual([0, 0, []]);
  });
});

describe("what is saved", () => {
  /** Every field with a name of its own, wherever it is; lists count by their first. */
  const form = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.length === 0 ? [] : [form(value[0])];
    if (typeof value !== "object" || value === null) return typeof value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([name, part]) => [name, form(part)]),
    );
  };

  it("has the form that its version stands for: whoever changes it changes the version", () => {
    const { picture } = run([...shown.ready, ...kept, point(9), answer(2)])[0];
    if (picture.kind === "empty") throw new Error("There is no picture.");
    const work = { edit: picture.edit, everything: picture.everything };
    expect(isWork(structuredClone(work))).toBe(true);
    expect([savedVersion, form(picture.edit.present)]).toMatchInlineSnapshot(`
      [
        1,
        {
          "answer": {
            "chosen": "number",
            "masks": [
              {
                "$typeName": "string",
                "area": "number",
                "predictedIou": "number",
                "rle": {
                  "$typeName": "string",
                  "counts": "string",
                  "size": [
                    "number",
                  ],
                },
                "stabilityScore": "number",
              },
            ],
          },
          "asked": "boolean",
          "objects": [
            {
              "answer": {
                "chosen": "number",
                "masks": [
                  {
                    "$typeName": "string",
                    "area": "number",
                    "predictedIou": "number",
                    "rle": {
                      "$typeName": "string",
                      "counts": "string",
                      "size": [
                        "number",
                      ],
                    },
                    "stabilityScore": "number",
                  },
                ],
              },
              "colour": "number",
              "id": "number",
              "prompts": {
                "points": [
                  {
                    "label": "number",
                    "x": "number",
                    "y": "number",
                  },
                ],
              },
              "visible": "boolean",
            },
          ],
          "prompts": {
            "points": [
              {
                "label": "number",
                "x": "number",
                "y": "number",
              },
            ],
          },
          "sequence": "number",
        },
      ]
    `);
  });

  it("is looked at before it is believed", () => {
    expect([undefined, {}, { edit: {} }, { edit: { past: [{}], future: [] } }].map(isWork)).toEqual(
      Array(4).fill(false),
    );
  });
});
