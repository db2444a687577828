import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readEnv, shapeSettings } from "../../services/maskwire/settings.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { codeBlocksOf } from "../support/code-blocks.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/*
 * web-client/docs/access.md, as a person pastes it: in a folder of its own, with the program as it is built, on loopback.
 */

const page = readFileSync(join(projectRoot, "web-client", "docs", "access.md"), "utf8");
const lines = codeBlocksOf(page).flatMap(({ code }) => code.trimEnd().split("\n"));
const lineWith = (part: string) => {
  const line = lines.find((one) => one.includes(part));
  if (!line) throw new Error(`access.md has no line with ${part}`);
  return line;
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-readme-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @returns what it prints. @throws Error with what it says when it fails. */
function run(line: string, env: Record<string, string> = {}): string {
  const program = `${process.execPath} ${join(projectRoot, "dist", "services", "maskwire", "cli.js")}`;
  const command = line.replace("npm run -s maskwire --", program);
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", ...env },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
  return stdout.trim();
}

/** The variables before `npm start`. */
function settingsIn(line: string): Record<string, string> {
  expect(line).toMatch(/^(\w+=\S+ )+npm start$/);
  return Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

it("what it says of keys does what it says", async () => {
  const key = run(lineWith("keys create"));
  expect(key).toMatch(/^mw_ann_[\w-]{43}$/);
  const { MASKWIRE_AUTH_FILE: file, ...others } = settingsIn(lineWith("MASKWIRE_AUTH_FILE"));
  expect(others).toEqual({ MASKWIRE_HOST: "0.0.0.0" });
  const env = { MASKWIRE_AUTH_FILE: join(folder, file ?? ""), ...tinyModelEnv() };
  await using maskwire = await MaskwireProcess.start(env);
  const ask = () => run(lineWith("curl").replace("localhost:8080", maskwire.url), { KEY: key });
  expect(JSON.parse(ask())).toMatchObject({ id: "ann", tenant: "acme" });
  expect(run(lineWith("keys list"))).toContain("ann");
  run(lineWith("keys revoke"));
  await expect.poll(() => JSON.parse(ask())).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
});

it("what it says of a provider is settings", () => {
  const { access } = shapeSettings(readEnv(settingsIn(lineWith("MASKWIRE_OIDC_ISSUER"))));
  expect(access.tokens).toMatchObject({ audience: "maskwire", defaultScopes: ["segment", "upload"] });
});
