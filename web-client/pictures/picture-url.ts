import { ask } from "../access/bearer.js";
import { failureOfAnswer } from "../sdk/upload/upload-lines.js";
import { inWords } from "../state/errors.js";
import { words } from "../words/words.js";
import { PictureProblem, type PictureSource } from "./picture-file.js";

/** The address that a text is, when it is nothing else. */
export function addressIn(text: string): URL | undefined {
  const trimmed = text.trim();
  if (!/^https?:\/\/\S+$/i.test(trimmed) || !URL.canParse(trimmed)) return undefined;
  return new URL(trimmed);
}

/** The address of a picture or a link that comes from another page, by drag or by the clipboard. */
export function addressAmong(data: DataTransfer | null): URL | undefined {
  if (data === null) return undefined;
  // Of a picture inside a link the picture is meant. Read as text, as browsers write it: strange HTML is not to be parsed.
  const shown = /<img\b[^>]*?\ssrc="([^"]*)"/i.exec(data.getData("text/html"))?.[1]?.replaceAll("&amp;", "&");
  const listed = data
    .getData("text/uri-list")
    .split(/\r?\n/)
    .find((line) => line !== "" && !line.startsWith("#"));
  for (const text of [shown, listed, data.getData("text/plain")]) {
    const address = addressIn(text ?? "");
    if (address !== undefined) return address;
  }
  return undefined;
}

/** A picture that another host has, as the gateway fetches it. */
export function addressSource(address: URL): PictureSource {
  return {
    name: nameOf(address),
    read: async () => {
      const query = new URLSearchParams({ url: address.href });
      const answer = await ask(`v1/pictures?${query}`).catch(() => {
        throw new PictureProblem(words.problems.unreachable);
      });
      if (!answer.ok)
        throw new PictureProblem(inWords(failureOfAnswer(answer.status, await answer.text(), null)).message);
      return answer.blob().catch(() => {
        throw new PictureProblem(words.problems.notWhole(address.hostname));
      });
    },
  };
}

/** The file's name, or the host's where the path ends without one. */
function nameOf({ pathname, hostname }: URL): string {
  const last = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last;
  }
}
