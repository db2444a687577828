import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { ServiceError } from "../../runtime/errors.js";
import { fileGone, noRoom, storeLost } from "./file-errors.js";
import type { ObjectStorePlace } from "./object-store-url.js";

/** Of one request, of its connection and of a silence within it. */
const limits = { connectionTimeout: 5000, requestTimeout: 30_000, maxAttempts: 4 };

/** Credentials come by the SDK's own chain: variables, files, the machine's or the pod's role. */
export function openS3({ endpoint, region }: Pick<ObjectStorePlace, "endpoint" | "region">): S3Client {
  const { maxAttempts, ...requestHandler } = limits;
  return new S3Client({
    ...(region !== undefined && { region }),
    // A store that is not Amazon's knows no regions, but its signatures name one.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true, region: region ?? "us-east-1" }),
    maxAttempts,
    requestHandler,
    // Others than Amazon's refuse checksums that they do not know; pictures have their SHA-256.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

export const isMissingObject = (error: unknown) =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== "NoSuchBucket";

/** The one place where an object store's faults become ours. */
export function describeS3(error: unknown, bucket: string): unknown {
  if (error instanceof ServiceError || !(error instanceof Error) || error.name === "AbortError") return error;
  if (isMissingObject(error)) return fileGone();
  if (error instanceof S3ServiceException) {
    const { name, $metadata } = error;
    const isFull = $metadata.httpStatusCode === 507 || /quota|storagefull|insufficient/i.test(name);
    if (isFull) return noRoom(`in the bucket ${bucket}`, error);
    return storeLost(`refuses what is asked of the bucket ${bucket} (${name})`, error);
  }
  if (error.name === "CredentialsProviderError") {
    return storeLost(`cannot be asked: there are no credentials for the bucket ${bucket}`, error);
  }
  const { code } = error as NodeJS.ErrnoException;
  const isNetwork =
    "$metadata" in error || error.name === "TimeoutError" || (typeof code === "string" && /^E[A-Z_]+$/.test(code));
  return isNetwork ? storeLost(`does not answer (${code ?? error.name})`, error) : error;
}
