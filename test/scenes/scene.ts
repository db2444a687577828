import type { World } from "./world.js";

export interface Scene {
  /** File stem. */
  readonly name: string;
  readonly title: string;
  build(): World;
}
