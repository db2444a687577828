/** Tools whose protocols the gateway speaks, where it is told to. Each has its routes below `/adapters/` and its name. */
export const adapterNames = ["label-studio", "cvat", "x-anylabeling", "roboflow", "samapi", "osam"] as const;

export type AdapterName = (typeof adapterNames)[number];
