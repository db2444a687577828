import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { CommandError } from "../../../command-error.js";

/** The programs of one installation. */
export interface Ffmpeg {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** How it is told to repeat and leave out no frame: the word changed with version 5.1. */
  readonly everyFrame: readonly [string, string];
}

const versionMs = 60_000;
const ending = process.platform === "win32" ? ".exe" : "";

/** What somebody wants it for, as it is said where there is none. */
interface Purpose {
  readonly what: string;
  /** What does without it. */
  readonly without: string;
}

const reading: Purpose = {
  what: "Video files are read by ffmpeg, which is not on the PATH.",
  without: "a folder or a zip of pictures, or an animated GIF or WebP.",
};

/** @throws CommandError with what to install. */
export async function findFfmpeg(
  env: Readonly<Record<string, string | undefined>>,
  purpose: Purpose = reading,
): Promise<Ffmpeg> {
  const named = env.MASKWIRE_FFMPEG;
  const ffmpeg = named ? named : await onPath("ffmpeg", env.PATH);
  if (ffmpeg === undefined || !(await canRun(ffmpeg))) throw missing(named ? ffmpeg : undefined, purpose);
  const beside = named ? join(dirname(ffmpeg), `ffprobe${ending}`) : undefined;
  const ffprobe = beside && (await canRun(beside)) ? beside : await onPath("ffprobe", env.PATH);
  if (ffprobe === undefined) throw missing("ffprobe", purpose);
  const version = await versionOf(ffmpeg);
  return { ffmpeg, ffprobe, everyFrame: isOld(version) ? ["-vsync", "passthrough"] : ["-fps_mode", "passthrough"] };
}

/** Builds between releases have a commit for a number. */
export function isOld(version: string): boolean {
  const [, major, minor = "0"] = /^ffmpeg version n?(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return major !== undefined && (Number(major) < 5 || (Number(major) === 5 && Number(minor) < 1));
}

async function onPath(name: string, path = ""): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, `${name}${ending}`);
    if (await canRun(file)) return file;
  }
  return undefined;
}

const canRun = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const versionOf = (ffmpeg: string) =>
  new Promise<string>((resolve, reject) => {
    execFile(
      ffmpeg,
      ["-version"],
      { timeout: versionMs, killSignal: "SIGKILL", maxBuffer: 2 ** 20 },
      (error, stdout) => {
        if (error) reject(new CommandError(`${ffmpeg} does not run: ${error.message}`, 1, error));
        else resolve(stdout);
      },
    );
  });

const ways = {
  linux: "On Debian and Ubuntu: apt-get install ffmpeg.",
  darwin: "On macOS: brew install ffmpeg.",
  win32: "On Windows: winget install ffmpeg.",
} as const;

function missing(named: string | undefined, { what: wanted, without }: Purpose): CommandError {
  const way =
    Object.entries(ways).find(([platform]) => platform === process.platform)?.[1] ?? Object.values(ways).join(" ");
  const what = named === undefined ? wanted : `${named} is no program that can be run.`;
  return new CommandError(
    `${what} ${way} Where it is elsewhere, MASKWIRE_FFMPEG names its program. Without it: ${without}`,
  );
}
