import { tmpdir } from "node:os";
import { join } from "node:path";
import { photosFolder } from "../support/photos.js";
import { optionLines, readOptions, UsageError } from "./options.js";
import { atLeast, atMost, type Bar, type Outcome, round, type Suite } from "./report.js";
import { type Ablation, ablations } from "./track/ablations.js";
import { clicksBesideTracks } from "./track/clicks-beside.js";
import { correctHalfway } from "./track/correction.js";
import { readSequence, sequenceNames } from "./track/davis-folder.js";
import { type Engine, openEngine } from "./track/engine.js";
import { follow, rlesOf, touchedFrame } from "./track/follow.js";
import { manyFrames } from "./track/many-frames.js";
import { openSequence } from "./track/open-sequence.js";
import { photographVideos } from "./track/photographed.js";
import { renderVideos } from "./track/rendered.js";
import { meanOf, type Scores, scoresOf } from "./track/score.js";
import { serviceMemory } from "./track/service-memory.js";
import { stepTimes } from "./track/step-times.js";

const options = {
  frames: { value: 24, what: "frames of a sequence that is rendered or laid together" },
  most: { value: 1000, what: "most frames that are followed of one of MASKWIRE_TEST_VIDEOS" },
  threads: { value: 2, what: "threads of the encoder and the decoder" },
  many: { value: 2000, what: "frames over which memory is looked at" },
} as const;

const parts = [
  "rendered",
  "ablations",
  "photographs",
  "videos",
  "correction",
  "times",
  "memory",
  "service-memory",
  "clicks",
] as const;
type Part = (typeof parts)[number];
/** Of the video that is corrected in its middle. */
const correctedFrames = 60;

/** What a part of the suite is given. */
interface Course {
  readonly engine: Engine;
  readonly folder: string;
  readonly numbers: Record<keyof typeof options, number>;
  readonly say: (line: string) => void;
}

export const suite: Suite = {
  title: "objects followed through videos whose masks are known: region (J) and boundary (F) as DAVIS reckons them",
  options: `${optionLines(options)}
  --part NAME[,NAME]       ${parts.join(", ")}: all when left out, but videos where MASKWIRE_TEST_VIDEOS names a folder of DAVIS's layout,
                           and photographs where MASKWIRE_TEST_PHOTOS names one
  --folder FOLDER          where frames and embeddings that are made are kept`,
  async run(say, args) {
    const { numbers, texts } = readOptions(args, options, ["part=", "folder="]);
    const folder = texts.folder ?? join(tmpdir(), "maskwire-bench-track");
    const wanted = wantedParts(texts.part);
    await using engine = await openEngine(join(folder, "embeddings"), numbers.threads);
    const course: Course = { engine, folder, numbers, say };
    const outcome: Outcome = { bars: [], detail: {} };
    for (const part of wanted) {
      say(`${part}:`);
      const { bars, detail } = await work[part](course);
      outcome.bars.push(...bars);
      Object.assign(outcome.detail, detail);
    }
    return outcome;
  },
};

function wantedParts(given: string | undefined): readonly Part[] {
  if (given === undefined) return parts;
  const named = given.split(",");
  const unknown = named.find((one) => !parts.some((part) => part === one));
  if (unknown !== undefined) throw new UsageError(`there is no part "${unknown}": ${parts.join(", ")}`);
  return parts.filter((part) => named.includes(part));
}

const renderedFolder = ({ folder, numbers }: Course) => join(folder, `rendered-${numbers.frames}`);

async function rendered(course: Course): Promise<{ folder: string; names: string[] }> {
  const folder = renderedFolder(course);
  return { folder, names: await renderVideos(folder, course.numbers.frames, course.say) };
}

