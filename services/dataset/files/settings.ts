import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { text } from "../../runtime/settings/forms.js";
import type { EnvOf } from "../../runtime/settings/read-env.js";
import { objectStoreForm, parseObjectStoreUrl } from "./object-store-url.js";

const objectStore = z.string().transform((url, context) => {
  const place = parseObjectStoreUrl(url);
  if (place) return place;
  context.addIssue(objectStoreForm);
  return z.NEVER;
});

/** Where data sets' files are: of the tier that keeps them, and of encoders, which read pictures there that the cache has forgotten. */
export const variables = {
  MASKWIRE_DATA_DIR: text("a folder").describe(
    "where data sets are kept on this machine: pictures, files of imports and exports, and the database, where no servers are named for them",
  ),
  MASKWIRE_OBJECT_STORE_URL: objectStore.meta({
    description:
      `where data sets' pictures and files are kept in place of the folder: ${objectStoreForm}. ` +
      "Credentials come as the AWS SDK finds them: variables, files, the machine's role",
    // Somebody may have put a password into it.
    shown: /^s3:\/\//i,
  }),
} as const;

export type FilesSettings = ReturnType<typeof shape>;

export function shape(env: EnvOf<typeof variables>, source: NodeJS.ProcessEnv = process.env) {
  return {
    /** Undefined: files lie in the folder. */
    objectStore: env.MASKWIRE_OBJECT_STORE_URL,
    /** All that this machine keeps of data sets; the database's programs run in a folder of their own, where a relative path is another. */
    dataFolder: resolve(env.MASKWIRE_DATA_DIR ?? join(dataHome(source), "maskwire")),
  };
}

/** Where the system's people keep what programs make for them; of root the machine, since its database runs as somebody else. */
function dataHome({ XDG_DATA_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv): string {
  if (XDG_DATA_HOME) return XDG_DATA_HOME;
  if (process.getuid?.() === 0 && process.platform !== "darwin") return join("/var", "lib");
  if (process.platform === "win32" && LOCALAPPDATA) return LOCALAPPDATA;
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support");
  return join(homedir(), ".local", "share");
}
