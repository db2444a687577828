import { type Access, openAccess } from "../runtime/callers/access.js";
import { followFiles } from "../runtime/follow-files.js";
import type { Logger } from "../runtime/logger.js";
import { followSigningKeys } from "../runtime/signing-keys.js";
import { AccessControl } from "./access-control.js";
import { ApiKeys } from "./keys/api-keys.js";
import { parseKeyFile } from "./keys/key-file.js";
import type { AccessSettings } from "./settings.js";
import { Tickets } from "./tickets/tickets.js";
import { Tokens } from "./tokens/tokens.js";

interface OpenedAccess {
  readonly access: Access;
  close(): void;
}

/** Who may use a process, as its settings say; its files are followed until it is closed. */
export function createAccess(settings: AccessSettings, logger: Logger): OpenedAccess {
  const { keys: file, tokens: tokenSettings, ticketKeys } = settings;
  if (!file && !tokenSettings) {
    if (settings.isOpenToNetwork) logger.warn("MASKWIRE_AUTH=none: whoever reaches the port may do everything");
    return { access: openAccess, close: () => {} };
  }
  let tenants = file?.tenants ?? {};
  const keys = file && new ApiKeys(file.keys);
  const tokens = tokenSettings && new Tokens(tokenSettings, { logger, limitsOf: (tenant) => tenants[tenant]?.limits });
  void tokens?.warm();
  const tickets = new Tickets(ticketKeys?.keys);
  const access = new AccessControl({ keys, tokens, tickets, oidc: settings.oidc });
  const followers: { close(): void }[] = [];
  const follow = ({ path, text: known }: { path: string; text: string }) =>
    followFiles(
      [path],
      {
        take: ([text]) => {
          if (text === undefined) throw new Error("it cannot be read");
          const changed = parseKeyFile(text);
          tenants = changed.tenants;
          access.replaceKeys(changed.keys);
          logger.info({ path, keys: changed.keys.length }, "keys have changed");
        },
        refused: (why) => logger.error({ path, why }, "the file of keys cannot be used; the keys stay as they were"),
      },
      [known],
    );
  if (file) followers.push(follow(file));
  if (ticketKeys) followers.push(followSigningKeys(ticketKeys.path, tickets, logger));
  else if (settings.hasOtherGateways) {
    logger.warn("tickets are valid at this gateway alone: set MASKWIRE_TICKET_KEY_FILE, the same for all gateways");
  }
  return {
    access,
    close: () => {
      for (const follower of followers) follower.close();
    },
  };
}
