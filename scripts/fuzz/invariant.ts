/** Something that must hold for every one of many tampered inputs. */
export interface Invariant {
  readonly name: string;
  /**
   * @param onCase - Told the index of each case before it is tried.
   * @param stride - Every how many cases one is tried; 1 for all of them.
   * @returns How many cases were tried, and how many of them did what they must not.
   */
  run(
    onCase: (index: number) => void,
    stride: number,
  ): { cases: number; violations: number; detail: string };
}
