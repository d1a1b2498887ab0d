export { convosCodecs } from "./agent/codecs.ts";
export type { ConvosCodec } from "./agent/codecs.ts";
export type { ConvosAgentOptions, UsedInvites } from "./agent/options.ts";
export { convosSigner } from "./agent/signer.ts";
export { ConvosAgent, useConvos } from "./agent/use-convos.ts";
export { ConvosError } from "./errors.ts";
export type { ConvosErrorCode } from "./errors.ts";
export { keyFromHex } from "./identity/key.ts";
export type { ConvosKey } from "./identity/key.ts";
