import { execFile } from "node:child_process";
import { z } from "zod";
import { CommandError } from "../../../command-error.js";
import { confined, maxAllocation } from "./confined.js";
import type { Ffmpeg } from "./find-ffmpeg.js";

/** What a file says of its video, before a frame of it is decoded. */
export interface VideoFacts {
  /** As it is shown: upright, its pixels square. */
  readonly width: number;
  readonly height: number;
  /** As it is stored, which is what decoding takes memory for. */
  readonly storedPixels: number;
  readonly frames: number | undefined;
  readonly seconds: number | undefined;
  /** Of its streams. */
  readonly index: number;
}

const probeMs = 60_000;
const maxAnswerBytes = 2 ** 20;

const number = z.coerce.number().optional().catch(undefined);
const answer = z.object({
  streams: z.array(
    z.object({
      index: z.number().int(),
      codec_name: z.string().optional(),
      width: z.number().int().positive().optional(),
      height: z.number().int().positive().optional(),
      sample_aspect_ratio: z.string().optional(),
      nb_frames: number,
      duration: number,
      avg_frame_rate: z.string().optional(),
      disposition: z
        .object({ attached_pic: z.number().optional(), default: z.number().optional() })
        .partial()
        .optional(),
      tags: z.object({ rotate: number }).partial().optional(),
      side_data_list: z.array(z.object({ rotation: number })).optional(),
    }),
  ),
  format: z.object({ duration: number }).optional(),
});

/** @throws CommandError with the reason. */
export async function probeVideo({ ffprobe }: Pick<Ffmpeg, "ffprobe">, path: string): Promise<VideoFacts> {
  const shown = "stream=index,codec_name,width,height,sample_aspect_ratio,nb_frames,duration,avg_frame_rate";
  const entries = `${shown}:stream_disposition=attached_pic,default:stream_tags=rotate:stream_side_data=rotation:format=duration`;
  const args = ["-v", "error", ...maxAllocation, "-select_streams", "v", "-show_entries", entries, "-of", "json"];
  const text = await run(ffprobe, [...args, ...confined(path)], path);
  const facts = readFacts(text);
  if (facts) return facts;
  throw new CommandError(`${path} has no video in it that ffmpeg can read.`);
}

/** @returns undefined where there is no video. */
export function readFacts(text: string): VideoFacts | undefined {
  const { data } = answer.safeParse(asJson(text));
  // A cover of a song is a video, too.
  const streams = (data?.streams ?? []).filter(({ disposition }) => disposition?.attached_pic !== 1);
  const stream = streams.find(({ disposition }) => disposition?.default === 1) ?? streams[0];
  if (!stream?.width || !stream.height || stream.codec_name === undefined) return undefined;
  const ratio = rational(stream.sample_aspect_ratio?.replace(":", "/")) ?? 1;
  const [wide, high] = [Math.max(1, Math.round(stream.width * ratio)), stream.height];
  const turn =
    stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation ?? stream.tags?.rotate ?? 0;
  const isOnItsSide = Math.abs(Math.round(turn / 90)) % 2 === 1;
  const seconds = positive(stream.duration) ?? positive(data?.format?.duration);
  const rate = rational(stream.avg_frame_rate);
  const frames = positive(stream.nb_frames) ?? (seconds && rate ? Math.ceil(seconds * rate) : undefined);
  return {
    width: isOnItsSide ? high : wide,
    height: isOnItsSide ? wide : high,
    storedPixels: stream.width * stream.height,
    frames,
    seconds,
    index: stream.index,
  };
}

function rational(text: string | undefined): number | undefined {
  const [, above, below] = /^(\d+)\/(\d+)$/.exec(text ?? "") ?? [];
  return positive(Number(above) / Number(below));
}

const positive = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const run = (program: string, args: readonly string[], path: string) =>
  new Promise<string>((resolve, reject) => {
    const options = { timeout: probeMs, killSignal: "SIGKILL", maxBuffer: maxAnswerBytes, windowsHide: true } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.killed)
        reject(new CommandError(`${path} cannot be read: ffprobe took too long over it, or said too much.`, 1, error));
      else
        reject(
          new CommandError(
            `${path} cannot be read as a video (${reasonIn(stderr)}): it is damaged, or of a kind that is not taken.`,
            1,
            error,
          ),
        );
    });
  });

/** The last thing that ffmpeg said, without the file's name before it. */
export function reasonIn(log: string): string {
  const lines = log.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  const last = (lines.at(-1) ?? "ffmpeg gives no reason")
    .replace(/^\[[^\]]*\]\s*/, "")
    .replace(/^file:.*?: (?=[A-Z])/, "");
  // What a file says may move a terminal's cursor.
  return last
    .replace(/\p{Cc}/gu, " ")
    .slice(0, 200)
    .trim()
    .replace(/\.$/, "");
}
