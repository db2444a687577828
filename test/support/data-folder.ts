import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where programs that tests start keep data sets unless they are told otherwise: nobody's real ones are ever near. Made with the first. */
export const testDataFolder = join(tmpdir(), `maskwire-data-${process.pid}`);
