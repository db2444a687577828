import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { invalidArgument } from "../../runtime/errors.js";
import type { ObjectStorePlace } from "./object-store-url.js";
import { describeS3, openS3 } from "./s3-connection.js";

/** Somebody's own files below a prefix of a bucket, to be read. */
export interface S3Prefix extends AsyncDisposable {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** @throws ServiceError NOT_FOUND; UNAVAILABLE. */
  open(path: string): AsyncGenerator<Uint8Array>;
}

/** Their names are kept. */
const usuallyMost = 200_000;

/** Lists them, by their names after the prefix. @throws ServiceError UNAVAILABLE; INVALID_ARGUMENT when there are more. */
export async function openS3Prefix(place: ObjectStorePlace, most = usuallyMost): Promise<S3Prefix> {
  const { bucket, prefix } = place;
  const client = openS3(place);
  const described = (error: unknown): never => {
    throw describeS3(error, bucket);
  };
  const files: { path: string; bytes: number }[] = [];
  for (let token: string | undefined; ; ) {
    const asked = { Bucket: bucket, Prefix: prefix, ...(token !== undefined && { ContinuationToken: token }) };
    const page = await client.send(new ListObjectsV2Command(asked)).catch(described);
    for (const { Key = "", Size = 0 } of page.Contents ?? []) {
      const path = Key.slice(prefix.length);
      // What stands for a folder has no bytes.
      if (path !== "" && !path.endsWith("/")) files.push({ path, bytes: Size });
    }
    if (files.length > most) {
      client.destroy();
      throw invalidArgument(
        `More than ${most} files lie under s3://${bucket}/${prefix}; import it in parts, by longer prefixes.`,
      );
    }
    token = page.NextContinuationToken;
    if (!page.IsTruncated || token === undefined) break;
  }
  return {
    files,
    open: async function* (path) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
        yield* (Body ?? []) as AsyncIterable<Uint8Array>;
      } catch (error) {
        described(error);
      }
    },
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}
