/** What everybody gets when it is their turn: a job of cost 1 goes at once, a dearer one when enough has come together. */
const quantum = 1;

interface Place<Who> {
  readonly who: Who;
  /** Cost that it may still spend; never below 0. */
  deficit: number;
  /** It has been given its quantum of this turn. */
  isAtTurn: boolean;
}

/**
 * Whose turn it is among those who wait, by deficit round robin (Shreedhar and Varghese, 1996): in the long run everybody
 * gets the same cost, not the same number of jobs. With n who wait, nobody waits for more than (n - 1) times its own job's
 * cost and the dearest job of the others'. Who leaves takes nothing saved along.
 */
export class DeficitRound<Who> {
  /** Who is next comes first. */
  #places: Place<Who>[] = [];

  /** One more who waits, behind all others. It must not be here already. */
  enter(who: Who): void {
    this.#places.push({ who, deficit: 0, isAtTurn: false });
  }

  leave(who: Who): void {
    this.#places = this.#places.filter((place) => place.who !== who);
  }

  /**
   * Who may go now; undefined when nobody waits. Asked again it says the same, until somebody has spent, come or left.
   * @param costOf of the job that one would do next: above 0 and finite.
   */
  next(costOf: (who: Who) => number): Who | undefined {
    for (let place = this.#places[0]; place; place = this.#places[0]) {
      if (!place.isAtTurn) place.deficit += quantum;
      place.isAtTurn = true;
      if (place.deficit >= costOf(place.who)) return place.who;
      this.#endTurn();
    }
    return undefined;
  }

  /**
   * The one that `next` has named does a job of that cost.
   * @param nextCost of the job that it would do after that; undefined when there is none, and it leaves.
   */
  spend(cost: number, nextCost: number | undefined): void {
    const [place] = this.#places;
    if (!place) return;
    place.deficit -= cost;
    if (nextCost === undefined) this.#places.shift();
    else if (place.deficit < nextCost) this.#endTurn();
  }

  /** As it stands, to try out who would be next. */
  copy(): DeficitRound<Who> {
    const copy = new DeficitRound<Who>();
    copy.#places = this.#places.map((place) => ({ ...place }));
    return copy;
  }

  #endTurn(): void {
    const place = this.#places.shift();
    if (!place) return;
    place.isAtTurn = false;
    this.#places.push(place);
  }
}
