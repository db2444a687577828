import { codeOf } from "../../runtime/error-code.js";
import { PullError } from "./pull-error.js";

/** What went wrong with a file, in a sentence where it is the disk's or the folder's; the error itself otherwise. */
export function writeFault(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const advice =
      "Make room and pull again, which goes on where this stopped; or name another folder by MASKWIRE_MODELS_DIR.";
    return new PullError(`The disk of ${folder} is full. ${advice}`, { cause: error });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new PullError(`Nothing may be written in ${folder}. Name another folder by MASKWIRE_MODELS_DIR.`, {
      cause: error,
    });
  }
  if (code === "ENOTDIR" || code === "EEXIST") {
    return new PullError(`${folder} is no folder. Name another one by MASKWIRE_MODELS_DIR.`, { cause: error });
  }
  return error;
}
