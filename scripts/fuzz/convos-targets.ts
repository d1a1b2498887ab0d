import { convosContentTargets } from "./convos-content-targets.ts";
import { createConvosFixture } from "./convos-fixtures.ts";
import { convosInviteTargets } from "./convos-invite-targets.ts";
import { convosMessageTargets } from "./convos-message-targets.ts";
import type { FuzzTarget } from "./engine.ts";

/** Every parser of the Convos SDK that meets bytes it did not make itself. */
export function convosTargets(): FuzzTarget[] {
  const fixture = createConvosFixture();
  return [
    ...convosInviteTargets(fixture),
    ...convosContentTargets(fixture),
    ...convosMessageTargets(fixture),
  ];
}
