/** What stands before each entry of a list. */
export function separators(): () => string {
  let isFirst = true;
  return () => {
    const separator = isFirst ? "\n" : ",\n";
    isFirst = false;
    return separator;
  };
}
