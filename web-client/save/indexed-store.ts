import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import {
  isWork,
  type SavedChange,
  type SavedPage,
  type SavedPicture,
  type SavedStore,
  savedVersion,
} from "./saved-page.js";

interface Schema extends DBSchema {
  page: {
    key: "page";
    value: { version: number; order: readonly string[]; active: string | undefined; nextSequence: number };
  };
  /** Apart from the work, which changes with every click. */
  files: { key: string; value: Blob };
  works: { key: string; value: { name: string; work: unknown } };
}

/**
 * Of its own for every folder of an origin, since another Maskwire may be served beside this one, and for every tenant, since others may
 * sign in on the same machine.
 */
function storeName(tenant: string): string {
  const folder = new URL(".", document.baseURI).pathname;
  const name = folder === "/" ? "maskwire" : `maskwire:${folder}`;
  return tenant === "" ? name : `${name}#${tenant}`;
}

const stores = ["page", "files", "works"] as const;
/** How long another page is waited for that is just being left: this one, before it was loaded again. */
const lockMs = 1_000;

/**
 * The store for this page alone. Undefined where the browser has none, or while another window of the page has it.
 * @param tenant of whoever has signed in; "" where nobody is asked to.
 */
export async function openSavedStore(tenant: string): Promise<SavedStore | undefined> {
  const name = storeName(tenant);
  try {
    return (await holdLock(name)) ? await IndexedStore.open(name) : undefined;
  } catch {
    return undefined;
  }
}

/** As long as the page lives. Pages that are not secure have no locks, and no way to know of one another. */
async function holdLock(name: string): Promise<boolean> {
  if (navigator.locks === undefined) return true;
  // A browser that is slow to answer is no other window: only a lock that another page is known to have has its time.
  return (await requestLock(name, { ifAvailable: true })) || requestLock(name, { signal: AbortSignal.timeout(lockMs) });
}

function requestLock(name: string, options: LockOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const held = navigator.locks.request(name, options, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
    held.catch(() => resolve(false));
  });
}

/** The browser's own database. */
class IndexedStore implements SavedStore {
  readonly #db: IDBPDatabase<Schema>;

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  /** @throws where the browser has no database for this page, as in some private windows. */
  static async open(name: string): Promise<IndexedStore> {
    const db = await openDB<Schema>(name, 1, {
      upgrade(fresh) {
        for (const store of stores) fresh.createObjectStore(store);
      },
      // Another window with a later version of the page: it may have it.
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase | null)?.close();
      },
    });
    return new IndexedStore(db);
  }

  async read(): Promise<SavedPage | undefined> {
    const transaction = this.#db.transaction(stores, "readonly");
    const page = await transaction.objectStore("page").get("page");
    if (page === undefined) return undefined;
    if (page.version !== savedVersion) {
      await this.clear();
      return undefined;
    }
    const pictures = await Promise.all(
      page.order.map(async (key): Promise<SavedPicture | undefined> => {
        const [file, entry] = await Promise.all([
          transaction.objectStore("files").get(key),
          transaction.objectStore("works").get(key),
        ]);
        if (file === undefined || entry === undefined) return undefined;
        return { key, name: entry.name, file, work: isWork(entry.work) ? entry.work : undefined };
      }),
    );
    const { active, nextSequence } = page;
    return { pictures: pictures.filter((picture) => picture !== undefined), active, nextSequence };
  }

  /** Asks for all of it at once, without waiting in between: a page that is being left may have no other moment. */
  async write({ order, active, nextSequence, files, works, removed }: SavedChange): Promise<void> {
    const transaction = this.#db.transaction(stores, "readwrite");
    const asked: Promise<unknown>[] = [];
    const page = transaction.objectStore("page");
    const fileStore = transaction.objectStore("files");
    const workStore = transaction.objectStore("works");
    try {
      for (const key of removed) asked.push(fileStore.delete(key), workStore.delete(key));
      for (const [key, file] of files) asked.push(fileStore.put(file, key));
      for (const [key, entry] of works) asked.push(workStore.put(entry, key));
      asked.push(page.put({ version: savedVersion, order, active, nextSequence }, "page"));
      transaction.commit();
    } catch (error) {
      transaction.abort();
      transaction.done.catch(() => {});
      for (const request of asked) request.catch(() => {});
      throw error;
    }
    // The transaction fails with the reason; its requests fail with it.
    await Promise.all([transaction.done, ...asked.map((request) => request.catch(() => {}))]);
  }

  async clear(): Promise<void> {
    const transaction = this.#db.transaction(stores, "readwrite");
    await Promise.all([...stores.map((store) => transaction.objectStore(store).clear()), transaction.done]);
  }
}
