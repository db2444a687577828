import { type Access, openAccess } from "../runtime/callers/access.js";
import { followFiles } from "../runtime/follow-files.js";
import type { Logger } from "../runtime/logger.js";
import { followSigningKeys } from "../runtime/signing-keys.js";
import { AccessControl } from "./access-control.js";
import { ApiKeys } from "./keys/api-keys.js";
import { parseKeyFile } from "./keys/key-file.js";
import type { AccessSettings } from "./settings.js";
import { Tickets } from "./tickets/tickets.js";

interface OpenedAccess {
  readonly access: Access;
  close(): void;
}

/** Who may use a process, as its settings say; its files are followed until it is closed. */
export function createAccess(settings: AccessSettings, logger: Logger): OpenedAccess {
  const { keys: file, ticketKeys } = settings;
  if (!file) {
    if (settings.isOpenToNetwork) logger.warn("MASKWIRE_AUTH=none: whoever reaches the port may do everything");
    return { access: openAccess, close: () => {} };
  }
  const keys = new ApiKeys(file.keys);
  const tickets = new Tickets(ticketKeys?.keys);
  const access = new AccessControl({ keys, tickets });
  const followers = [
    followFiles([file.path], ([text]) => {
      try {
        access.replaceKeys(parseKeyFile(text ?? "").keys);
        logger.info({ path: file.path, keys: keys.ids.length }, "keys have changed");
      } catch (error) {
        const why = text === undefined ? "it cannot be read" : (error as Error).message;
        logger.error({ path: file.path, why }, "the file of keys cannot be used; the keys stay as they were");
      }
    }),
  ];
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
