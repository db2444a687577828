import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Rle } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { Child } from "../support/child.js";
import { commandLine } from "../support/command-line.js";
import { jpegScene, sceneClicks } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/*
 * What the command line says and writes, whatever the masks: they are in found-masks.test.ts.
 */

interface JsonResult {
  image: { imageId: string };
  masks: { rle: Rle; predictedIou: number }[];
}

const [width, height] = [640, 480];
const disc = `${sceneClicks.disc.x * width},${sceneClicks.disc.y * height}`;

let maskwire: Maskwire;
let folder: string;
let photo: string;

beforeAll(async () => {
  maskwire = await startMaskwire(tinyModelEnv());
  folder = await mkdtemp(join(tmpdir(), "maskwire-cli-"));
  photo = join(folder, "scene.jpg");
  await writeFile(photo, await jpegScene(width, height));
});

afterAll(async () => {
  await maskwire?.stop();
  if (folder) await rm(folder, { recursive: true });
});

const cli = (args: string[], env: Record<string, string> = {}) =>
  commandLine(args, { cwd: folder, env: { MASKWIRE_URL: maskwire.url, ...env } });

describe("maskwire segment", () => {
  it("prints size, score, area and box for a person", async () => {
    const { code, stdout } = await cli(["segment", photo, "--point", disc]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^picture 640 x 480\nmask 1 {2}score [01]\.\d+ .* area \d+ px \(\d+\.\d %\) {2}box \d+,\d+ \d+ x \d+\n$/,
    );
  });

  it("writes every candidate, best first", async () => {
    const { code, stdout } = await cli([
      "segment",
      photo,
      "--point",
      disc,
      "--multimask",
      "--out",
      "all.png",
      "--json",
    ]);
    expect(code).toBe(0);
    const { masks } = JSON.parse(stdout) as JsonResult;
    const scores = masks.map(({ predictedIou }) => predictedIou);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const names = masks.map((_, index) => (index === 0 ? "all.png" : `all-${index + 1}.png`));
    for (const name of names) expect((await stat(join(folder, name))).size).toBeGreaterThan(0);
  });

  it("starts a gateway of its own when none is given", async () => {
    const { code, stdout, stderr } = await cli(["segment", photo, "--point", disc], {
      ...tinyModelEnv(),
      MASKWIRE_URL: "",
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^picture 640 x 480\nmask 1/);
    expect(stderr).toBe("maskwire: no gateway is given (--url or MASKWIRE_URL), so one is started for this command\n");
  });

  it("shows how it is used", async () => {
    const { code, stdout } = await cli(["segment", "--help"]);
    expect(code).toBe(0);
    for (const part of ["--point", "--negative", "--box", "--cutout", "MASKWIRE_URL", "Examples:"]) {
      expect(stdout).toContain(part);
    }
  });
});

describe("standard streams", () => {
  const shell = (command: string, env: Record<string, string> = {}) =>
    new Child("/bin/sh", ["-c", command], {
      env: { PATH: process.env.PATH ?? "", MASKWIRE_URL: maskwire.url, ...env },
      cwd: folder,
    }).ended;
  const command = `"${process.execPath}" "${join(projectRoot, "dist", "services", "maskwire", "cli.js")}"`;
  const models = `"${process.execPath}" "${join(projectRoot, "dist", "models", "cli.js")}"`;

  it("reads the photo from standard input", async () => {
    const fromInput = await shell(`${command} segment - --point ${disc} --json < "${photo}"`);
    const fromFile = await cli(["segment", photo, "--point", disc, "--json"]);
    expect([fromInput.code, fromInput.stderr]).toEqual([0, ""]);
    const { image, masks } = JSON.parse(fromInput.stdout) as JsonResult;
    const expected = JSON.parse(fromFile.stdout) as JsonResult;
    expect([image, masks[0]?.rle]).toEqual([expected.image, expected.masks[0]?.rle]);
  });

  it.each([
    [`${command} --help`, "help"],
    [`${command} segment "$PHOTO" --point ${disc} --json`, "a result"],
    [`${models} list`, "the models"],
  ])("ends quietly when nobody reads on: %s", async (line, _what) => {
    const { stderr, stdout } = await shell(`{ ${line}; echo "ended with $?" >&2; } | true`, { PHOTO: photo });
    expect([stdout, stderr]).toEqual(["", "ended with 0\n"]);
  });

  it.each([
    [`${command} --help`, "maskwire"],
    [`${command} segment "$PHOTO" --point ${disc}`, "maskwire"],
    [`${models} list`, "models"],
  ])("says in a sentence that the disk is full: %s", async (line, name) => {
    const { code, stderr } = await shell(`${line} > /dev/full`, { PHOTO: photo });
    expect([code, stderr]).toEqual([1, `${name}: The result cannot be written: the disk is full.\n`]);
  });

  it.each([
    ["a mistake in the prompt", ["--json"], 2, /Say where/],
    ["an unknown option", ["--json", "--bogus"], 2, /unknown option/],
    ["nobody there", ["--point", "1,2", "--json", "--url", "http://127.0.0.1:1"], 1, /Nothing answers/],
  ])("tells errors as JSON where the result is JSON: %s", async (_name, args, exitCode, message) => {
    const { code, stdout, stderr } = await cli(["segment", photo, ...args]);
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(JSON.parse(stderr)).toEqual({ error: { message: expect.stringMatching(message), exitCode } });
  });
});

describe("a mistake gets one sentence", () => {
  const cases: [name: string, args: () => string[] | Promise<string[]>, code: number, sentence: RegExp][] = [
    ["no prompt", () => ["segment", photo], 2, /^maskwire: Say where the object is/],
    ["a malformed point", () => ["segment", photo, "--point", "12"], 2, /Expected two numbers, X,Y/],
    ["an unknown detail", () => ["segment", photo, "--point", "1,2", "--detail", "fine"], 2, /auto, always, off/],
    ["a malformed box", () => ["segment", photo, "--box", "1,2,3"], 2, /Expected four numbers/],
    ["an unknown option", () => ["segment", photo, "--bogus", "1,2"], 2, /unknown option '--bogus'/],
    [
      "an address with a query",
      () => ["segment", photo, "--point", "1,2", "--url", "http://localhost/?a=1"],
      2,
      /no \? and/,
    ],
    ["an empty address", () => ["segment", photo, "--point", "1,2", "--url", ""], 2, /--url is empty/],
    ["an option twice", () => ["segment", photo, "--point", "1,2", "--out", "a.png", "--out", "b.png"], 2, /only once/],
    ["two results in one file", () => ["everything", photo, "--out", "a.png", "--preview", "a.png"], 2, /write over/],
    ["half a point a side", () => ["everything", photo, "--points-per-side", "0.5"], 2, /a whole number/],
    ["a malformed address", () => ["segment", photo, "--point", "1,2", "--url", "here"], 2, /Expected an address/],
    [
      "an unknown model",
      () => ["segment", photo, "--point", "1,2", "--model", "x"],
      2,
      /model "x" is not served here; tiny is/,
    ],
    [
      "a point outside",
      () => ["segment", photo, "--point", "700,1"],
      2,
      /\(700, 1\) lies outside the picture of 640 x 480/,
    ],
    [
      "a missing file",
      () => ["segment", "none.jpg", "--point", "1,2"],
      1,
      /none\.jpg cannot be read: there is no such/,
    ],
    ["a folder", () => ["segment", ".", "--point", "1,2"], 1, /it is a folder/],
    ["a missing folder", () => ["segment", photo, "--point", "1,2", "--out", "no/m.png"], 1, /there is no folder no/],
    [
      "a file that is no picture",
      async () => {
        await writeFile(join(folder, "page.jpg"), "<!doctype html>");
        return ["segment", "page.jpg", "--point", "1,2"];
      },
      1,
      /is not a JPEG, PNG/,
    ],
    [
      "a damaged picture",
      async () => {
        const png = await sharp(await readFile(photo))
          .png()
          .toBuffer();
        await writeFile(join(folder, "cut-short.png"), png.subarray(0, png.length / 2));
        return ["segment", "cut-short.png", "--point", "1,2"];
      },
      1,
      /damaged or cut short/,
    ],
    [
      "nobody at the address",
      async () => ["segment", photo, "--point", "1,2", "--url", `http://127.0.0.1:${await freePort()}`],
      1,
      /Nothing answers at http/,
    ],
  ];

  it.each(cases)("%s", async (_name, args, code, sentence) => {
    const end = await cli(await args());
    expect(end.stderr).toMatch(sentence);
    expect(end.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(end.stdout).toBe("");
    expect(end.code).toBe(code);
  });
});

it("gives the masks although a file beside them cannot be written", async () => {
  await mkdir(join(folder, "folder.png"));
  const end = await cli(["segment", photo, "--point", disc, "--cutout", "folder.png", "--json"]);
  expect(JSON.parse(end.stdout)).toMatchObject({ masks: [{ area: expect.any(Number) }] });
  expect(end.stderr).toContain("the cutout was not written: folder.png cannot be written: it is a folder.");
  expect(end.code).toBe(1);
});

it("leaves the photo as it was", async () => {
  expect(await readFile(photo)).toEqual(await jpegScene(width, height));
});

describe("maskwire delete", () => {
  const isThere = async (id: string) => (await fetch(`${maskwire.url}/v1/images/${id}`)).status === 200;

  it("deletes a photo by its file or its id, and all of them when that is said", async () => {
    const seen = async () => {
      const { stdout } = await cli(["segment", photo, "--point", disc, "--json"]);
      return (JSON.parse(stdout) as JsonResult).image.imageId;
    };
    const id = await seen();
    for (const args of [[photo], [id], ["--all"], ["--all", "all"]]) {
      expect(await seen()).toBe(id);
      expect(await isThere(id)).toBe(true);
      const { code, stdout, stderr } = await cli(["delete", ...args]);
      expect({ code, stderr }, args.join(" ")).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe(args[0] === "--all" ? "deleted everything\n" : `deleted ${id}\n`);
      expect(await isThere(id)).toBe(false);
    }
    expect((await stat(photo)).isFile()).toBe(true);
  });

  it.each([
    ["nothing to delete", ["delete"], "Say what to delete"],
    ["a photo and everything", ["delete", "--all", "all", "photo.jpg"], "Say what to delete"],
    ["an id that is none", ["delete", "sha256:12"], "64 hex digits"],
    ["no file", ["delete", "none.jpg"], "none.jpg"],
    ["another's name for everything", ["delete", "--all", "acme"], "?confirm=all"],
  ])("refuses %s, and deletes nothing", async (_what, args, sentence) => {
    const { code, stdout, stderr } = await cli(args);
    expect(stderr).toContain(sentence);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe("");
  });

  it("asks for a gateway", async () => {
    const { code, stderr } = await cli(["delete", photo], { MASKWIRE_URL: "" });
    expect(stderr).toContain("--url or MASKWIRE_URL");
    expect(code).toBe(2);
  });
});
