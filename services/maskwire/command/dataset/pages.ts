/** Answers of a method that answers page by page, until there are no more. */
export async function* pagesOf<Answer extends { nextPage: string }>(
  ask: (page: string) => Promise<Answer>,
): AsyncGenerator<Answer> {
  for (let page = ""; ; ) {
    const answer = await ask(page);
    yield answer;
    if (answer.nextPage === "") return;
    page = answer.nextPage;
  }
}
