import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, in files. */
export interface Issued {
  cert: string;
  key: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** An authority of a test's own, made with OpenSSL in a temporary folder. */
export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "authority-"));
  readonly cert = join(this.folder, "ca.crt");
  readonly #key = join(this.folder, "ca.key");

  constructor(name = "Test authority") {
    openssl("req", "-x509", ...newKey, "-keyout", this.#key, "-out", this.cert, "-subj", `/CN=${name}`, "-days", "30");
  }

  get pem(): string {
    return readFileSync(this.cert, "utf8");
  }

  /** @param names as OpenSSL writes alternative names: `DNS:localhost,IP:127.0.0.1`. @param days below 0: it has ended. */
  issue(name: string, names = "DNS:localhost,IP:127.0.0.1", days = 30): Issued {
    const [cert, key, request] = ["crt", "key", "csr"].map((end) => join(this.folder, `${name}.${end}`)) as [
      string,
      string,
      string,
    ];
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`];
    openssl("req", "-new", ...newKey, "-keyout", key, "-out", request, ...subject);
    const signed = ["-CA", this.cert, "-CAkey", this.#key, "-CAcreateserial"];
    openssl("x509", "-req", "-in", request, ...signed, "-days", String(days), "-copy_extensions", "copy", "-out", cert);
    return { cert, key };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
