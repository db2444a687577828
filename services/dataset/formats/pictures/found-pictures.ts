import type { FoundFrame, FoundPicture, Source } from "../types.js";
import { baseOf, folderOf, plainName, stemOf } from "./plain-name.js";
import { nameIn, splitOf } from "./split-of.js";

const pictureEndings = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic|heif|jxl|jp2)$/i;

export const isPictureFile = (path: string) => pictureEndings.test(path);

/** What annotations say of a picture. */
interface MentionedPicture {
  /** As they call it: a path, or a part of one, perhaps without its ending. */
  readonly name: string;
  /** The file that they are in. */
  readonly by: string;
  /** Where its file should be, perhaps without its ending. */
  readonly at?: string;
  readonly width?: number;
  readonly height?: number;
  readonly split?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly frame?: FoundFrame | undefined;
}

/** Folders that say nothing of which picture it is. */
const plainFolders =
  /^(images?|imgs?|pictures|photos|data|jpegimages|uploads?|media|set|train|val|valid|test|default|)$/i;

/** Whether a file in another folder than its name says may be it: folders are lost on the way, and not changed for others. */
const mayBe = (file: string, name: string) =>
  !name.includes("/") || plainFolders.test(baseOf(folderOf(file).slice(0, -1))) || file.endsWith(`/${name}`);

/** Pictures that a reader has found: the file of each in the source, and one name each. */
export class FoundPictures {
  readonly #files: Set<string>;
  /** By base name, and by base name without ending, in lower case. */
  readonly #byBase = new Map<string, string[]>();
  /** By file, or by name where there is none. */
  readonly #known = new Map<string, FoundPicture>();
  readonly #names = new Set<string>();

  /** @param isMask files that look like pictures and are none. */
  constructor(source: Source, isMask: (path: string) => boolean = () => false) {
    const paths = source.files.map(({ path }) => path).filter((path) => isPictureFile(path) && !isMask(path));
    this.#files = new Set(paths);
    for (const path of paths) {
      const base = baseOf(path).toLowerCase();
      for (const key of new Set([base, stemOf(base)])) {
        const others = this.#byBase.get(key);
        if (others) others.push(path);
        else this.#byBase.set(key, [path]);
      }
    }
  }

  /** The picture that is mentioned, and whether it is so for the first time. */
  add(mentioned: MentionedPicture): [picture: FoundPicture, isNew: boolean] {
    const plain = plainName(mentioned.name);
    const file = this.#fileAt(mentioned.at) ?? this.#fileOf(plain, mentioned.by);
    const key = file ?? `//${plain}`;
    const known = this.#known.get(key);
    if (known) return [known, false];
    const { width, height, attributes = {} } = mentioned;
    // What is called by its stem has the name of its file.
    const isStem = file !== undefined && stemOf(baseOf(file)) === baseOf(plain);
    const called = isStem ? plainName(`${folderOf(plain)}${baseOf(file)}`) : plain;
    const split =
      mentioned.split ?? splitOf(mentioned.by) ?? (file === undefined ? undefined : splitOf(folderOf(file)));
    const picture: FoundPicture = {
      kind: "picture",
      name: this.#ownName(called, file),
      ...(file !== undefined && { file }),
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(split !== undefined && { split }),
      ...(mentioned.frame && { frame: mentioned.frame }),
      attributes,
    };
    this.#known.set(key, picture);
    return [picture, true];
  }

  /** Those files that nobody has mentioned. */
  *rest(): Generator<FoundPicture> {
    for (const file of this.#files) {
      if (this.#known.has(file)) continue;
      const [picture, isNew] = this.add({ name: nameIn(file), by: "", at: file });
      if (isNew) yield picture;
    }
  }

  /** Whether a file of that name is there. */
  has(name: string, by: string): boolean {
    return this.#fileOf(plainName(name), by) !== undefined;
  }

  #fileAt(place: string | undefined): string | undefined {
    if (place === undefined || this.#files.has(place)) return place;
    return this.#byBase.get(baseOf(place).toLowerCase())?.find((path) => stemOf(path) === place);
  }

  #fileOf(name: string, by: string): string | undefined {
    const folder = folderOf(by);
    const above = folderOf(folder.slice(0, -1));
    const places = [
      folder,
      `${folder}images/`,
      `${folder}JPEGImages/`,
      `${above}images/`,
      above,
      "",
      "images/",
      "data/",
    ];
    for (const place of places) if (this.#files.has(place + name)) return place + name;
    // Wherever else it is: by itself, or under its path where there are several of that name.
    const found = this.#byBase.get(baseOf(name).toLowerCase()) ?? [];
    const [only, ...others] = found;
    if (only !== undefined && others.length === 0 && mayBe(only, name)) return only;
    const ending = `/${name}`;
    const under = found.filter((path) => path.endsWith(ending) || stemOf(path).endsWith(ending));
    return under.length === 1 ? under[0] : undefined;
  }

  /** Two folders may have a picture of one name each. */
  #ownName(called: string, file: string | undefined): string {
    let name = called;
    if (this.#names.has(name) && file !== undefined) name = plainName(file);
    for (let n = 2; this.#names.has(name); n++) name = `${stemOf(called)}-${n}${called.slice(stemOf(called).length)}`;
    this.#names.add(name);
    return name;
  }
}
