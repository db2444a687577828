/** Longer than any name that a picture is given, with the folders that formats put it into: two files must not become one. */
const longest = 2000;

/** A name as pictures have it: a relative path with `/` that leads nowhere else. Windows' backslashes are folders too. */
export function plainName(name: string): string {
  const parts = name
    .replace(/\p{Cc}/gu, "")
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/^[a-z]:/i, "")
    .split(/[/\\]/)
    .filter((part) => part !== "" && part !== "." && part !== "..");
  // Half a character at its beginning is none.
  return parts
    .join("/")
    .slice(-longest)
    .replace(/^[\p{Cs}/]+/u, "");
}

/** Without the ending of its file. */
export const stemOf = (path: string) => path.replace(/\.[^./]+$/, "");

export const baseOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** With the `/` at its end; "" of a file that lies in none. */
export const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
