import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";

/** Of compiled code: types are gone from it. */
const imports = /^(?:import|export)\s(?:[^;]*?\sfrom\s+)?"([^"]+)"/gm;

/** The packages that a compiled entry loads before it runs, through all of our own modules. */
function packagesOf(entry: string): string[] {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const read = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(imports)) {
      if (name.startsWith(".")) read(join(dirname(file), name));
      else if (!name.startsWith("node:")) packages.add(name);
    }
  };
  read(join(projectRoot, "dist", "services", entry));
  return [...packages].sort();
}

const codes = "@grpc/grpc-js/build/src/constants.js";

// Each is started many times, and again whenever one was lost: a package of the server's costs a tenth of a second every time.
it.each([
  ["encoder/worker/encoder-worker.js", [codes, "onnxruntime-node"]],
  ["decoder/worker/decoder-worker.js", [codes, "lru-cache", "onnxruntime-node"]],
  ["encoder/pictures/picture-process.js", [codes, "sharp"]],
  [
    "../gateway/json/json-thread.js",
    ["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wire", "@bufbuild/protobuf/wkt", codes],
  ],
])("%s loads what it works with, and nothing of the server's", (entry, packages) => {
  expect(packagesOf(entry)).toEqual(packages);
});
