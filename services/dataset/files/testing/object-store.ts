import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import type { ObjectStorePlace } from "../object-store-url.js";

/** An object store of this process. It checks no signatures. */
export interface TestObjectStore extends AsyncDisposable {
  readonly url: string;
  readonly place: ObjectStorePlace;
  /** From now on it refuses whatever it is asked, or does not any more. */
  refuse(isRefusing: boolean): void;
}

export async function startObjectStore(bucket = "pictures", prefix = "ours/"): Promise<TestObjectStore> {
  const directory = await mkdtemp(join(tmpdir(), "maskwire-s3-"));
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  let refuses = false;
  server.middleware.unshift(async (context, next) => {
    if (!refuses) return next();
    context.status = 403;
    context.type = "application/xml";
    context.body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
  });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    url: `s3://${bucket}/${prefix}?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1`,
    place: { bucket, prefix, endpoint, region: "us-east-1" },
    refuse: (isRefusing) => {
      refuses = isRefusing;
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const usual = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

/** The chain finds them first. @returns what puts back what was there. */
export function useTestCredentials({ accessKeyId, secretAccessKey } = usual): () => void {
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;
  const before = names.map((name) => process.env[name]);
  [process.env.AWS_ACCESS_KEY_ID, process.env.AWS_SECRET_ACCESS_KEY] = [accessKeyId, secretAccessKey];
  return () => {
    names.forEach((name, index) => {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    });
  };
}
