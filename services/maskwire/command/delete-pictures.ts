import { checkImageId, imageIdOf } from "../../runtime/image-id.js";
import { usageError } from "./command-error.js";
import { GatewayClient } from "./gateway-client.js";
import { readPhoto } from "./photo-files.js";
import { readKey } from "./read-key.js";

/** The options of `maskwire delete` as commander hands them over. */
export interface DeleteOptions {
  /** The word that confirms it; true when none is given. */
  all?: string | true;
  /** Empty, too, when none is given. */
  url?: string;
  keyFile?: string;
}

/** What the tenant without a name is called, where nobody is asked who he is (rule K5). */
const namelessWord = "all";

/**
 * `maskwire delete PICTURE`, `ID` or `--all`: for good, everywhere. The picture's file itself stays.
 * @throws CommandError with the sentence to end with.
 */
export async function deletePictures(picture: string | undefined, { all, url, keyFile }: DeleteOptions): Promise<void> {
  if ((picture === undefined) === (all === undefined)) {
    throw usageError("Say what to delete: a picture, its id, or --all; one of them.");
  }
  if (!url) throw usageError("Say where: --url or MASKWIRE_URL names the gateway that has the pictures.");
  const client = new GatewayClient(url, "", await readKey(url, keyFile, process.env.MASKWIRE_KEY));
  if (picture === undefined) {
    await client.eraseAll(all === true || all === undefined ? namelessWord : all);
    process.stdout.write("deleted everything\n");
    return;
  }
  const imageId = picture.startsWith("sha256:") ? idOf(picture) : imageIdOf(await readPhoto(picture));
  await client.erase(imageId);
  process.stdout.write(`deleted ${imageId}\n`);
}

/** @throws CommandError (bad usage) */
function idOf(text: string): string {
  try {
    return checkImageId(text);
  } catch (error) {
    throw usageError((error as Error).message);
  }
}
