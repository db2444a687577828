import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeRle, rleIou } from "../../proto/index.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { scene } from "./page.js";
import { RealStack } from "./real-stack.js";

/*
 * A program of somebody's own, made by a bundler from `@maskwire/client/decode` and `onnxruntime-web`, on an origin that the gateway
 * lists.
 */

const stack = new RealStack();
const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const program = `
  import { MaskwireClient } from "@maskwire/client";
  import { browserDecoding } from "@maskwire/client/decode";
  window.program = async (gateway, file, spot, preference) => {
    const failures = [];
    const decoding = browserDecoding({ preference, onFailure: (why) => failures.push(why) });
    const client = new MaskwireClient({ gateway, decoding });
    const picture = await client.open(file);
    await picture.ready;
    const answers = [];
    do {
      const answer = await picture.click(spot);
      answers.push({ place: answer.place, rle: { size: answer.best.rle.size, counts: answer.best.rle.counts } });
      if (preference === "here") await new Promise((resolve) => setTimeout(resolve, 50));
    } while (preference === "here" && answers.at(-1).place !== "here" && failures.length === 0 && answers.length < 2000);
    const refined = await (await picture.click(spot)).refine({ ...spot, x: spot.x + 4 });
    const png = await picture.click(spot, { png: true });
    client.close();
    return { failures, answers, refined: refined.place, png: [png.place, png.best.png.length > 100] };
  };`;

interface Outcome {
  readonly failures: string[];
  readonly answers: { place: string; rle: { size: number[]; counts: string } }[];
  readonly refined: string;
  readonly png: [string, boolean];
}

let folder: string;
let site: Server;
let maskwire: Awaited<ReturnType<typeof startMaskwire>>;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-program-"));
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@maskwire"), { recursive: true });
  await symlink(join(projectRoot, "web-client", "sdk"), join(modules, "@maskwire", "client"));
  await symlink(join(projectRoot, "node_modules", "onnxruntime-web"), join(modules, "onnxruntime-web"));
  await writeFile(join(folder, "program.js"), program);
  await writeFile(join(folder, "index.html"), '<!doctype html><script type="module" src="program.js"></script>');
  await build({
    root: folder,
    logLevel: "error",
    // The runtime is one of two, each loaded where it is needed.
    worker: { format: "es" },
    build: { minify: false, reportCompressedSize: false, chunkSizeWarningLimit: 100_000 },
  });
  site = createServer((request, response) => {
    const path = join(folder, "dist", request.url === "/" ? "index.html" : (request.url ?? ""));
    response.setHeader("content-type", types[extname(path)] ?? "text/html");
    createReadStream(path)
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  maskwire = await startMaskwire({ MASKWIRE_ORIGINS: url });
});
afterAll(async () => {
  await maskwire?.stop();
  site?.closeAllConnections();
  site?.close();
  await rm(folder, { recursive: true });
});

it("D6: a program decodes in the browser what the service would have answered, and hands it what it does not have", async () => {
  const page = await stack.browser.newPage();
  await page.goto(url);
  await page.waitForFunction("window.program");
  const ask = (preference: string) =>
    page.evaluate(
      async ([gateway, bytes, spot, how]) => {
        const file = new Blob([Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))]);
        return (globalThis as never as { program(...of: unknown[]): Promise<Outcome> }).program(
          gateway,
          file,
          spot,
          how,
        );
      },
      [
        maskwire.url,
        stack.photo.toString("base64"),
        { x: scene.disc.x * scene.width, y: scene.disc.y * scene.height },
        preference,
      ] as const,
    );
  const there = await ask("server");
  expect([there.answers[0]?.place, there.refined, there.failures]).toEqual(["server", "server", []]);
  const here = await ask("here");
  expect(here.failures).toEqual([]);
  expect([here.answers[0]?.place, here.answers.at(-1)?.place]).toEqual(["server", "here"]);
  const [ours, theirs] = [here, there].map(({ answers }) => decodeRle(answers.at(-1)!.rle as never));
  expect(rleIou(ours!, theirs!)).toBeGreaterThan(0.999);
  // PNG files are the service's to make.
  expect(here.png).toEqual(["server", true]);
});
