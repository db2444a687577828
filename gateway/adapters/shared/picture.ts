import { Readable } from "node:stream";
import { EncodePriority, type ImageInfo } from "../../../proto/index.js";
import { Code, invalidArgument, isNotFound, ServiceError } from "../../../services/runtime/errors.js";
import type { AskCall } from "../../ask/answer.js";
import type { Ask } from "../../ask/ask.js";
import { type DecodedFile, decodeBase64 } from "./base64-bytes.js";
import type { AdapterBody } from "./take-bodies.js";

/** A picture by what its bytes hash to; who has them gives them once they are needed. */
export interface Picture {
  readonly imageId: string;
  /** @throws ServiceError when they cannot be had. */
  file(): DecodedFile | Promise<DecodedFile>;
}

/** The picture that a tool sends with every question. @throws ServiceError INVALID_ARGUMENT for what is no Base64. */
export function pictureIn(body: AdapterBody, text: string): Picture {
  const file = body.fileAt(text) ?? decodeBase64(text);
  if (file.bytes === 0) throw invalidArgument("The picture is empty: send its file in Base64.", "DAMAGED_IMAGE");
  return { imageId: file.imageId, file: () => file };
}

/**
 * Asks about a picture by its hash. Only when nobody has it, which is with its first question, do its bytes go to an encoder, and the question is
 * asked again: fifty clicks are one encode.
 * @param model that it is encoded for; the usual one when left out. @throws ServiceError of `ask.upload`, and what `question` throws.
 */
export async function onPicture<Result>(
  { ask, call }: Sender,
  picture: Picture,
  question: (imageId: string) => Promise<Result>,
  model = "",
): Promise<Result> {
  try {
    return await question(picture.imageId);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await send({ ask, call }, picture, model);
  return question(picture.imageId);
}

/** A picture's size, for questions that cannot be asked without it. @throws ServiceError of `ask.lookup` and `ask.upload`. */
export async function sizeOf(
  { ask, call }: { ask: Pick<Ask, "upload" | "lookup">; call: AskCall },
  picture: Picture,
): Promise<ImageInfo> {
  const known = await ask.lookup({ imageId: picture.imageId, model: "" }, call);
  const image = known.image ?? (await send({ ask, call }, picture)).image;
  if (image) return image;
  throw new ServiceError({
    code: Code.UNAVAILABLE,
    message: "The picture's size is not known yet; ask again.",
    retryAfterMs: 500,
  });
}

type Sender = { ask: Pick<Ask, "upload">; call: AskCall };

async function send({ ask, call }: Sender, picture: Picture, model = "") {
  const { imageId, pieces, bytes } = await picture.file();
  const header = { imageId, model, priority: EncodePriority.INTERACTIVE };
  return ask.upload({ header, bytes: Readable.from(pieces), announcedBytes: bytes }, call);
}
