import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";

/** What of Label Studio is asked with its token: files, and what leads to them. */
const filePaths = ["data/", "storage-data/", "tasks/"];
const cloud = /^(?:s3|gs|azure-blob):\/\//;

/** Whether a token goes along to an address: one of Label Studio's own files. @param base its address, with a slash at its end. */
export function isOwnFile(url: URL, base: URL | undefined): boolean {
  return (
    base !== undefined &&
    url.origin === base.origin &&
    filePaths.some((path) => url.pathname.startsWith(base.pathname + path))
  );
}

/**
 * Where a task's picture may be, the best place first.
 * @param value as a task's data have it: relative, in a cloud, or anywhere. @param base Label Studio's address, with a slash at its end.
 * @throws ServiceError INVALID_ARGUMENT for none; FAILED_PRECONDITION where Label Studio's address is needed and not known.
 */
export function picturesAddresses(value: string, task: string, base: URL | undefined): [URL, ...URL[]] {
  if (/^https?:\/\//i.test(value)) {
    if (URL.canParse(value)) return [new URL(value)];
    throw invalidArgument("The picture's address cannot be read.");
  }
  if (!base) {
    const message =
      "Pictures of Label Studio's own need its address: whoever runs this gateway sets MASKWIRE_LABEL_STUDIO_URL.";
    throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
  }
  if (cloud.test(value)) {
    const uri = Buffer.from(value).toString("base64url");
    return [new URL(`tasks/${encodeURIComponent(task)}/presign/?fileuri=${uri}`, base)];
  }
  const path = value.replace(/^\/+/, "");
  const [, upload] = /^(?:data\/)?(upload\/.+)$/.exec(path) ?? [];
  const found: [URL, ...URL[]] =
    upload === undefined
      ? [new URL(path, base)]
      : [
          new URL(`storage-data/uploaded/?filepath=${encodeURIComponent(decoded(upload))}`, base),
          new URL(`data/${upload}`, base),
        ];
  // `..` may lead elsewhere.
  if (found.every((url) => isOwnFile(url, base))) return found;
  throw invalidArgument(`"${value.slice(0, 80)}" is no file of Label Studio's.`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
