import { describe, expect, it } from "vitest";
import { type Asked, type AtWork, GivingWay } from "./giving-way.js";

interface Task extends Asked {
  name: string;
}

const click = (tenant: string): Task => ({ name: `click of ${tenant}`, options: { tenant } });
const frame = (tenant: string): Task => ({
  name: `frame of ${tenant}`,
  options: { tenant, bulk: true, lasting: true },
});
const bulk = (tenant: string): Task => ({ name: `bulk of ${tenant}`, options: { tenant, bulk: true } });

/** What each worker does, those that give way behind the bar. */
type Doing = (Task | "free")[];

function atWork(own: Doing, yielding: Doing, line: Task[] = []): AtWork<Task, { name: string }> {
  const heard = [...own, ...yielding].map((task, index) => ({
    name: index < own.length ? `own ${index + 1}` : `yielding ${index - own.length + 1}`,
    isYielding: index >= own.length,
    isReady: true,
    current: task === "free" ? undefined : { work: task },
  }));
  return {
    heard,
    free: heard.filter(({ current }) => !current),
    waiting: line.length,
    waitingOf: (tenant) => line.filter(({ options }) => options.tenant === tenant).length,
    inLine: () => line,
  };
}

const peopleClick = new GivingWay<Task>({ isKeptFrom: (tenant) => tenant !== "people" });
const nobodyClicks = new GivingWay<Task>({ isKeptFrom: () => false });

const crowd = Array.from({ length: 4 }, () => click("crowd"));

describe("where a task goes", () => {
  it.each<[string, GivingWay<Task>, Task, AtWork<Task, { name: string }>, string[]]>([
    [
      "a click: to those of their own",
      peopleClick,
      click("people"),
      atWork(["free", "free"], ["free"]),
      ["own 1", "own 2"],
    ],
    ["A4 bulk: to one that gives way", peopleClick, bulk("bulk"), atWork(["free", "free"], ["free"]), ["yielding 1"]],
    ["A4 more bulk: it waits", peopleClick, bulk("bulk"), atWork(["free", "free"], [bulk("bulk")]), []],
    [
      "A4 more bulk where there are many: more than half stay free",
      peopleClick,
      bulk("bulk"),
      atWork(["free", "free", "free", "free"], [bulk("bulk"), bulk("bulk")]),
      ["own 1", "own 2", "own 3", "own 4"],
    ],
    [
      "A4 even more bulk there: it waits",
      peopleClick,
      bulk("bulk"),
      atWork([bulk("bulk"), "free", "free", "free"], [bulk("bulk"), bulk("bulk")]),
      [],
    ],
    [
      "bulk with nobody there: anywhere",
      nobodyClicks,
      bulk("bulk"),
      atWork(["free", "free"], ["free"]),
      ["own 1", "own 2", "yielding 1"],
    ],
    [
      "A4 bulk of the people's own: anywhere",
      peopleClick,
      bulk("people"),
      atWork(["free", "free"], ["free"]),
      ["own 1", "own 2", "yielding 1"],
    ],
    [
      "A6 a crowd's click: to one that gives way",
      peopleClick,
      click("crowd"),
      atWork(["free", "free"], ["free"], crowd),
      ["yielding 1"],
    ],
    ["A6 a crowd's next: it waits", peopleClick, click("crowd"), atWork(["free", "free"], [click("crowd")], crowd), []],
    [
      "A6 of two that have much neither is a crowd",
      peopleClick,
      click("crowd"),
      atWork(["free", "free"], ["free"], [...crowd, click("people"), click("people")]),
      ["own 1", "own 2"],
    ],
    [
      "A6 a few are no crowd",
      peopleClick,
      click("few"),
      atWork(["free", "free"], ["free"], [click("few")]),
      ["own 1", "own 2"],
    ],
    ["A6 who has all but the last: it waits", peopleClick, click("few"), atWork([click("few"), "free"], ["free"]), []],
    [
      "A4 bulk where none gives way: the last stays free",
      peopleClick,
      bulk("bulk"),
      atWork([bulk("bulk"), "free"], []),
      [],
    ],
    [
      "A4 a frame of a video: to one that gives way, also with nobody there",
      nobodyClicks,
      frame("video"),
      atWork(["free", "free"], ["free"]),
      ["yielding 1"],
    ],
    [
      "A4 the next frame: it waits for that",
      nobodyClicks,
      frame("video"),
      atWork(["free", "free"], [frame("video")]),
      [],
    ],
    [
      "A4 a frame where none gives way, and nothing else runs",
      nobodyClicks,
      frame("video"),
      atWork(["free", "free"], []),
      ["free", "free"].map((_, at) => `own ${at + 1}`),
    ],
    ["A4 the next frame there: it waits", nobodyClicks, frame("video"), atWork([frame("video"), "free"], []), []],
    [
      "A4 a click beside a frame",
      nobodyClicks,
      click("people"),
      atWork(["free", "free"], [frame("video")]),
      ["own 1", "own 2"],
    ],
    ["A4 bulk where none gives way and all are free", peopleClick, bulk("bulk"), atWork(["free"], []), ["own 1"]],
  ])("%s", (_name, ways, task, at, names) => {
    expect(ways.routeOf(task, at).workers.map(({ name }) => name)).toEqual(names);
  });
});

describe("A4 a click has all cores", () => {
  it.each<[string, AtWork<Task, { name: string }>, boolean]>([
    ["beside nothing", atWork(["free", "free"], ["free"]), true],
    [
      "beside bulk that gives way, and more of it in line",
      atWork(["free", "free"], [bulk("bulk")], [bulk("bulk")]),
      true,
    ],
    ["beside a frame of a video, whoever has clicked", atWork(["free", "free"], [frame("people")]), true],
    ["not beside another click", atWork([click("others"), "free"], ["free"]), false],
    ["not beside one in line", atWork(["free", "free"], ["free"], [click("others")]), false],
    ["not beside bulk that was begun before anybody clicked", atWork([bulk("bulk"), "free"], ["free"]), false],
  ])("%s", (_name, at, expected) => {
    expect(peopleClick.hasCoresAlone(at)).toBe(expected);
  });
});