const work: Record<Part, (course: Course) => Promise<Outcome>> = {
  async rendered(course) {
    const { folder, names } = await rendered(course);
    const scores = await followAll(course, folder, names);
    return {
      bars: [atLeast("J&F of our own videos, mean", meanOf(scores)["J&F"], 85, "in a hundred")],
      detail: { "our own videos": { ...scores, mean: meanOf(scores) } },
    };
  },
  async ablations(course) {
    const { folder, names } = await rendered(course);
    const found: Record<string, Record<string, Scores>> = {};
    for (const name of names) {
      const open = await openSequence(course.engine, await readSequence(folder, name, { most: course.numbers.most }));
      for (const [what, way] of Object.entries<Ablation>(ablations)) {
        found[what] ??= {};
        found[what][name] = scoresOf(open.sequence, await way(course.engine, open));
      }
      course.say(
        `${name}: ${Object.entries(found)
          .map(([what, of]) => `${what} ${of[name]?.["J&F"]}`)
          .join("; ")}`,
      );
    }
    return {
      bars: [],
      detail: {
        "ways of following": Object.fromEntries(Object.entries(found).map(([what, of]) => [what, meanOf(of)])),
      },
    };
  },
  async photographs(course) {
    if (!photosFolder) return { bars: [], detail: {} };
    const folder = join(course.folder, `photographs-${course.numbers.frames}`);
    const names = await photographVideos(folder, photosFolder, course.numbers.frames);
    const scores = await followAll(course, folder, names);
    return { bars: [], detail: { "cut-outs moved over photographs": { ...scores, mean: meanOf(scores) } } };
  },
  async videos(course) {
    const folder = process.env.MASKWIRE_TEST_VIDEOS;
    if (!folder) return { bars: [], detail: {} };
    const scores = await followAll(course, folder, await sequenceNames(folder));
    return { bars: [], detail: { "videos of MASKWIRE_TEST_VIDEOS": { ...scores, mean: meanOf(scores) } } };
  },
  async correction(course) {
    const folder = join(course.folder, `rendered-${correctedFrames}`);
    const [name] = await renderVideos(folder, correctedFrames, course.say, 1);
    const open = await openSequence(course.engine, await readSequence(folder, name!, { most: correctedFrames }));
    const { before, after, msOfFrame } = await correctHalfway(course.engine, open);
    const gain = after["J&F"] - before["J&F"];
    return {
      bars: [
        atLeast("J&F behind a correction, more than before", gain, 0, "in a hundred"),
        atMost("a frame tracked again, no encode, p50", msOfFrame, 300, "ms"),
      ],
      detail: { "frames behind a correction": { before, after } },
    };
  },
  clicks: ({ say }) => clicksBesideTracks(say),
  async times(course) {
    const { folder } = await rendered(course);
    const { encodeMs, stepMs, objectMs, stages } = await stepTimes(
      course.engine,
      await readSequence(folder, "orbit", { most: 12 }),
    );
    return {
      bars: [
        atMost("a frame with one object, of its encode alone", (encodeMs + stepMs) / encodeMs, 1.25, "times"),
        atMost("each further object", objectMs, 60, "ms"),
      ],
      detail: {
        "a frame, ms": { encode: round(encodeMs), step: round(stepMs), "further object": round(objectMs), ...stages },
      },
    };
  },
  "service-memory": ({ numbers, say }) => serviceMemory(numbers.many, say),
  memory: async ({ engine, numbers, say }) => {
    const { grownMiB, residentMiB } = await manyFrames(engine, numbers.many, say);
    return {
      bars: [atMost("memory that the last half of many frames took", grownMiB, 16, "MiB") satisfies Bar],
      detail: { "memory over many frames, MiB": residentMiB },
    };
  },
};

/** Follows the objects of each from its first frame. */
async function followAll(
  { engine, numbers, say }: Course,
  folder: string,
  names: readonly string[],
): Promise<Record<string, Scores>> {
  const all: Record<string, Scores> = {};
  for (const name of names) {
    const sequence = await readSequence(folder, name, { most: numbers.most });
    const open = await openSequence(engine, sequence);
    const masks = new Map();
    const states: string[] = [];
    const frames = sequence.frames.map((_, at) => at);
    for await (const one of follow(engine, open, { touched: [touchedFrame(open, 0)], frames })) {
      masks.set(one.frame, rlesOf(one.objects, sequence));
      states.push(one.objects.map(({ state }) => state[0]).join(""));
    }
    const scores = scoresOf(sequence, masks);
    all[name] = scores;
    say(`${name}: J ${scores.J}, F ${scores.F}, J&F ${scores["J&F"]}  ${states.join(" ")}`);
  }
  return all;
}
