/** What the pointer does on the canvas. */
export const tools = ["click", "box", "brush", "lasso", "pan"] as const;
export type Tool = (typeof tools)[number];

export function isTool(name: string): name is Tool {
  return (tools as readonly string[]).includes(name);
}

/** How the page is worked with. */
export interface Tools {
  readonly tool: Tool;
  /** Diameter in CSS pixels. */
  readonly brushSize: number;
  /** Whether masks are filled, or only outlined. */
  readonly isFilled: boolean;
  /** What a plain click means: 1 includes, 0 leaves out. */
  readonly label: 0 | 1;
  /** Whether masks are made finer where it shows: on small objects, and on what is looked at closely. */
  readonly isFine: boolean;
}

export type ToolsEvent =
  | { readonly kind: "tool-chosen"; readonly tool: Tool }
  /** @param size diameter in CSS pixels. */
  | { readonly kind: "brush-sized"; readonly size: number }
  | { readonly kind: "brush-stepped"; readonly by: 1 | -1 }
  | { readonly kind: "fill-toggled" }
  | { readonly kind: "label-chosen"; readonly label: 0 | 1 }
  | { readonly kind: "detail-chosen"; readonly isFine: boolean };

/** Diameters in CSS pixels: on the screen, so that looking closer paints finer. */
export const brushSize = { least: 6, most: 160, first: 36 } as const;
const sizeStep = 1.25;

export const firstTools: Tools = { tool: "click", brushSize: brushSize.first, isFilled: true, label: 1, isFine: false };

export function changeTools(tools: Tools, event: ToolsEvent): Tools {
  switch (event.kind) {
    case "tool-chosen":
      return { ...tools, tool: event.tool };
    case "brush-sized":
      return { ...tools, brushSize: withinSizes(event.size) };
    case "brush-stepped": {
      const { brushSize: size } = tools;
      return { ...tools, brushSize: withinSizes(Math.round(event.by > 0 ? size * sizeStep : size / sizeStep)) };
    }
    case "fill-toggled":
      return { ...tools, isFilled: !tools.isFilled };
    case "label-chosen":
      return { ...tools, label: event.label };
    case "detail-chosen":
      return { ...tools, isFine: event.isFine };
  }
}

function withinSizes(size: number): number {
  return Math.min(brushSize.most, Math.max(brushSize.least, size));
}

/** A pen that is leant on paints wider; half pressure, which a mouse always has, is the chosen size. */
export function pressedRadius(size: number, pointerType: string, pressure: number): number {
  const share = pointerType === "pen" && pressure > 0 ? 0.3 + 1.4 * pressure : 1;
  return (size / 2) * share;
}
