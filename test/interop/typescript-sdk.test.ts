import { execFile, spawnSync } from "node:child_process";
import { access, copyFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { projectRoot } from "../../services/runtime/project-root.js";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { MaskwireClient } from "../../web-client/sdk/client.js";
import { writeOneKey } from "../support/one-key.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { codeIn } from "./code-in.js";

/** Without what `npm test` hands down. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_")));

function run(program: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

describe("@maskwire/client, from its tarball in a fresh folder", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maskwire-client-"));
    const sdk = join(projectRoot, "web-client", "sdk");
    await access(join(sdk, "dist", "index.js")).catch(() => run("npm", ["run", "-s", "build"], sdk));
    const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], sdk)) as {
      filename: string;
    }[];
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${packed?.filename}`], folder);
    // What people bring themselves: pictures, and a WebSocket where Node has none.
    await copyFile(join(projectRoot, "web-client", "public", "samples", "kitchen.jpg"), join(folder, "kitchen.jpg"));
    for (const name of ["sharp", "ws"]) {
      await symlink(join(projectRoot, "node_modules", name), join(folder, "node_modules", name));
    }
    await writeFile(
      join(folder, "socket.js"),
      'import { WebSocket } from "ws";\nglobalThis.WebSocket ??= WebSocket;\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("cuts an object out as README says", async () => {
    await using maskwire = await startMaskwire(tinyModelEnv());
    const code = (await codeIn("README.md", "js", "@maskwire/client")).replaceAll(
      "localhost:8080",
      `127.0.0.1:${maskwire.host.port}`,
    );
    expect(code.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(6);
    await writeFile(join(folder, "cut-out.js"), code);
    // Needs no WebSocket, which Node 20 has none of.
    await promisify(execFile)(process.execPath, ["cut-out.js"], { cwd: folder, env });
    const { width, height, channels } = await sharp(await readFile(join(folder, "teapot.png"))).metadata();
    const { channels: bands } = await sharp(await readFile(join(folder, "teapot.png"))).stats();
    expect([width <= 1200, height <= 800, channels]).toEqual([true, true, 4]);
    // Some of it is the object.
    expect(bands[3]?.max).toBe(255);
  });

  it("refines, hovers, finds everything, and says in a sentence what is wrong", async () => {
    await using maskwire = await startMaskwire(tinyModelEnv());
    const code = `
      import { MaskwireClient, MaskwireError, decodeRle, rleToBitmap } from "@maskwire/client";
      import { readFile } from "node:fs/promises";
      const client = new MaskwireClient({ gateway: "http://127.0.0.1:${maskwire.host.port}" });
      const phases = new Set();
      const picture = await client.open(await readFile("kitchen.jpg"), { onPhase: ({ kind }) => phases.add(kind) });
      const first = await picture.click({ x: 640, y: 380 });
      const second = await first.refine({ x: 300, y: 80, label: 0 });
      const boxed = await picture.click({ box: { x0: 490, y0: 210, x1: 860, y1: 490 } });
      const again = await picture.click({ mask: boxed.best.rle });
      const hovered = await picture.hover({ x: 640, y: 380 });
      const pixels = rleToBitmap(decodeRle(first.best.rle)).reduce((sum, one) => sum + one, 0);
      const found = [];
      for await (const finding of picture.everything({ pointsPerSide: 2, predIouThresh: 0, stabilityScoreThresh: 0 })) found.push(finding.case);
      const refused = await picture.click({ points: [] }).catch((error) => error);
      const models = await client.models();
      const known = await client.open(picture.id);
      await known.ready;
      console.log(JSON.stringify({
        phases: [...phases], candidates: first.masks.length, refined: second.masks.length, hovered: hovered.area === first.best.area,
        pixels: pixels === first.best.area, again: again.masks.length > 0, last: found.at(-1), model: models[0].id,
        refused: [refused instanceof MaskwireError, refused.code, /[.]$/.test(refused.message)],
      }));
      client.close();`;
    await writeFile(join(folder, "all.js"), code);
    expect(JSON.parse(await runBeside("all.js", folder))).toEqual({
      phases: expect.arrayContaining(["uploading", "ready"]),
      candidates: 3,
      refined: 1,
      hovered: true,
      pixels: true,
      again: true,
      last: "done",
      model: expect.any(String),
      refused: [true, "INVALID_ARGUMENT", true],
    });
  });

  it("cuts out by a box, and says in a sentence what is wrong", async () => {
    await using maskwire = await startMaskwire(tinyModelEnv());
    const code = `
      import { MaskwireClient, MaskwireError } from "@maskwire/client";
      import { readFile } from "node:fs/promises";
      const client = new MaskwireClient({ gateway: "http://127.0.0.1:${maskwire.host.port}" });
      const away = new MaskwireClient({ gateway: "http://127.0.0.1:1" });
      const file = await readFile("kitchen.jpg");
      const box = { x0: 490, y0: 210, x1: 860, y1: 490 };
      const png = await client.cutOut(new Blob([file]), { box, points: [{ x: 640, y: 380 }, { x: 1, y: 1, label: 0 }] });
      const told = [];
      for (const refused of [
        () => client.cutOut(file, {}),
        () => client.cutOut(file, { x: 9999, y: 1 }),
        () => client.cutOut(new TextEncoder().encode("no picture"), { x: 1, y: 1 }),
        () => client.cutOut(file, { x: 1, y: 1 }, { model: "none" }),
        () => away.cutOut(file, { x: 1, y: 1 }),
        () => away.models(),
        () => away.words(),
      ]) told.push(await refused().catch((error) => [error instanceof MaskwireError, error.code, /[.]$/.test(error.message)]));
      const left = await client.cutOut(file, { x: 1, y: 1 }, { signal: AbortSignal.abort("enough") }).catch((error) => error);
      console.log(JSON.stringify({ png: [...png.subarray(1, 4)], told, left }));`;
    await writeFile(join(folder, "cut-more.js"), code);
    const wrong = [true, "INVALID_ARGUMENT", true];
    const lost = [true, "UNAVAILABLE", true];
    expect(JSON.parse(await runBeside("cut-more.js", folder))).toEqual({
      png: [0x50, 0x4e, 0x47],
      told: [wrong, wrong, wrong, wrong, lost, lost, lost],
      left: "enough",
    });
  });

  it("L6: shows who is calling by a key, and says what is missing without", async () => {
    const { path, key } = writeOneKey(folder);
    await using maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_AUTH_FILE: path });
    const code = `
      import { MaskwireClient } from "@maskwire/client";
      import { readFile } from "node:fs/promises";
      const gateway = "http://127.0.0.1:${maskwire.host.port}";
      const file = await readFile("kitchen.jpg");
      const told = [];
      for (const key of ["${key}", () => "${key}", undefined, "mw_ann_guess"]) {
        const client = new MaskwireClient({ gateway, ...(key && { key }) });
        const picture = await client.open(file);
        told.push(await picture.click({ x: 640, y: 380 }).then(({ masks }) => masks.length, ({ code }) => code));
        client.close();
      }
      console.log(JSON.stringify(told));`;
    await writeFile(join(folder, "key.js"), code);
    const refused = "UNAUTHENTICATED";
    expect(JSON.parse(await runBeside("key.js", folder))).toEqual([3, 3, refused, refused]);
  });

  it("S1: goes on where it was at a service that has just been started and knows nothing", async () => {
    const port = String(await freePort());
    const first = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_PORT: port });
    const client = new MaskwireClient({ gateway: `http://127.0.0.1:${port}`, WebSocket });
    const uploads: number[] = [];
    const picture = await client.open(await jpegScene(320, 240, 9), {
      onPhase: (phase) => void (phase.kind === "uploading" && phase.sentBytes === 0 && uploads.push(1)),
    });
    try {
      const answer = await picture.click(clickOn("disc"));
      const refined = await answer.refine({ x: 5, y: 5, label: 0 });
      await first.stop();
      // Asked while nobody is there: of the picture, and of a mask that the next one has never made.
      const waiting = [picture.click(clickOn("disc")), answer.refine({ x: 5, y: 5, label: 0 })] as const;
      await using _second = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_PORT: port });
      const [again, refinedAgain] = await Promise.all(waiting);
      expect(again.masks.map(({ rle }) => rle)).toEqual(answer.masks.map(({ rle }) => rle));
      expect(refinedAgain.best?.rle).toEqual(refined.best?.rle);
      expect(uploads.length).toBe(2);
    } finally {
      client.close();
    }
  });

  it("has types that stand by themselves", async () => {
    const code = `
      import { type Finding, MaskwireClient, type Mask } from "@maskwire/client";
      import type { MaskDetail } from "@maskwire/client/element";
      const client = new MaskwireClient({ gateway: "http://localhost:8080", key: () => undefined });
      const picture = await client.open(new Uint8Array(), { signal: AbortSignal.timeout(5) });
      const { best } = await picture.click({ x: 1, y: 2 });
      const mask: Mask | undefined = await picture.hover({ x: 1, y: 2 });
      const [height] = best?.rle?.size ?? [];
      for await (const finding of picture.everything({ text: "dog" })) {
        const kind: Finding["case"] = finding.case;
        if (finding.case === "found") console.log(finding.value.mask?.predictedIou.toFixed(2), kind, mask, height?.toFixed());
      }
      document.querySelector("maskwire-image")?.addEventListener("maskwire-mask", ({ detail }: CustomEventInit<MaskDetail>) => {
        console.log(detail?.mask.area.toFixed());
      });
      // @ts-expect-error There is no such label.
      await picture.click({ x: 1, y: 2, label: 7 });
      // @ts-expect-error Of a mask there is no such thing.
      console.log(best?.colour);`;
    await writeFile(join(folder, "typed.ts"), code);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom"];
    run(
      process.execPath,
      [join(projectRoot, "node_modules", "typescript", "bin", "tsc"), ...options, "--types", "", "typed.ts"],
      folder,
    );
  });

  it("is no more than 25 KiB in gzip for a browser", async () => {
    for (const name of ["index.js", "element.js"]) {
      const bytes = await readFile(join(folder, "node_modules", "@maskwire", "client", "dist", name));
      expect(bytes.toString()).not.toMatch(/\bfrom"|\bimport"/);
      expect(gzipSync(bytes, { level: 9 }).length, name).toBeLessThanOrEqual(25 * 1024);
    }
  });
});

/** As another process, while this one serves. */
async function runBeside(file: string, folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "./socket.js", file], {
    cwd: folder,
    env,
  });
  return stdout;
}
