import { beforeEach, describe, expect, it } from "vitest";
import { CallerTurns } from "./caller-turns.js";

let isAlone: boolean;
let turns: CallerTurns;
let begun: string[];

beforeEach(() => {
  isAlone = false;
  turns = new CallerTurns(() => isAlone);
  begun = [];
});

const enter = (name: string, isPreview = false) => turns.enter(isPreview, () => begun.push(name));
const enterMany = (count: number) => {
  for (let index = 0; index < count; index++) enter("one");
};
/** How many are under way at once when so many want to, after answers with these times. */
const end = (times: number, queueMs: number, workMs = 20) => {
  for (let index = 0; index < times; index++) turns.end({ queueMs, workMs });
};

describe("C12 a caller's prompts", () => {
  it("are four at once, clicks before previews, each in the order in which they came", () => {
    enterMany(4);
    begun = [];
    enter("preview 1", true);
    enter("click 1");
    const leave = enter("click 2");
    enter("click 3");
    expect(begun).toEqual([]);
    leave();
    for (let index = 0; index < 3; index++) turns.end(undefined);
    expect(begun).toEqual(["click 1", "click 3", "preview 1"]);
  });

  it("are all under way while nobody else is there, and what is more ends first when somebody comes", () => {
    isAlone = true;
    enterMany(50);
    expect(begun).toHaveLength(50);
    isAlone = false;
    enter("late");
    end(46, 1000);
    expect(begun).toHaveLength(50);
    end(1, 1000);
    expect(begun.at(-1)).toBe("late");
  });

  it("become more while they hardly wait at the decoders, and fewer again when they do", () => {
    enterMany(100);
    end(6, 1);
    expect(begun).toHaveLength(4 + 6 + 6);
    // Neither too many nor too few.
    end(5, 15);
    expect(begun).toHaveLength(16 + 5);
    end(6, 60);
    // Each takes a place with it, down to the least.
    expect(begun).toHaveLength(21);
    end(3, 60);
    expect(begun).toHaveLength(24);
  });

  it("are forgotten with the last", () => {
    expect(turns.isIdle).toBe(true);
    enter("one");
    expect(turns.isIdle).toBe(false);
    turns.end(undefined);
    expect(turns.isIdle).toBe(true);
  });
});
