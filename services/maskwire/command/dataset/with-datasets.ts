import { userInfo } from "node:os";
import type { Notices } from "../notices.js";
import { withGateway } from "../with-gateway.js";
import { DatasetClient } from "./dataset-client.js";

/** Options that every command over data sets has, as commander hands them over. */
export interface DatasetOptions {
  url?: string;
  keyFile?: string;
  json?: true;
  /** Who does it, where the gateway asks nobody who they are. */
  person?: string;
}

/** What a command over data sets has to work with. */
export interface DatasetTools {
  readonly client: DatasetClient;
  readonly notices: Notices;
  readonly person: string;
  /** The one answer of a command: as JSON for programs, as text for people. */
  print(json: unknown, asText: () => string): void;
}

/** Runs `work` with the data sets of a gateway: the one at `url`, or one of its own for as long as it takes, with those of this machine. */
export function withDatasets<T>(options: DatasetOptions, work: (tools: DatasetTools) => Promise<T>): Promise<T> {
  const { url, keyFile, json, person = accountName() } = options;
  const given = {
    ...(url === undefined ? {} : { url }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(json && { json }),
  };
  return withGateway(given, (gateway, notices) =>
    work({
      client: new DatasetClient(gateway.url, gateway.key),
      notices,
      person,
      print: (answer, asText) => {
        process.stdout.write(json ? `${JSON.stringify(answer)}\n` : asText());
      },
    }),
  );
}

/** An account may have no name, in a container above all. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}
