import { Command, Option } from "commander";
import { checkOutputs } from "./check-outputs.js";
import { usageError } from "./command-error.js";
import { addDatasets } from "./dataset/dataset-program.js";
import { collectWords } from "./dataset/labels.js";
import type { DeleteOptions } from "./delete-pictures.js";
import { errorAsJson } from "./describe-error.js";
import { type EverythingCommandOptions, everythingPhoto } from "./everything-photo.js";
import { collectLimits, parseExpiry, parseScopes } from "./key-values.js";
import type { CreateKeyOptions } from "./keys.js";
import type { LiftOptions } from "./lift/lift-objects.js";
import {
  collectPoints,
  detailModes,
  once,
  parseBox,
  parseCount,
  parseDetail,
  parseGatewayUrl,
  parseNumber,
  parsePngPath,
  parseRate,
} from "./parse-values.js";
import { type SegmentOptions, segmentPhoto } from "./segment-photo.js";
import type { UsageOptions } from "./show-usage.js";
import { layoutNames } from "./track/outputs/layout-names.js";
import type { TrackOptions } from "./track/track-frames.js";

const examples = `
Coordinates are pixels of the upright picture (EXIF orientation applied); 0,0 is its top left corner.
The result goes to standard output, everything else to standard error. The exit status is 0 when it
worked, 2 when the command line is wrong, 1 for any other failure. With --json standard error has nothing
but, where it failed, one line {"error":{"message":...,"exitCode":...}}.

Examples:
  maskwire segment truck.jpg --point 500,375 --out mask.png
  maskwire segment truck.jpg --box 425,600,700,875 --negative 575,750 --cutout wheel.png
  maskwire segment park.jpg --text "dogs and cats" --out mask.png            (mask.png, mask-2.png, ...)
  maskwire segment truck.jpg --point 500,375 --multimask --out mask.png      (mask.png, mask-2.png, ...)
  maskwire everything truck.jpg --out masks.json --preview preview.png
  maskwire track ride.mp4 --point 500,375 --out masks/
  maskwire lift --colmap statue/ --view 012.jpg --point 500,375 --out lifted/
  maskwire segment truck.jpg --point 500,375 --json --url http://localhost:8080 | jq .masks[0].rle
`;

const photoHelp = "a JPEG, PNG, WebP, GIF, TIFF or AVIF file; - reads standard input";

/**
 * The command line. Errors of its own are CommanderErrors, those of the work CommandErrors.
 * @param isJson whether its own errors are written as JSON.
 */
