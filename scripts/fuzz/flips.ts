import type { Invariant } from "./invariant.ts";

/** No bit of a sample may be flipped and the sample still be taken. */
export function flips(
  name: string,
  sample: Uint8Array,
  isAccepted: (bytes: Uint8Array) => boolean,
): Invariant {
  return {
    name,
    run: (onCase, stride) => {
      if (!isAccepted(sample)) throw new Error(`${name}: the untouched sample is refused`);
      const bytes = Uint8Array.from(sample);
      let cases = 0;
      let violations = 0;
      for (let bit = 0; bit < bytes.length * 8; bit += stride) {
        cases += 1;
        onCase(bit);
        const at = bit >> 3;
        const original = bytes[at] ?? 0;
        bytes[at] = original ^ (1 << (bit & 7));
        if (isAccepted(bytes)) violations += 1;
        bytes[at] = original;
      }
      return { cases, violations, detail: `accepted ${violations}` };
    },
  };
}
