import { startScriptedModel } from "channel-testing";
import type { ModelEndpoint } from "channel-testing";
import type { Provider } from "./options.ts";

export interface ShowModel extends AsyncDisposable {
  readonly endpoint: ModelEndpoint;
  /** Shown to the user. */
  readonly description: string;
  /** For the gateway's environment: a key belongs there, not into its configuration file. */
  readonly env: Readonly<Record<string, string>>;
  /** Hosts beyond this machine that the gateway may reach. */
  readonly allowHosts: readonly string[];
  /** Requests so far; undefined when a provider would have to be asked. */
  calls(): number | undefined;
  /** The scripted model answers to this from now on; a real one needs no telling. */
  expect(text: string): void;
}

const KEY_NAME = "OPENCLAW_START_API_KEY";

/** The model of this run: the provider's, or one in this process that repeats what it was told. */
export async function openShowModel(provider: Provider | undefined): Promise<ShowModel> {
  if (provider !== undefined) {
    const { baseUrl, modelId, apiKey } = provider;
    return {
      endpoint: { baseUrl, modelId, apiKey: `\${${KEY_NAME}}` },
      description: `${modelId} at ${baseUrl}`,
      env: { [KEY_NAME]: apiKey },
      allowHosts: [new URL(baseUrl).hostname],
      calls: () => undefined,
      expect: () => undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  // A request holds much besides the user's words (rules, context, history); who typed them knows them best.
  let expected = "";
  const model = await startScriptedModel({
    reply: ({ lastUserText }) =>
      lastUserText.includes(expected)
        ? `You wrote "${expected}". I am a scripted model: see npm start -- --help for a real one.`
        : "I am a scripted model and was not told of this message.",
  });
  return {
    endpoint: model,
    description: `scripted, at ${model.baseUrl}`,
    env: {},
    allowHosts: [],
    calls: () => model.requests.length,
    expect: (text) => {
      expected = text;
    },
    [Symbol.asyncDispose]: () => model.close(),
  };
}
