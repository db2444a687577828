import type { PictureSource } from "../measured-objects.js";
import { atMost, type Outcome, round } from "../report.js";
import { type Course, counts } from "./course.js";
import { differences, type Figures, figuresOf, iouAfter, iouOfBox, meanFigures } from "./figures.js";

/** How far another may stay behind the stock graphs. */
const tolerance = 0.002;

/** @param courses of each contestant, the one that the others are compared with first; the same courses in the same order. */
export function report(sources: PictureSource[], courses: Map<string, Course[]>, mostClicks: number): Outcome {
  const figures = (name: string, objects?: ReadonlySet<string>): Figures[] =>
    (courses.get(name) ?? [])
      .filter(({ object }) => !objects || objects.has(object))
      .map((one) => figuresOf(one, mostClicks));
  const names = [...courses.keys()];
  const [base = "", ...others] = names;
  const table = (objects?: ReadonlySet<string>) =>
    Object.fromEntries(names.map((name) => [name, rounded(meanFigures(figures(name, objects)))]));
  const means = (name: string) => meanFigures(figures(name));
  return {
    bars: others.flatMap((name) =>
      [...counts.map(iouAfter), iouOfBox].map((figure) =>
        atMost(
          `${name}: ${figure} behind ${base}`,
          (means(base)[figure] as number) - (means(name)[figure] as number),
          tolerance,
          "mIoU",
        ),
      ),
    ),
    detail: {
      pictures: sources.reduce((sum, { pictures }) => sum + pictures.length, 0),
      courses: courses.get(base)?.length ?? 0,
      "all of them": table(),
      ...Object.fromEntries(
        sources.map(({ source, pictures }) => [
          source,
          table(new Set(pictures.flatMap(({ objects }) => objects.map(({ name }) => name)))),
        ]),
      ),
      [`above ${base}, with the standard error`]: Object.fromEntries(
        others.map((name) => [name, differences(figures(name), figures(base))]),
      ),
    },
  };
}

const rounded = (figures: Figures) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));
