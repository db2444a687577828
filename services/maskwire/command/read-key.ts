import { readFile } from "node:fs/promises";
import { CommandError, usageError } from "./command-error.js";

/** As one line of a header. */
const form = /^[\x21-\x7e]+$/;

/**
 * What shows a gateway who asks.
 * @param url of the gateway. @param file that holds it, before `given`, which is it; without either, or with empty ones, there is none.
 * @throws CommandError
 */
export async function readKey(url: string, file?: string, given?: string): Promise<string | undefined> {
  const text = file ? await textOf(file) : given;
  const key = text?.trim();
  if (!key) {
    if (file) throw new CommandError(`${file} is empty; it should hold a key.`);
    return undefined;
  }
  if (!form.test(key)) throw new CommandError(`What ${file ? file : "MASKWIRE_KEY"} holds is no key: it is one word.`);
  const { username, password } = new URL(url);
  if (username !== "" || password !== "") {
    throw usageError(
      "The gateway's address has a user or a password, and there is a key: only one of them can be sent.",
    );
  }
  return key;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CommandError(`${file} cannot be read; it should hold a key.`, 1, error);
  }
}
