/** Where an object store is, and what of it is ours. */
export interface ObjectStorePlace {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** Of a store that is not Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

export const objectStoreForm =
  "s3://bucket, s3://bucket/prefix, with ?endpoint=https://host:port and &region=name where it is not Amazon's";

const bucketForm = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const prefixForm = /^([\w.=-]+\/)*$/;

/** @returns undefined for what is of another form. */
export function parseObjectStoreUrl(text: string): ObjectStorePlace | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, host: bucket, pathname, searchParams, hash } = new URL(text);
  const { endpoint, region, ...rest } = Object.fromEntries(searchParams);
  const prefix = pathname.replace(/^\/+/, "").replace(/([^/])$/, "$1/");
  const isPlain = protocol === "s3:" && !username && !password && !hash && Object.keys(rest).length === 0;
  if (!isPlain || !bucketForm.test(bucket) || !prefixForm.test(prefix)) return undefined;
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    return undefined;
  return { bucket, prefix, endpoint, region };
}
