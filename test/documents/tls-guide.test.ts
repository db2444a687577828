import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readEnv, shapeSettings } from "../../services/maskwire/settings.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { readCertificate } from "../../services/runtime/tls/certificate.js";
import { certificateOf } from "../../services/runtime/tls/certificate-role.js";

/* The section TLS of deploy/OPERATIONS.md: its commands are run, and its settings are read. */

const guide = readFileSync(join(projectRoot, "deploy/OPERATIONS.md"), "utf8");
const section = /^## TLS\n(.*?)^## /ms.exec(guide)?.[1] ?? "";
const [commands = "", settings = ""] = [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block);
const folder = mkdtempSync(join(tmpdir(), "tls-guide-"));

beforeAll(() => {
  execFileSync("bash", ["-euc", commands], { cwd: folder, stdio: "pipe" });
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(["encoder", "decoder", "gateway", "client"])("T6: issues a certificate of the role %s", (role) => {
  const certificate = new X509Certificate(readFileSync(join(folder, `${role}.crt`)));
  const authority = new X509Certificate(readFileSync(join(folder, "ca.crt")));
  expect(certificate.verify(authority.publicKey)).toBe(true);
  const sslPeerCertificate = { subjectaltname: certificate.subjectAltName };
  expect(certificateOf({ getAuthContext: () => ({ sslPeerCertificate }) })).toEqual({ role });
});

it("has settings by which each tier shows its own", () => {
  const lines = settings.trim().split("\n");
  expect(lines.length).toBe(3);
  for (const line of lines) {
    const env = Object.fromEntries(
      line
        .trim()
        .split(" ")
        .map((pair) => pair.split("=") as [string, string])
        .map(([name, value]) => [name, value === "on" ? value : join(folder, value)]),
    );
    const { server, peers } = shapeSettings(readEnv(env)).tls;
    for (const side of [server, peers]) if (side) readCertificate(side.files, Date.now());
    expect(server?.clients === "required").toBe(peers === undefined);
  }
});
