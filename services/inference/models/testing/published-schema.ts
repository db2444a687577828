import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { projectRoot } from "../../../runtime/project-root.js";

/** The published schema in another implementation of JSON Schema than the one that wrote it: whether it takes a file of models. */
export function publishedSchema(): (file: unknown) => boolean {
  const schema = JSON.parse(readFileSync(join(projectRoot, "models", "manifest.schema.json"), "utf8"));
  const validate = new Ajv2020({ validateFormats: false }).compile(schema);
  // As it is written: what is undefined here is not there.
  return (file) => validate(JSON.parse(JSON.stringify(file))) === true;
}
