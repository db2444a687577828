import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { PromptSchema, TrackPromptSchema } from "../../../../proto/index.js";
import { tracksFor } from "./choose-tracks.js";

const labels = [
  { id: 1, name: "disc" },
  { id: 2, name: "plate" },
];
const promptAt = (x: number) => create(PromptSchema, { points: [{ x, y: 0.1 }] });
const there = {
  tracks: [
    { id: 10n, name: "object 1", label: 1 },
    { id: 11n, name: "object 2", label: 2 },
    { id: 12n, name: "mine", label: 0 },
  ],
  // As JSON brings them back: floats.
  prompted: new Map([
    [0, [{ track: 10n, prompt: create(PromptSchema, { points: [{ x: Math.fround(7.7), y: Math.fround(0.1) }] }) }]],
    [3, [{ track: 12n, prompt: promptAt(9) }]],
  ]),
};
const choose = (prompted: [object: number, frame: number, x: number][], names: string[] = [], label?: string) =>
  tracksFor(
    {
      dataset: "clips",
      sequence: "ride",
      prompts: prompted.map(([object, frame, x]) => create(TrackPromptSchema, { object, frame, prompt: promptAt(x) })),
      names,
      label,
    },
    labels,
    there,
  ).map(({ object, name, label }) => [object, name, label]);

it.each<[string, Parameters<typeof choose>, unknown[]]>([
  ["a new object is a new track with the label that is given", [[[1, 0, 5]], [], "plate"], [[1, "object 3", 2]]],
  ["a name of its own number is taken where it is free", [[[9, 0, 5]], []], [[9, "object 9", 0]]],
  ["what was prompted alike goes on", [[[5, 0, 7.7]], []], [[5, "object 1", 1]]],
  ["the same prompt on another frame is another object", [[[5, 1, 7.7]], []], [[5, "object 5", 0]]],
  [
    "one of several prompts is enough",
    [
      [
        [2, 1, 4],
        [2, 3, 9],
      ],
      [],
    ],
    [[2, "mine", 0]],
  ],
  [
    "two objects are two tracks, prompted alike or not",
    [
      [
        [1, 0, 7.7],
        [2, 0, 7.7],
      ],
      [],
    ],
    [
      [1, "object 1", 1],
      [2, "object 3", 0],
    ],
  ],
  [
    "what is named goes on, or is made",
    [
      [
        [2, 0, 7.7],
        [1, 0, 5],
      ],
      ["object 2", "new"],
    ],
    [
      [1, "object 2", 2],
      [2, "new", 0],
    ],
  ],
  ["a label that the track has is no other", [[[1, 0, 5]], ["object 2"], "plate"], [[1, "object 2", 2]]],
])("%s", (_, wish, expected) => {
  expect(choose(...wish)).toEqual(expected);
});

it.each<[Parameters<typeof choose>, RegExp]>([
  [[[[1, 0, 5]], [], "dog"], /no label "dog": add it with maskwire dataset labels clips --add dog/],
  [[[[1, 0, 7.7]], [], "plate"], /"object 1" of ride has the label "disc": leave out --label to go on with it/],
  [[[[1, 0, 5]], ["mine"], "disc"], /"mine" of ride has no label: .* or name another track by --track/],
  [
    [
      [
        [1, 0, 5],
        [2, 0, 6],
      ],
      ["one"],
    ],
    /--track names 1 of 2 objects: name a track for each/,
  ],
  [
    [
      [
        [1, 0, 5],
        [2, 0, 6],
      ],
      ["one", "one"],
    ],
    /--track has one name twice/,
  ],
])("refuses %j before anything is done", (wish, why) => {
  expect(() => choose(...wish)).toThrow(why);
});
