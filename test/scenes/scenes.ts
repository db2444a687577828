import { garden } from "./garden.js";
import { kitchen } from "./kitchen.js";
import { playroom } from "./playroom.js";
import type { Scene } from "./scene.js";

export const scenes: readonly Scene[] = [kitchen, playroom, garden];
