import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeKeyFile } from "../../services/access/keys/key-file.js";
import { digestOf, formatKey, newSecret } from "../../services/access/keys/secret.js";

/** A file of keys with one that may do all that a person does. @returns its path, and the key. */
export function writeOneKey(folder: string): { path: string; key: string } {
  const secret = newSecret();
  const id = "ann";
  const scopes = ["segment", "everything", "upload"] as const;
  const entry = { id, tenant: "acme", sha256: digestOf(secret).toString("hex"), scopes, createdAt: 0 };
  const path = join(folder, "keys.json");
  writeFileSync(path, writeKeyFile({ keys: [entry], tenants: {} }), { mode: 0o600 });
  return { path, key: formatKey({ id, secret }) };
}
