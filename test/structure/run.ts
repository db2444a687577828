import { projectRoot } from "../../services/runtime/project-root.js";
import { describeStructure } from "./describe.js";
import { readSources } from "./source-files.js";
import { structureOf } from "./structure.js";

/** `npm run -s structure [-- --json]`: folders, lines, arrows and rings. */
const structure = structureOf(await readSources(projectRoot));
const asJson = process.argv.includes("--json");
process.stdout.write(`${asJson ? JSON.stringify(structure) : describeStructure(structure)}\n`);
