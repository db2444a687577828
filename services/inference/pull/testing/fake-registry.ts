import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";

/** A package's tarball, as npm makes them: all of it in one folder. */
export function makeTarball(files: Record<string, Uint8Array>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-tarball-"));
  try {
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, "package", path)), { recursive: true });
      writeFileSync(join(folder, "package", path), bytes);
    }
    create({ file: join(folder, "made.tgz"), cwd: folder, gzip: true, sync: true }, ["package"]);
    return readFileSync(join(folder, "made.tgz"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Published {
  tarball: Buffer;
  integrity: string;
}

/** A registry of packages on this machine, which npm reads like any other. */
export class FakeRegistry implements AsyncDisposable {
  /** By NAME@VERSION. */
  readonly #packages = new Map<string, Published>();
  readonly #server: Server = createServer(({ url = "" }, response) => {
    const path = decodeURIComponent(url.slice(1));
    const [spec, one] = [...this.#packages].find(([spec]) => path === `${spec}.tgz` || path === nameOf(spec)) ?? [];
    if (!spec || !one) response.writeHead(404).end("{}");
    else if (path.endsWith(".tgz")) response.end(one.tarball);
    else response.setHeader("content-type", "application/json").end(JSON.stringify(this.#document(spec, one)));
  });

  static async start(): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** @param promised what it says of another tarball than it then sends. */
  publish(spec: string, tarball: Buffer, promised = tarball): void {
    this.#packages.set(spec, {
      tarball,
      integrity: `sha512-${createHash("sha512").update(promised).digest("base64")}`,
    });
  }

  #document(spec: string, { tarball, integrity }: Published): object {
    const [name, version] = [nameOf(spec), spec.slice(spec.lastIndexOf("@") + 1)];
    const dist = { tarball: `${this.url}${encodeURIComponent(spec)}.tgz`, integrity, unpackedSize: tarball.length };
    return { name, "dist-tags": { latest: version }, versions: { [version]: { name, version, dist } } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const nameOf = (spec: string) => spec.slice(0, spec.lastIndexOf("@"));
