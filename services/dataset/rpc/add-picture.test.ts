import { create } from "@bufbuild/protobuf";
import { beforeAll, expect, it, vi } from "vitest";
import { AddPictureRequestSchema } from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { UploadBudget } from "../../runtime/limits/upload-budget.js";
import type { PictureFiles } from "../files/picture-files.js";
import type { Parts } from "../parts.js";
import { Pictures } from "../pictures/pictures.js";
import { makeSet, newPicture } from "../testing/made-set.js";
import { TestServer } from "../testing/test-server.js";
import { addPicture } from "./add-picture.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  return () => server.close();
});

const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", "base64");
const { imageId } = newPicture("a.png");

/** Adds a kept picture by its id. @param bytesOf what the store says of its file, each time that it is asked. */
async function added(bytesOf: () => Promise<number | undefined>) {
  const database = await server.database();
  await makeSet(database);
  const pictureFiles: Pick<PictureFiles, "describe" | "bytesOf" | "open"> = {
    describe: async () => ({ width: 8, height: 8 }),
    bytesOf,
    open: async function* () {
      yield png;
    },
  };
  const handle = addPicture({
    parts: { get: async () => ({ database, pictures: new Pictures(database), pictureFiles }) as unknown as Parts },
    measure: async () => {
      throw new Error("nothing was sent");
    },
    uploads: new UploadBudget("uploads", 1024),
    limits: { maxImageBytes: 1024, pace: { silenceMs: 10_000, leastBytesPerSecond: 1 } },
  });
  const header = { dataset: "cells", name: "a.png", imageId };
  const requests = (async function* () {
    yield create(AddPictureRequestSchema, { part: { case: "header", value: header } });
  })();
  const context: Partial<CallContext> = {
    origin: { caller: "test" },
    take: () => ({ correct: () => {} }) as never,
    audited: { does: () => {}, ended: () => {} },
  };
  const picture = await handle(requests, context as CallContext).catch((error: unknown) => error);
  return { picture, rows: await database.db.selectFrom("pictures").select("image_id").execute() };
}

it("a picture that is kept already is added by its id", async () => {
  const { picture, rows } = await added(async () => png.byteLength);
  expect(picture).toMatchObject({ name: "a.png", image: { imageId, width: 8, height: 8 } });
  expect(rows).toEqual([{ image_id: imageId }]);
});

it("one whose file is taken away in between is not added", async () => {
  const { picture, rows } = await added(
    vi.fn<() => Promise<number | undefined>>().mockResolvedValueOnce(png.byteLength).mockResolvedValue(undefined),
  );
  expect(picture).toMatchObject({
    code: Code.NOT_FOUND,
    message: "This picture is not kept here; send its bytes.",
  });
  expect(rows).toEqual([]);
});
