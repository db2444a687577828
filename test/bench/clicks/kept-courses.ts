import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Course } from "./course.js";

interface Kept extends Course {
  readonly contestant: string;
  readonly mostClicks: number;
}

/** Courses that are done, in a file where one is named: a long run that was ended goes on from there. */
export class KeptCourses {
  readonly #path: string | undefined;
  readonly #mostClicks: number;
  readonly #kept: Kept[] = [];

  constructor(path: string | undefined, mostClicks: number) {
    this.#path = path;
    this.#mostClicks = mostClicks;
    if (path === undefined || !existsSync(path)) return;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const kept = line === "" ? undefined : read(line);
      if (kept?.mostClicks === mostClicks) this.#kept.push(kept);
    }
  }

  find(contestant: string, object: string, start: number): Course | undefined {
    return this.#kept.find((one) => one.contestant === contestant && one.object === object && one.start === start);
  }

  keep(contestant: string, course: Course): void {
    const kept = { contestant, mostClicks: this.#mostClicks, ...course };
    this.#kept.push(kept);
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(kept)}\n`);
  }
}

/** The last line may have been cut off. */
function read(line: string): Kept | undefined {
  try {
    return JSON.parse(line) as Kept;
  } catch {
    return undefined;
  }
}
