import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Sa1bAnnotation, type Sa1bRecord, sa1bImageId } from "../../../proto/index.js";
import { imageIdOf } from "../../runtime/image-id.js";
import { CommandError } from "./command-error.js";
import { everythingPhoto } from "./everything-photo.js";

const bytes = Buffer.from("any bytes: the gateway here does not look");
const imageId = imageIdOf(bytes);
const image = { imageId, width: 4, height: 3 };

const annotation = (id: number, area: number): Sa1bAnnotation => ({
  id,
  segmentation: { size: [3, 4], counts: "<" },
  bbox: [0, 0, 0, 0],
  area,
  predicted_iou: 1,
  stability_score: 1,
  point_coords: [[1, 1]],
  crop_box: [0, 0, 4, 3],
});
const done = { done: { masks: 2, points: 9, elapsedMs: 1234 } };

let folder: string;
let photo: string;
let server: Server;
let url: string;
let asked: Record<string, unknown>[];
/** The answers to `POST /v1/everything`, one after the other: a status and its lines. */
let answers: [status: number, lines: object[]][];
let uploads: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-everything-photo-"));
  photo = join(folder, "photo.jpg");
  await writeFile(photo, bytes);
  [asked, answers, uploads] = [[], [], 0];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    if (request.url === "/v1/everything") {
      asked.push(JSON.parse(body));
      const [status, lines] = answers.shift() ?? [500, []];
      response.writeHead(status).end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    } else if (request.method === "POST") {
      uploads++;
      response.end(`${JSON.stringify({ ready: { image } })}\n`);
    } else response.end(JSON.stringify({ image, stored: true, embedded: true }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const out = () => join(folder, "out.json");
const record = async () => JSON.parse(await readFile(out(), "utf8")) as Sa1bRecord;

describe("everythingPhoto", () => {
  it("follows the lines: what was retracted is not in the record, the largest comes first", async () => {
    const lines = [
      { progress: { pointsDone: 0, pointsTotal: 9, etaMs: 0 } },
      { annotation: annotation(1, 5) },
      { annotation: annotation(2, 6) },
      { retracted: 1 },
      { annotation: annotation(3, 7) },
      done,
    ];
    answers = [[200, lines]];
    await everythingPhoto(photo, { url, out: out() });
    const { image: shown, annotations } = await record();
    expect(shown).toEqual({ image_id: sa1bImageId(imageId), width: 4, height: 3, file_name: "photo.jpg" });
    expect(annotations.map(({ id }) => id)).toEqual([3, 2]);
  });

  it("asks with the options that were given, and no others", async () => {
    answers = [
      [200, [done]],
      [200, [done]],
    ];
    await everythingPhoto(photo, { url, out: out() });
    await everythingPhoto(photo, {
      url,
      out: out(),
      exhaustive: true,
      pointsPerSide: 8,
      predIouThresh: 0.5,
      model: "m",
    });
    expect(asked[0]).toEqual({ imageId, mode: "EVERYTHING_MODE_ADAPTIVE" });
    expect(asked[1]).toEqual({
      imageId,
      mode: "EVERYTHING_MODE_EXHAUSTIVE",
      pointsPerSide: 8,
      predIouThresh: 0.5,
      model: "m",
    });
  });

  it("uploads a picture that is gone and asks again, from nothing", async () => {
    const gone = { error: { code: "NOT_FOUND", message: "Upload it." } };
    answers = [
      [200, [{ annotation: annotation(1, 5) }, gone]],
      [200, [{ annotation: annotation(1, 9) }, done]],
    ];
    await everythingPhoto(photo, { url, out: out() });
    expect(uploads).toBe(1);
    expect((await record()).annotations.map(({ area }) => area)).toEqual([9]);
  });

  it.each([
    [200, [{ annotation: annotation(1, 5) }], 1, /ended before everything was found/],
    [200, [{ error: { code: "UNAVAILABLE", message: "Lost; ask again." } }], 1, /^Lost; ask again\.$/],
    [
      400,
      [{ error: { code: "INVALID_ARGUMENT", message: "points_per_side is off." } }],
      2,
      /^points_per_side is off\.$/,
    ],
  ])("fails with the gateway's sentence: %i %j", async (status, lines, exitCode, message) => {
    answers = [[status, lines]];
    const failed = everythingPhoto(photo, { url, out: out() });
    await expect(failed).rejects.toThrow(CommandError);
    await expect(failed).rejects.toMatchObject({ exitCode, message: expect.stringMatching(message) });
  });

  it("looks at the paths before the work", async () => {
    await expect(everythingPhoto(photo, { url, out: join(folder, "no", "x.json") })).rejects.toThrow(
      "there is no folder",
    );
    await expect(everythingPhoto(join(folder, "none"), { url })).rejects.toThrow("cannot be read");
    expect(asked).toEqual([]);
  });
});
