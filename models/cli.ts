import { Command, CommanderError } from "commander";
import { type EncoderRuntime, runtimeHere } from "../services/encoder/graphs/encoder-runtime.js";
import { variables as encoder, waysOf } from "../services/encoder/settings.js";
import { Manifest } from "../services/inference/models/manifest.js";
import { manifestSchema } from "../services/inference/models/manifest-form.js";
import { Models } from "../services/inference/models/models.js";
import { type ModelSettings, shape, variables } from "../services/inference/settings.js";
import { readEnv } from "../services/runtime/settings/read-env.js";
import { watchOutput } from "../services/runtime/watch-output.js";
import { addModel } from "./add-model.js";
import { diagnose, diagnosisText } from "./doctor/diagnosis.js";
import { examineModel } from "./doctor/examine-model.js";
import { listModels, listText } from "./list-models.js";
import { optimisationText, optimiseModel } from "./optimise-model.js";
import { pulledText, pullModels } from "./pull-models.js";
import { removalText, removeModel } from "./remove-model.js";
import { verificationText, verifyModels } from "./verify-models.js";

/** `npm run models -- COMMAND`: what models/manifest.json names, fetched, held against its digests, and made faster. */
const program = new Command("models")
  .description("The models that Maskwire serves: what they are, and whether their files are the right ones.")
  .exitOverride();

program
  .command("list")
  .description("every model of the manifest: title, licence, provenance, files")
  .option("--json", "print one JSON object")
  .action(async ({ json }: { json?: true }) => {
    const list = await listModels(manifest());
    print(json ? { models: list } : listText(list));
  });

program
  .command("add")
  .description(
    "write a model of your own into the file of MASKWIRE_MODELS_FILE, with the digests that its files have or their host publishes",
  )
  .argument("<files...>", "what each file is: encoder=https://... decoder=file:PATH")
  .requiredOption("--id <id>", "what requests will call it")
  .requiredOption("--licence <licence>", "of its weights, as SPDX writes it")
  .option("--like <id>", "a model that has the same tensors and preprocessing")
  .option("--family <name>", "the family of its exports, instead; see models.md of the documentation")
  .option("--title <title>", "for people")
  .option("--json", "print one JSON object")
  .action(async (files: string[], options: Omit<Parameters<typeof addModel>[2], "files"> & { json?: true }) => {
    const { file, pulledDir } = settings();
    if (file === undefined) throw new Error("name the file that it goes into by MASKWIRE_MODELS_FILE");
    const entry = await addModel(Manifest.read(pulledDir), file, { ...options, files });
    print(
      options.json ? entry : `${entry.id}: added to ${file}; next: models pull ${entry.id}, models doctor ${entry.id}`,
    );
  });

program
  .command("pull")
  .description("fetch the files of models that are not here yet; what an earlier try has brought is not fetched again")
  .argument("<ids...>", "models of the manifest")
  .option("--accept-licence", "you have read the licence of a model that asks for it, and agree to it")
  .option("--json", "print one JSON object")
  .action(async (ids: string[], { acceptLicence = false, json }: { acceptLicence?: boolean; json?: true }) => {
    const signal = untilStopped();
    const pulled = await pullModels(manifest(), ids, { acceptsLicence: acceptLicence, signal, screen: process.stderr });
    print(json ? { models: pulled } : pulledText(pulled));
  });

program
  .command("remove")
  .description("remove what was fetched for a model, but for what another one uses")
  .argument("<id>", "a model of the manifest")
  .option("--json", "print one JSON object")
  .action(async (id: string, { json }: { json?: true }) => {
    const removal = await removeModel(manifest(), id, settings().cacheDir);
    print(json ? removal : removalText(removal));
  });

program
  .command("verify")
  .description("check the size and SHA-256 of every file against the manifest; exit status 1 when one differs")
  .argument("[id]", "one model only")
  .option("--json", "print one JSON object")
  .action(async (id: string | undefined, { json }: { json?: true }) => {
    const verification = await verifyModels(manifest(), id);
    print(json ? verification : verificationText(verification));
    if (!verification.ok) process.exitCode = 1;
  });