export function createProgram({ isJson = false } = {}): Command {
  const program = new Command("maskwire")
    .description("Masks of objects in photos, by the Segment Anything Model.")
    .configureOutput({
      outputError: (message, write) => {
        const reason = message.replace(/^error: /, "");
        write(isJson ? errorAsJson(reason.trim(), 2) : `maskwire: ${reason}`);
      },
    })
    .exitOverride();
  program
    .command("segment")
    .description("find the masks of one object in a photo, or of all that words name")
    .argument("<photo>", photoHelp)
    .option("-p, --point <x,y>", "a point on the object; may be repeated", collectPoints)
    .option("-n, --negative <x,y>", "a point beside the object; may be repeated", collectPoints)
    .option("-b, --box <x0,y0,x1,y1>", "a box around the object, two opposite corners", parseBox)
    .option(
      "-t, --text <words>",
      "every object of a kind, by a word for it; with points or a box those there",
      once(String),
    )
    .option("-o, --out <file.png>", "write the mask as greyscale PNG, 255 inside", once(parsePngPath))
    .option("-c, --cutout <file.png>", "write the object on transparency, cropped to its box", once(parsePngPath))
    .option("-m, --multimask", "every candidate mask of an ambiguous prompt, best first; files are numbered from -2 on")
    .addOption(
      detailOption(
        "look again at the part of the photo around the object: auto where it is small or there is more than one point, always, or off",
      ),
    )
    .option("--model <id>", "the model to ask for; without it whichever the gateway serves", once(String))
    .option("--json", "print one JSON object with the masks as COCO run-length encoding")
    .addOption(gatewayOption())
    .addOption(keyFileOption())
    .addHelpText("after", examples)
    .action((photo: string, options: SegmentOptions) => {
      const { out, cutout, multimask, text } = options;
      const areNumbered = multimask === true || text !== undefined;
      checkOutputs(photo, { "--out": out, "--cutout": cutout }, { areNumbered });
      return segmentPhoto(photo, options);
    });
  program
    .command("everything")
    .description("find every object in a photo, as an SA-1B record")
    .argument("<photo>", photoHelp)
    .option("-o, --out <file.json>", "write the record there; it goes to standard output otherwise", once(String))
    .option("--preview <file.png>", "write the photo with every mask in a colour of its own", once(parsePngPath))
    .option("-t, --text <words>", "only objects that these words name", once(String))
    .option("--rank-by <words>", "how well these words go with each object, the best first", once(String))
    .option("--exhaustive", "ask every point of the grid; slower, a few more masks")
    .option("--points-per-side <n>", "the grid has this many points squared (32)", once(parseCount))
    .option("--pred-iou-thresh <x>", "least predicted IoU of a mask (0.88)", once(parseNumber))
    .option("--stability-score-thresh <x>", "least stability score of a mask (0.95)", once(parseNumber))
    .option("--box-nms-thresh <x>", "most that the boxes of two masks may overlap (0.7)", once(parseNumber))
    .option(
      "--crop-n-layers <n>",
      "look again at magnified parts of the photo, so many layers deep (0)",
      once(parseCount),
    )
    .addOption(
      detailOption("look again at the parts of the photo around objects: auto around small ones, always, or off"),
    )
    .option("--min-mask-region-area <n>", "fill holes and remove islands of fewer pixels (0)", once(parseCount))
    .option("--model <id>", "the model to ask for; without it whichever the gateway serves", once(String))
    .addOption(gatewayOption())
    .addOption(keyFileOption())
    .action((photo: string, options: EverythingCommandOptions) => {
      checkOutputs(photo, { "--out": options.out, "--preview": options.preview });
      return everythingPhoto(photo, options);
    });
  program
    .command("track")
    .description("follow objects through the frames of a video")
    .argument(
      "<input>",
      "a video file, where ffmpeg is installed; an animated GIF or WebP; or a folder or zip of pictures of one size, in the order of their names",
    )
    .option("-p, --point <x,y>", "a point on the object; may be repeated", collectPoints)
    .option("-n, --negative <x,y>", "a point beside the object; may be repeated", collectPoints)
    .option("-b, --box <x0,y0,x1,y1>", "a box around the object, two opposite corners", parseBox)
    .option("-f, --frame <n>", "the frame that these are on, from 0 (0)", once(parseCount))
    .option("--objects <file.json>", "several objects, or one on several frames: a list of prompts", once(String))
    .option("--first <n>", "the first frame that is wanted (0)", once(parseCount))
    .option("--last <n>", "the last frame that is wanted", once(parseCount))
    .option("--fps <n>", "take so many frames a second of a video; without it, every frame there is", once(parseRate))
    .option("--keep-frames <folder>", "keep the frames of a video there, as numbered pictures", once(String))
    .option(
      "-o, --out <folder>",
      "write a mask a frame there; of coco, youtube-vis and overlay this is the file",
      once(String),
    )
    .option("--dataset <name>", "keep the frames there as a sequence, and what was found as its tracks", once(String))
    .option("--sequence <name>", "what the sequence is called; without it as the video", once(String))
    .option(
      "--track <name>",
      "the track of the sequence that an object is, one that there is or a new one; once for each object, in the order of their numbers",
      collectWords,
    )
    .option("--label <name>", "what the objects are, of the data set's labels", once(String))
    .option("--split <name>", "of the sequence: train, val, test, or what you call it", once(String))
    .option("--person <name>", "who does it, where nobody is asked who they are", once(String))
    .addOption(
      new Option(
        "--layout <name>",
        "davis: palette PNGs, an index an object; colmap, nerfstudio: what 3D tools mask by; mots: PNGs and text; coco, youtube-vis: one file; rgba: the objects on transparency; overlay: a video of the objects in colours, where ffmpeg is installed",
      )
        .choices(layoutNames)
        .default("davis"),
    )
    .option("--model <id>", "the model to ask for; without it whichever the gateway serves", once(String))
    .addOption(gatewayOption())
    .addOption(keyFileOption())
    .action(async (input: string, options: TrackOptions) => {
      const { trackFrames } = await import("./track/track-frames.js");
      await trackFrames(input, options);
    });
  program
    .command("lift")
    .description("find objects of one view in all views of a COLMAP reconstruction, and in its points")
    .requiredOption(
      "--colmap <folder>",
      "the text model: cameras.txt, images.txt, points3D.txt, there or in sparse/0",
      once(String),
    )
    .option("--images <folder>", "the pictures that it was made of; without it images/ beside it", once(String))
    .option("--view <name>", "the picture that the prompt is on, by its name in images.txt (the first)", once(String))
    .option("-p, --point <x,y>", "a point on the object; may be repeated", collectPoints)
    .option("-n, --negative <x,y>", "a point beside the object; may be repeated", collectPoints)
    .option("-b, --box <x0,y0,x1,y1>", "a box around the object, two opposite corners", parseBox)
    .option("--objects <file.json>", "several objects, or one in several views: a list of prompts", once(String))
    .requiredOption("-o, --out <folder>", "write masks/ there, a palette PNG a view, and points.ply", once(String))
    .option("--model <id>", "the model to ask for; without it whichever the gateway serves", once(String))
    .addOption(gatewayOption())
    .addOption(keyFileOption())
    .action(async (options: LiftOptions) => {
      const { liftObjects } = await import("./lift/lift-objects.js");
      await liftObjects(options);
    });
  program
    .command("usage")
    .description("what is used of your limits at a gateway")
    .option("--tenant <name>", "of all of a tenant's keys, for who has the scope admin", once(String))
    .option("--json", "print one JSON object")
    .addOption(gatewayOption())
    .addOption(keyFileOption())
    .action(async (options: UsageOptions) => {
      const { showUsage } = await import("./show-usage.js");
      await showUsage(options);
    });
  addKeys(program);
  addDatasets(program, { keyFile: keyFileOption });
  program
    .command("delete")
    .description("delete a photo at the gateway, with all that was made of it, or all photos")
    .argument("[photo]", `${photoHelp}; or its id, sha256:...`)
    .option("--all [tenant]", "every photo of yours; where the gateway asks who you are, with your tenant's name")
    .addOption(new Option("-u, --url <url>", "the gateway").env("MASKWIRE_URL").argParser(once(parseGatewayUrl)))
    .addOption(keyFileOption())
    .action(async (photo: string | undefined, options: DeleteOptions) => {
      const { deletePictures } = await import("./delete-pictures.js");
      await deletePictures(photo, options);
    });
  program
    .command("serve")
    .description("start the server, as npm start does; its settings are the MASKWIRE_* variables")
    .action(async () => {
      await import("../index.js");
    });
  // An empty variable is as good as none; an empty option is a mistake, such as a variable of a script that is not set.
  program.hook("preAction", (_program, command) => {
    for (const [name, value] of Object.entries(command.opts())) {
      if (value !== "" || command.getOptionValueSource(name) !== "cli") continue;
      throw usageError(`--${name} is empty.`);
    }
  });
  return program;
}

