import { describe, expect, it } from "vitest";
import { Code } from "../../../services/runtime/errors.js";
import { answerControl, readLabelConfig } from "./label-config.js";

const view = (inside: string) => `<View><Image name="image" value="$photo"/>${inside}</View>`;

describe("a labelling configuration", () => {
  it("names the field of the picture and the labels, by their alias where they have one", () => {
    const config = readLabelConfig(
      view(
        `<!-- tools --><BrushLabels name="tag" toName="image">
          <View><Label value="Cat &amp; dog"/></View><Label value="Long" alias="short"/></BrushLabels>`,
      ),
    );
    expect(config.pictures.get("image")).toBe("photo");
    expect(config.controls).toEqual([
      { kind: "brush", name: "tag", toName: "image", labels: ["Cat & dog", "short"], isSmart: false },
    ]);
  });

  const brush = '<BrushLabels name="brush" toName="image"/>';
  const polygon = '<PolygonLabels name="polygon" toName="image"/>';
  const box = '<RectangleLabels name="box" toName="image"/>';
  const smartBox = '<RectangleLabels name="smart" toName="image" smart="true"/>';
  const smartBrush = '<BrushLabels name="smart" toName="image" smart="true"/>';
  it.each([
    ["a brush before a polygon, wherever it stands", polygon + brush, "brush"],
    ["a polygon before a rectangle", box + polygon, "polygon"],
    ["what nobody draws with before what is smart", smartBox + box, "box"],
    ["a smart brush where there is nothing else", smartBrush, "smart"],
    ["a polygon before a smart brush", smartBrush + polygon, "polygon"],
    ["a bitmask", `<BitmaskLabels name="bits" toName="image"/>${polygon}`, "bits"],
  ])("gives masks to %s", (_name, inside, name) => {
    expect(answerControl(readLabelConfig(view(inside))).name).toBe(name);
  });

  it("gives masks to a control of their picture", () => {
    const two = `<View><Image name="a" value="$a"/><Image name="b" value="$b"/>
      <BrushLabels name="of-a" toName="a"/><PolygonLabels name="of-b" toName="b"/></View>`;
    expect(answerControl(readLabelConfig(two), "b").name).toBe("of-b");
  });

  it.each([
    [
      "no control for masks",
      () => answerControl(readLabelConfig(view('<Choices name="c" toName="image"/>'))),
      /add <Brush/,
    ],
    [
      "a control of a text",
      () =>
        answerControl(readLabelConfig('<View><Text name="t" value="$t"/><BrushLabels name="b" toName="t"/></View>')),
      /no control/,
    ],
    ["an end that is missing", () => readLabelConfig("<View><Image/>"), /no XML/],
    ["an entity of its own", () => readLabelConfig('<!DOCTYPE a [<!ENTITY x "y">]><View>&x;</View>'), /no XML/],
    ["too much", () => readLabelConfig(`<View>${" ".repeat(2 ** 18)}</View>`), /larger/],
  ])("is refused with %s", (_name, read, message) => {
    expect(read).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(message) }),
    );
  });
});
