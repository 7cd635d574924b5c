/**
 * Lets activities that run side by side pass one at a time, each when all of the others wait or have ended, in an order
 * that `choices` gives. The same choices are the same interleaving.
 */
export class Turnstile {
  readonly #choices: readonly number[];
  #waiting: (() => void)[] = [];
  #moving = 0;
  #passed = 0;
  #whenStill: () => void = () => {};

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  /** Waits until it is this activity's turn to pass. */
  pass = (): Promise<void> =>
    new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#rest();
    });

  /** Runs the activities to their ends; `between` is called whenever all of them stand still. */
  async run(activities: readonly (() => Promise<unknown>)[], between: () => Promise<void>): Promise<void> {
    this.#moving = activities.length;
    const still = this.#untilStill();
    const all = Promise.all(activities.map((activity) => activity().finally(() => this.#rest())));
    await still;
    for (await between(); this.#waiting.length > 0; await between()) {
      const choice = this.#choices[this.#passed % this.#choices.length] ?? 0;
      this.#passed += 1;
      const [next] = this.#waiting.splice(choice % this.#waiting.length, 1);
      const stillAgain = this.#untilStill();
      this.#moving += 1;
      next?.();
      await stillAgain;
    }
    await all;
  }

  #untilStill = (): Promise<void> =>
    new Promise((resolve) => {
      this.#whenStill = resolve;
    });

  #rest(): void {
    this.#moving -= 1;
    if (this.#moving === 0) this.#whenStill();
  }
}
