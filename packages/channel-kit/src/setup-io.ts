// What the steps of the wizard share: whom they ask, where they write, and how they are told what the person said.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelSetupWizardAdapter } from "openclaw/plugin-sdk/setup";
import { WizardCancelledError } from "openclaw/plugin-sdk/setup";
import type { Terminal } from "./private-screen.ts";

type Interactive = NonNullable<ChannelSetupWizardAdapter["configureInteractive"]>;
export type SetupContext = Parameters<Interactive>[0];
export type SetupPrompter = SetupContext["prompter"];

export interface SetupIo {
  readonly prompter: SetupPrompter;
  /** This process's own terminal; undefined when the wizard is shown elsewhere, e.g. in a browser. */
  readonly terminal: Terminal | undefined;
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** Called before the first thing that Back could not undo. */
  readonly beforeEffect: () => Promise<void>;
}

/** One step's result beside the configuration it changed. */
export interface Configured<T> {
  readonly cfg: OpenClawConfig;
  readonly result: T;
}

/** Ends the wizard as Ctrl-C in one of the host's own questions does. */
export function cancelSetup(): never {
  throw new WizardCancelledError("Setup cancelled");
}
