import { z } from "zod";
import { sam1 } from "./sam1.js";
import { segmenterForm } from "./segmenter-family.js";

/** An entry of the manifest. A family is a row here. */
export const entryForm = z.discriminatedUnion("family", [segmenterForm(sam1)]);
