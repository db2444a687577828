import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate authority of our own, and what it signed: for a server on 127.0.0.1, and for a client. */
export class Certificates implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "maskwire-tls-"));

  constructor() {
    this.#make("ca", []);
    const signed = ["-CA", this.path("ca.crt"), "-CAkey", this.path("ca.key")];
    this.#make("server", [...signed, "-addext", "subjectAltName=IP:127.0.0.1,DNS:cache.test"]);
    this.#make("elsewhere", [...signed, "-addext", "subjectAltName=DNS:cache.test"]);
    this.#make("client", signed);
  }

  static get areAvailable(): boolean {
    try {
      return /^OpenSSL [3-9]/.test(execFileSync("openssl", ["version"], { encoding: "utf8" }));
    } catch {
      return false;
    }
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Arguments of a Redis that takes TLS alone, and only from clients with a certificate of the same authority. */
  serverArgs(port: number, name: "server" | "elsewhere"): string[] {
    const files = ["--tls-cert-file", this.path(`${name}.crt`), "--tls-key-file", this.path(`${name}.key`)];
    return ["--port", "0", "--tls-port", String(port), ...files, "--tls-ca-cert-file", this.path("ca.crt")];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #make(name: string, args: string[]): void {
    const key = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      this.path(`${name}.key`),
    ];
    const certificate = ["-x509", "-days", "2", "-subj", `/CN=maskwire ${name}`, "-out", this.path(`${name}.crt`)];
    execFileSync("openssl", ["req", ...key, ...certificate, ...args], { stdio: "pipe" });
  }
}
