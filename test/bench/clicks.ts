import type { Contestant } from "./clicks/contestant.js";
import { type Course, clickThrough } from "./clicks/course.js";
import { finer } from "./clicks/finer.js";
import { firstClicks } from "./clicks/first-clicks.js";
import { KeptCourses } from "./clicks/kept-courses.js";
import { report } from "./clicks/report.js";
import { served } from "./clicks/served.js";
import { settingsIn } from "./clicks/settings-lists.js";
import { stock } from "./clicks/stock.js";
import { allMeasuredPictures, type MeasuredPicture } from "./measured-objects.js";
import { optionLines, readOptions } from "./options.js";
import type { Suite } from "./report.js";
import { bitmapIou } from "./simulate-clicks.js";

const options = {
  clicks: { value: 20, what: "most clicks on an object" },
  starts: { value: 1, what: "first clicks on an object, each with a course of its own: more of them, less noise" },
} as const;

export const suite: Suite = {
  title:
    "clicks until objects whose masks are known are right: the service, and the stock graphs with Meta's own processing",
  options: `${optionLines(options)}
  --with "NAME=VALUE ...; ..." the service with other settings too, one more for each list
  --keep FILE              what is done goes into it; a run that was ended goes on from there`,
  async run(say, args) {
    const { numbers, texts } = readOptions(args, options, ["with=", "keep="]);
    const others = settingsIn(texts.with ?? "");
    const sources = await allMeasuredPictures();
    const kept = new KeptCourses(texts.keep, numbers.clicks);
    const contestants: Contestant[] = [];
    const courses = new Map<string, Course[]>();
    try {
      contestants.push(await stock());
      contestants.push(await served("service"));
      contestants.push(await finer("with detail"));
      for (const [name, env] of others) contestants.push(await served(name, env));
      for (const picture of sources.flatMap(({ pictures }) => pictures)) {
        for (const contestant of contestants) {
          const done = await run(contestant, picture, numbers, kept);
          courses.set(contestant.name, [...(courses.get(contestant.name) ?? []), ...done]);
          for (const one of done) say(line(contestant.name, one));
        }
      }
    } finally {
      for (const one of contestants) await one[Symbol.asyncDispose]();
    }
    return report(sources, courses, numbers.clicks);
  },
};

async function run(
  contestant: Contestant,
  picture: MeasuredPicture,
  { clicks: mostClicks, starts }: { clicks: number; starts: number },
  kept: KeptCourses,
): Promise<Course[]> {
  let opening: ReturnType<Contestant["open"]> | undefined;
  const courses: Course[] = [];
  for (const object of picture.objects) {
    for (const [start, first] of firstClicks(object, picture, starts).entries()) {
      let course = kept.find(contestant.name, object.name, start);
      if (!course) {
        opening ??= contestant.open(picture);
        const opened = await opening;
        const ious = await clickThrough(opened, object, picture, first, mostClicks);
        const box = bitmapIou((await opened.box(object.box)).bitmap, object.truth);
        course = { object: object.name, start, ious, box };
        kept.keep(contestant.name, course);
      }
      courses.push(course);
    }
  }
  return courses;
}

const line = (contestant: string, { object, start, ious, box }: Course) =>
  `${contestant}, ${object}${start > 0 ? ` (${start + 1})` : ""}: ${ious.map((iou) => iou.toFixed(3)).join(" ")}, box ${box.toFixed(3)}`;
