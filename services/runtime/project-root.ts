import { fileURLToPath } from "node:url";

/** The folder that holds proto/, models/ and node_modules/: compiled code lies in dist/services/runtime below it. */
export const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));
