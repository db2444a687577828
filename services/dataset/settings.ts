import { z } from "zod";
import { bytes, fileOf, integer, list, MiB } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";
import type { ProcessSettings } from "../runtime/settings.js";

const databaseForm = "postgres://user:password@host:port/name, or postgresql://";

const databaseUrl = z
  .string()
  .refine((url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url), databaseForm)
  .meta({
    description: `the PostgreSQL that data sets are kept in: ${databaseForm}; unset, this process runs one of its own in MASKWIRE_DATA_DIR`,
    // A password may stand anywhere in one that is malformed.
    shown: /^postgres(ql)?:\/\//i,
  });

const bucketForm = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const variables = {
  MASKWIRE_DATABASE_URL: databaseUrl,
  MASKWIRE_DATABASE_PASSWORD_FILE: fileOf("a password").describe(
    "file that holds the database's password, in place of one in its URL",
  ),
  MASKWIRE_DATABASE_CONNECTIONS: integer(2, 1000).describe("connections to the database that one process has at most"),
  MASKWIRE_DATABASE_STATEMENT_MS: integer(100, 3_600_000).describe("time after which the database gives a question up"),
  MASKWIRE_DATASET_JOBS: integer(0, 1000).describe(
    "pictures that one process works on at once for jobs; 0 leaves all of them to other processes",
  ),
  MASKWIRE_IMPORT_BYTES: bytes(1024).describe("largest archive or file of annotations that is taken for an import"),
  MASKWIRE_EXPORT_DAYS: integer(0, 36_500).describe(
    "days for which the file of an export is kept; 0 keeps it as long as its data set",
  ),
  MASKWIRE_IMPORT_BUCKETS: list
    .refine((all) => all.every((one) => bucketForm.test(one)), "names of S3 buckets, several by commas")
    .describe("S3 buckets that pictures and annotations may be imported from (several by commas)"),
} as const;

type Env = EnvOf<typeof variables>;

/** What it takes of its process's memory. */
export const memory = () => ({
  restBytes: 0,
  parts: {
    // One is looked at after the other, to know its size and that it is one; the costliest takes what there is.
    measuring: { leastBytes: 62 * MiB, mostBytes: 512 * MiB },
    // Of 10 to 20 KiB each, where pages are looked through.
    thumbnails: { leastBytes: 2 * MiB, mostBytes: 64 * MiB },
  },
});

export interface DatasetContext extends Pick<ProcessSettings, "limits" | "uploadBytes"> {
  /** Whether only other processes of Maskwire call it. */
  trustsPeers: boolean;
  /** As planned from `memory`. */
  sizes: Record<keyof ReturnType<typeof memory>["parts"], number>;
}

export function shape(env: Env, { limits, uploadBytes, trustsPeers, sizes }: DatasetContext) {
  return {
    trustsPeers,
    uploadBytes,
    limits,
    database: {
      url: env.MASKWIRE_DATABASE_URL && withPassword(env.MASKWIRE_DATABASE_URL, env.MASKWIRE_DATABASE_PASSWORD_FILE),
      connections: env.MASKWIRE_DATABASE_CONNECTIONS ?? 10,
      statementMs: env.MASKWIRE_DATABASE_STATEMENT_MS ?? 30_000,
    },
    jobsAtOnce: env.MASKWIRE_DATASET_JOBS ?? 3,
    importBytes: env.MASKWIRE_IMPORT_BYTES ?? 32 * 1024 * MiB,
    exportDays: env.MASKWIRE_EXPORT_DAYS ?? 30,
    importBuckets: env.MASKWIRE_IMPORT_BUCKETS ?? [],
    measuringBytes: sizes.measuring,
    thumbnailBytes: sizes.thumbnails,
  };
}

function withPassword(text: string, password: string | undefined): string {
  if (password === undefined) return text;
  const url = new URL(text);
  url.password = encodeURIComponent(password);
  return url.href;
}

export type DatasetSettings = ReturnType<typeof shape>;
