import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { billOfMaterials } from "./sbom.js";

interface Component {
  name: string;
  version: string;
  purl: string;
  hashes?: unknown[];
  licenses?: { license?: { id?: string }; expression?: string }[];
}

const bill = JSON.parse(billOfMaterials()) as {
  bomFormat: string;
  specVersion: string;
  metadata: { component: Component };
  components: Component[];
};

/** What may be in a program under Apache-2.0, by SPDX: they ask for no more than their notices. */
const compatible = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
]);
/** libvips, a library of its own that is loaded when the program runs, and that anybody may put another in place of. */
const loadedApart = /^@img\/sharp-/;

/** What one has to keep to: all that an AND joins, any that an OR does. */
function isCompatible({ name, licenses = [] }: Component): boolean {
  const [{ license, expression = license?.id ?? "" } = {}] = licenses;
  const allowed = (one: string) => compatible.has(one) || (one === "LGPL-3.0-or-later" && loadedApart.test(name));
  const bare = expression.replace(/[()]/g, "");
  return bare.includes(" OR ") ? bare.split(" OR ").some(allowed) : bare.split(" AND ").every(allowed);
}

it("the bill of materials is CycloneDX, of Maskwire", () => {
  expect(bill).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: expect.stringMatching(/^1\.\d$/),
    metadata: { component: { name: "maskwire", licenses: [{ license: { id: "Apache-2.0" } }] } },
  });
});

it("it lists every package that is installed to serve, and none for working on it, each with its hash", () => {
  const { packages } = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; dev?: boolean; link?: boolean; name?: string }>;
  };
  const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const shipped = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.includes("node_modules/") && !link && !dev)
    .map(([path, { name, version }]) => `${name ?? nameOf(path)}@${version}`);
  const listed = bill.components.map(({ name, version }) => `${name}@${version}`);
  expect(shipped.length).toBeGreaterThan(100);
  expect(new Set(listed)).toEqual(new Set(shipped));
  expect(
    bill.components.filter(({ hashes = [], purl }) => hashes.length === 0 || !purl.startsWith("pkg:npm/")),
  ).toEqual([]);
});

it("and each with a licence that goes with Apache-2.0", () => {
  expect(bill.components.filter((one) => !isCompatible(one)).map(({ name, licenses }) => [name, licenses])).toEqual([]);
  const one = (expression: string, name = "any") =>
    isCompatible({ name, version: "1", purl: "", licenses: [{ expression }] });
  expect([one("GPL-3.0-only"), one("MIT AND GPL-2.0-only"), one("LGPL-3.0-or-later"), one("")]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([one("(MIT OR GPL-2.0-only)"), one("Apache-2.0 AND LGPL-3.0-or-later", "@img/sharp-x")]).toEqual([true, true]);
});
