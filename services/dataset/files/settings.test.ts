import { join } from "node:path";
import { expect, it } from "vitest";
import { shape } from "./settings.js";

it.each([
  ["/somewhere/else", "/somewhere/else"],
  ["here", join(process.cwd(), "here")],
  ["./here/../there", join(process.cwd(), "there")],
])("the folder %s is %s for whoever runs in another", (given, folder) => {
  expect(shape({ MASKWIRE_DATA_DIR: given }).dataFolder).toBe(folder);
});