const detailOption = (what: string) =>
  new Option("--detail <mode>", what).choices(Object.keys(detailModes)).argParser(once(parseDetail));

/** Commands that make and end the keys of a server (MASKWIRE_AUTH_FILE). */
function addKeys(program: Command): void {
  const keys = program.command("keys").description("make, list and revoke the API keys of a server");
  const fileOption = () =>
    new Option("-f, --file <file.json>", "the server's file of keys").env("MASKWIRE_AUTH_FILE").argParser(once(String));
  keys
    .command("create")
    .description("make a key and print it, this once; its file keeps a digest of it")
    .requiredOption("--id <name>", "what the key is called, in lists and logs", once(String))
    .requiredOption("--tenant <name>", "whose pictures it sees", once(String))
    .option(
      "--scopes <list>",
      "what it may do: segment,everything,upload unless said otherwise; also datasets, admin, peer",
      once(parseScopes),
    )
    .option("--expires <when>", "when it ends: 90d, 12h, 2027-01-31; never where this is left out", once(parseExpiry))
    .option("--limit <name=value>", "a limit of its own, such as sessions=10; may be repeated", collectLimits)
    .addOption(fileOption())
    .action(async (options: CreateKeyOptions) => {
      const { createKey } = await import("./keys.js");
      await createKey(options);
    });
  keys
    .command("list")
    .description("the keys there are, without their secrets")
    .option("--json", "print one JSON object")
    .addOption(fileOption())
    .action(async (options: { file?: string; json?: true }) => {
      const { listKeys } = await import("./keys.js");
      await listKeys(options);
    });
  keys
    .command("revoke")
    .description("end a key: within a second at every server that has the file")
    .argument("<id>", "the key's id")
    .addOption(fileOption())
    .action(async (id: string, options: { file?: string }) => {
      const { revokeKey } = await import("./keys.js");
      await revokeKey(id, options);
    });
}

function keyFileOption(): Option {
  const what = "holds the key that a gateway asks for; a key itself is taken from MASKWIRE_KEY alone";
  return new Option("-k, --key-file <file>", what).env("MASKWIRE_KEY_FILE").argParser(once(String));
}

function gatewayOption(): Option {
  return new Option("-u, --url <url>", "a running gateway; without one the command starts its own")
    .env("MASKWIRE_URL")
    .argParser(once(parseGatewayUrl));
}