program
  .command("optimize")
  .description("make a model's graphs faster, prove that they give the same, and keep them for the server")
  .argument("<id>", "a model of the manifest")
  .option("--force", "make and prove it anew, also when it is cached")
  .option("--json", "print one JSON object")
  .action(async (id: string, { force = false, json }: { force?: boolean; json?: true }) => {
    const { cacheDir } = settings();
    const optimised = await optimiseModel(manifest(), id, { cacheDir, runtime: encoderRuntime(), force });
    print(json ? optimised : optimisationText(optimised));
  });

program
  .command("doctor")
  .description(
    "run a model as it is served on pictures whose masks are known, and say what is wrong; exit status 1 when something is",
  )
  .argument("<id>", "a model of the manifest")
  .option(
    "--quick",
    "a third of the pictures; the entry's preprocessing is compared with others only where masks are wrong",
  )
  .option("--json", "print one JSON object")
  .action(async (id: string, { quick = false, json }: { quick?: boolean; json?: true }) => {
    const { cacheDir, frame } = settings();
    const models = new Models(manifest(), { chosen: id, frame });
    let begunAt = 0;
    const onPicture = (done: number, all: number) => {
      if (done === 1) begunAt = performance.now();
      const leftS = Math.ceil(((performance.now() - begunAt) / Math.max(1, done - 1)) * (all - done)) / 1000;
      const left =
        done > 2 ? `, ${leftS.toFixed(0)} s left${!quick && leftS > 120 ? " (--quick takes a third)" : ""}` : "";
      if (process.stderr.isTTY)
        process.stderr.write(done === all ? "\r\x1b[K" : `\r\x1b[K${done} of ${all} pictures${left}`);
    };
    const examination = await examineModel(models.serving(id), models, {
      cacheDir,
      runtime: encoderRuntime(),
      quick,
      onPicture,
    });
    const findings = diagnose(examination);
    print(json ? { ...examination, findings } : diagnosisText(id, findings));
    if (findings.some(({ isFine }) => !isFine)) process.exitCode = 1;
  });

program
  .command("schema")
  .description("the JSON schema of files of models: what models/manifest.schema.json holds")
  .action(() => print(`${JSON.stringify(manifestSchema(), null, 2)}`));

program.addHelpText(
  "after",
  `
Examples:
  npm run -s models -- list
  npm run -s models -- pull ID --accept-licence
  npm run -s models -- verify --json
  npm run -s models -- optimize mobilesam --force
  npm run -s models -- doctor mobilesam
`,
);

/** Of all settings only those that say where models and their graphs are: the others may be for another machine. */
function settings(): ModelSettings {
  const { MASKWIRE_MODELS_FILE, MASKWIRE_MODELS_DIR, MASKWIRE_MODEL_CACHE_DIR, MASKWIRE_ENCODER_FRAME } = process.env;
  const own = { MASKWIRE_MODELS_FILE, MASKWIRE_MODELS_DIR, MASKWIRE_MODEL_CACHE_DIR, MASKWIRE_ENCODER_FRAME };
  return shape(readEnv(variables, own), 0);
}

/** As the server's on its own machine: what is proven is what is served. */
function encoderRuntime(): EncoderRuntime {
  const { MASKWIRE_ENCODER_PROVIDERS, MASKWIRE_ENCODER_THREADS } = process.env;
  return runtimeHere(waysOf(readEnv(encoder, { MASKWIRE_ENCODER_PROVIDERS, MASKWIRE_ENCODER_THREADS })));
}

function manifest(): Manifest {
  return Manifest.configured(settings());
}

/** Aborts when the person has enough. */
function untilStopped(): AbortSignal {
  const stopping = new AbortController();
  const message = "stopped; what has come is kept, and pull goes on from there";
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort(new Error(message)));
  return stopping.signal;
}

function print(output: string | object): void {
  process.stdout.write(`${typeof output === "string" ? output : JSON.stringify(output)}\n`);
}

const isJson = process.argv.includes("--json");
const tell = (message: string) =>
  process.stderr.write(isJson ? `${JSON.stringify({ error: { message, exitCode: 1 } })}\n` : `models: ${message}\n`);
watchOutput(tell);
try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own errors, and help is not one.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    tell(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
