import type { ImportWork } from "../../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../../runtime/errors.js";
import { openZip } from "../../archive/zip-source.js";
import type { FileStore } from "../../files/file-store.js";
import { importKey } from "../../files/keys.js";
import type { ObjectStorePlace } from "../../files/object-store-url.js";
import { stemOf } from "../../formats/pictures/plain-name.js";
import type { Source } from "../../formats/types.js";

/** What is imported, open. */
export interface ImportSource extends AsyncDisposable {
  readonly source: Source;
  /** Its files are fetched one by one: one that is there by its name is not fetched again. */
  readonly isRemote: boolean;
}

/** Fetches a picture by its address, where that is allowed. @throws ServiceError. */
export type FetchPicture = (address: string, signal: AbortSignal) => AsyncIterable<Uint8Array>;

export interface ImportOrigins {
  readonly files: FileStore;
  /** Undefined: nothing is fetched here. */
  readonly fetchPicture: FetchPicture | undefined;
  /** Buckets that may be read, by everybody. */
  readonly buckets: readonly string[];
  /** Where the service's own files are, and these buckets too. */
  readonly objectStore: ObjectStorePlace | undefined;
}

const zipBegins = Buffer.from([0x50, 0x4b]);

/** Whether it can be opened at all, before anything is begun. @throws ServiceError INVALID_ARGUMENT, PERMISSION_DENIED. */
export function checkImport({ source }: ImportWork, { buckets, fetchPicture, objectStore }: ImportOrigins): void {
  switch (source.case) {
    case "fileName":
      if (source.value === "") throw invalidArgument("file_name is missing.");
      return;
    case "urls":
      if (source.value.urls.length === 0) throw invalidArgument("urls names no picture.");
      if (!fetchPicture) throw refused("Pictures are not fetched by URL here: MASKWIRE_PICTURE_HOSTS names no host.");
      return;
    case "s3": {
      const place = placeOf(source.value);
      if (!buckets.includes(place.bucket)) {
        const why = "MASKWIRE_IMPORT_BUCKETS does not name it";
        throw refused(`Nothing is imported from the bucket "${place.bucket}" here: ${why}.`);
      }
      if (objectStore && overlap(place, objectStore)) {
        throw refused("The service keeps everybody's own files there; import from another prefix.");
      }
      return;
    }
    default:
      throw invalidArgument("work.import must say where from: file_name, urls or s3.");
  }
}

/** @throws ServiceError NOT_FOUND, UNAVAILABLE; Unreadable. */
export async function openImport(
  { source }: ImportWork,
  job: { id: string; tenant: string | undefined },
  origins: ImportOrigins,
  signal: AbortSignal,
): Promise<ImportSource> {
  switch (source.case) {
    case "urls":
      return local(urlSource(source.value.urls, origins, signal), true);
    case "s3": {
      const { openS3Prefix } = await import("../../files/s3-prefix.js");
      const opened = await openS3Prefix({ ...placeOf(source.value), ...regionOf(origins) });
      const { files, open } = opened;
      return {
        source: { files, problems: [], open },
        isRemote: true,
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
      };
    }
    default:
      return local(await uploadedSource(source.value ?? "", importKey(job.tenant, job.id), origins.files), false);
  }
}

const local = (source: Source, isRemote: boolean): ImportSource => ({
  source,
  isRemote,
  [Symbol.asyncDispose]: async () => {},
});

/** A zip archive, or one file of annotations or a picture, by its name. */
async function uploadedSource(fileName: string, key: string, files: FileStore): Promise<Source> {
  const bytes = await files.bytesOf(key);
  if (bytes === undefined) {
    throw new ServiceError({
      code: Code.NOT_FOUND,
      message: "The file that was uploaded is not there any more; send it again.",
    });
  }
  let head = Buffer.alloc(0);
  for await (const chunk of files.get(key, { end: zipBegins.length })) head = Buffer.concat([head, chunk]);
  if (head.equals(zipBegins)) return openZip({ bytes, read: (start, end) => files.get(key, { start, end }) });
  return { files: [{ path: fileName, bytes }], problems: [], open: () => files.get(key) };
}

function urlSource(urls: readonly string[], { fetchPicture }: ImportOrigins, signal: AbortSignal): Source {
  const addresses = new Map<string, string>();
  for (const url of new Set(urls)) addresses.set(freeName(nameOfUrl(url), addresses), url);
  return {
    files: [...addresses.keys()].map((path) => ({ path, bytes: 0 })),
    problems: [],
    open: (path) => {
      const address = addresses.get(path);
      if (address === undefined || !fetchPicture) throw new Error(`not among the addresses: ${path}`);
      return fetchPicture(address, signal);
    },
  };
}

/** Addresses that differ in their ports alone, and the like, are numbered. */
function freeName(name: string, taken: ReadonlyMap<string, string>): string {
  const stem = stemOf(name);
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${stem}-${n}${name.slice(stem.length)}`;
  return free;
}

/** A path of its own for most: the host's name, then the address's path; what follows a "?" tells two apart. */
export function nameOfUrl(url: string): string {
  if (!URL.canParse(url)) return url.replace(/[^\w.-]+/g, "_").slice(0, 200) || "_";
  const { hostname, pathname, search } = new URL(url);
  const parts = pathname.split("/").map((part) => decoded(part).replace(/[\p{C}\\/]/gu, "_"));
  const path = [hostname, ...parts].filter((part) => !["", ".", ".."].includes(part)).join("/");
  return search === "" ? path : path.replace(/(\.\w+)?$/, `${search.replace(/[^\w.-]+/g, "_")}$1`);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A bucket's prefix. */
type Place = Pick<ObjectStorePlace, "bucket" | "prefix">;

const overlap = (one: Place, other: Place) =>
  one.bucket === other.bucket && (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix));

const s3Form = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/** @throws ServiceError INVALID_ARGUMENT. */
function placeOf(s3: string): Place {
  const [, bucket, prefix = ""] = s3Form.exec(s3) ?? [];
  if (bucket === undefined) throw invalidArgument(`s3 is s3://bucket/prefix; "${s3.slice(0, 200)}" is not.`);
  return { bucket, prefix };
}

const regionOf = ({ objectStore }: ImportOrigins) => ({
  endpoint: objectStore?.endpoint,
  region: objectStore?.region,
});

const refused = (message: string) => new ServiceError({ code: Code.PERMISSION_DENIED, message });
