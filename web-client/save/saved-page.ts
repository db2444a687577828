import type { Work } from "../state/work.js";

/** What a visit leaves behind. */
export interface SavedPage {
  /** In the order of the strip. */
  readonly pictures: readonly SavedPicture[];
  readonly active: string | undefined;
  /** The first number that no click of the visit had. */
  readonly nextSequence: number;
}

export interface SavedPicture {
  readonly key: string;
  readonly name: string;
  readonly file: Blob;
  readonly work: Work | undefined;
}

/** What has changed since it was saved last. */
export interface SavedChange {
  /** All keys, in the order of the strip. */
  readonly order: readonly string[];
  readonly active: string | undefined;
  readonly nextSequence: number;
  readonly files: ReadonlyMap<string, Blob>;
  readonly works: ReadonlyMap<string, { readonly name: string; readonly work: Work | undefined }>;
  readonly removed: readonly string[];
}

/** Where it is kept. A change is kept wholly or not at all; one that finds no room fails with a `QuotaExceededError`. */
export interface SavedStore {
  /** Undefined when there is nothing, or nothing that this page understands. */
  read(): Promise<SavedPage | undefined>;
  write(change: SavedChange): Promise<void>;
  clear(): Promise<void>;
}

/**
 * The form of what is saved: the state's own `Work`. Another form needs another number; what an earlier page saved in its
 * form is then dropped, as there is no telling what it means. A test holds the form to the number.
 */
export const savedVersion = 1;

/** Whether something that was read is the work of a picture, as far as the page could not live without. */
export function isWork(value: unknown): value is Work {
  const edit = field(value, "edit");
  const present = field(edit, "present");
  return (
    [field(edit, "past"), field(edit, "future")].every((steps) => Array.isArray(steps) && steps.every(isStep)) &&
    isStep(present) &&
    Array.isArray(field(edit, "waiting")) &&
    typeof field(field(value, "everything"), "kind") === "string"
  );
}

function isStep(value: unknown): boolean {
  const objects = field(value, "objects");
  return (
    typeof field(value, "sequence") === "number" &&
    Array.isArray(field(field(value, "prompts"), "points")) &&
    Array.isArray(objects) &&
    objects.every((object) => Array.isArray(field(field(object, "answer"), "masks")))
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
