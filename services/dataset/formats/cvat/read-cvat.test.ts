import { describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../../../proto/index.js";
import { readFiles } from "../testing/read-files.js";

const xml = (...inside: string[]) =>
  [
    '<?xml version="1.0" encoding="utf-8"?>',
    "<annotations>",
    "<version>1.1</version>",
    ...inside,
    "</annotations>",
  ].join("\n");
const image = (...shapes: string[]) =>
  ['<image id="0" name="a.jpg" width="5" height="4">', ...shapes, "</image>"].join("\n");
const square = [".....", ".##..", ".##..", "....."];

describe("shapes of CVAT", () => {
  it.each<[string, string, string[]]>([
    ["mask", 'rle="0, 2, 1, 1" left="1" top="1" width="2" height="2"', [".....", ".##..", "..#..", "....."]],
    ["mask", 'rle="1,3" left="4" top="2" width="2" height="2"', [".....", ".....", ".....", "....#"]],
    ["polygon", 'points="1.00,1.00;3.00,1.00;3.00,3.00;1.00,3.00"', square],
    ["box", 'xtl="1.0" ytl="1.0" xbr="3.0" ybr="3.0"', square],
    ["box", 'xtl="1.0" ytl="1.0" xbr="3.0" ybr="3.0" rotation="90.0"', square],
    ["ellipse", 'cx="2" cy="2" rx="1.2" ry="1.2"', square],
  ])("%s %s", async (name, attributes, rows) => {
    const shape = `<${name} label="cat" source="manual" occluded="0" z_order="0" ${attributes}>\n</${name}>`;
    const { drawn, problems } = await readFiles({ "annotations.xml": xml(image(shape)) });
    expect(problems).toEqual([]);
    expect(drawn).toEqual([["cat", ...rows]]);
  });

  it("have attributes, and may be of several pictures and splits", async () => {
    const polygon = (label: string, inside = "") =>
      `<polygon label="${label}" occluded="1" points="1,1;3,1;3,3;1,3">${inside}</polygon>`;
    const { pictures, objects, problems } = await readFiles({
      "annotations.xml": xml(
        "<meta><task><labels><label><name>cat</name></label></labels></task></meta>",
        '<image id="3" name="one/a.jpg" subset="Train" width="5" height="4"/>',
        '<image id="7" name="b.jpg" subset="default" width="5" height="4">',
        polygon(
          "a &amp; b",
          '<attribute name="colour">light &lt;blue&gt;</attribute><attribute name="none"></attribute>',
        ),
        "</image>",
      ),
      "images/one/a.jpg": "",
      "images/b.jpg": "",
    });
    expect(problems).toEqual([]);
    expect(pictures.map(({ name, file, split }) => [name, file, split])).toEqual([
      ["one/a.jpg", "images/one/a.jpg", "train"],
      ["b.jpg", "images/b.jpg", undefined],
    ]);
    expect(objects[0]).toMatchObject({
      label: "a & b",
      attributes: { colour: "light <blue>", occluded: "true" },
      sourceId: "1",
    });
  });
});

it("tells objects of one picture apart that has two places in the file", async () => {
  const box = '<box label="cat" xtl="1" ytl="1" xbr="3" ybr="3"></box>';
  const { objects, pictures } = await readFiles({ "a.xml": xml(image(box), image(box)) });
  expect([pictures.length, objects.map(({ sourceId }) => sourceId)]).toEqual([1, ["1", "2"]]);
});

describe("what is wrong in CVAT's XML", () => {
  it("names file, line and reason, and the rest is read", async () => {
    const { drawn, problems } = await readFiles(
      {
        "a.xml": xml(
          image(
            '<polygon label="cat" points="1,1;3,1"></polygon>',
            '<polygon label="cat" points="1,1;x,1;3,3"></polygon>',
            '<mask label="cat" rle="1, 1" left="1" top="1" width="2" height="2"></mask>',
            '<mask label="cat" rle="1, -1, 4" left="1" top="1" width="2" height="2"></mask>',
            '<mask label="cat" rle="0, 1e9" left="1" top="1" width="1e5" height="1e5"></mask>',
            '<mask label="cat" rle="0, 4" left="9" top="9" width="2" height="2"></mask>',
            '<box label="cat" xtl="1" ytl="1" xbr="3"></box>',
            '<points label="cat" points="1,1"></points>',
            '<polyline label="cat" points="1,1;2,2"></polyline>',
            '<polyline label="cat" points="1,1;2,2"></polyline>',
            '<polygon label="cat" points="1,1;3,1;3,3;1,3"></polygon>',
          ),
          '<image id="1" width="5" height="4"><box label="cat" xtl="1" ytl="1" xbr="3" ybr="3"></box></image>',
        ),
      },
      {},
      1000,
    );
    expect(drawn).toEqual([["cat", ...square]]);
    expect(problems).toEqual([
      "a.xml:5 A polygon needs an even number of at least 6 numbers; this one has 4.",
      "a.xml:6 The polygon has a point that is none.",
      "a.xml:7 The mask's runs sum to 2 pixels, its box has 4.",
      "a.xml:8 The mask's runs are no numbers.",
      "a.xml:9 The mask's size 100000 x 100000 is over 268435456 pixels.",
      "a.xml:10 The mask is empty: none of its pixels lies in the picture.",
      "a.xml:11 The box has no ybr.",
      "a.xml:17 The image has no name.",
      "a.xml:12 A <points> has no pixels to read.",
      "a.xml:13 A <polyline> has no pixels to read. There are 2 of them, the first one here.",
    ]);
  });

  it("keeps what came before a damaged place, and expands no entity", async () => {
    const good = '<box label="cat" xtl="1" ytl="1" xbr="3" ybr="3"></box>';
    const cut = await readFiles({ "a.xml": xml(image(good)).slice(0, -20) });
    expect([cut.drawn.length, cut.problems.length]).toEqual([1, 1]);
    expect(cut.problems[0]).toMatch(/^a\.xml:0 The XML is damaged.*\.$/);
    const bomb = xml(image(good, '<polygon label="&lol;" points="1,1;3,1;3,3"></polygon>')).replace(
      "<annotations>",
      '<!DOCTYPE annotations [<!ENTITY lol "lollollol">]><annotations>',
    );
    const { drawn, problems } = await readFiles({ "a.xml": bomb }, { format: AnnotationFormat.CVAT });
    expect(drawn.map(([label]) => label)).not.toContain("lollollol");
    expect(problems.at(-1)).toMatch(/damaged.*entity/);
  });
});
