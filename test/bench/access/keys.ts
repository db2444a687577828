import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeyEntry, writeKeyFile } from "../../../services/access/keys/key-file.js";
import { digestOf, formatKey, newSecret } from "../../../services/access/keys/secret.js";
import type { PrincipalLimits } from "../../../services/runtime/callers/principal.js";

/** None of them is ever reached: what is measured is that they are counted. */
const wide: PrincipalLimits = {
  requestsPerSecond: 1e9,
  framesPerSecond: 1e9,
  bytesPerSecond: 1e12,
  clicksPerMinute: 1e9,
  encodesPerHour: 1e9,
  everythingPointsPerHour: 1e12,
  sessions: 1e6,
  storedBytes: 1e15,
};

/** A file with a key of each tenant, with all limits there are, and the keys themselves. */
export class Keys implements Disposable {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "maskwire-bench-keys-"));
  readonly #keys = new Map<string, string>();

  constructor(...tenants: string[]) {
    this.path = join(this.#folder, "keys.json");
    const entries = tenants.map((tenant): KeyEntry => {
      const secret = newSecret();
      this.#keys.set(tenant, formatKey({ id: `${tenant}-key`, secret }));
      return {
        id: `${tenant}-key`,
        sha256: digestOf(secret).toString("hex"),
        tenant,
        scopes: ["segment", "everything", "upload"],
        limits: wide,
        createdAt: Date.now(),
      };
    });
    const all = Object.fromEntries(tenants.map((tenant) => [tenant, { limits: wide }]));
    writeFileSync(this.path, writeKeyFile({ keys: entries, tenants: all }), { mode: 0o600 });
  }

  of(tenant: string): string {
    const key = this.#keys.get(tenant);
    if (key === undefined) throw new Error(`there is no key of ${tenant}`);
    return key;
  }

  get env(): Record<string, string> {
    return { MASKWIRE_AUTH_FILE: this.path };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
