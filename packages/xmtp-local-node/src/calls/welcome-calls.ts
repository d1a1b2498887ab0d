import { invalidArgument } from "../grpc/status.ts";
import type { NewMessage } from "../store/message-log.ts";
import { FieldWriter, type Fields } from "../wire/fields.ts";
import type { CallContext } from "./call-context.ts";
import { encodePage, readPage } from "./paging.ts";

/** WelcomeWrapperAlgorithm: how the welcome is encrypted. The key of a symmetric one is in the pointers to it. */
const XWING_MLKEM_768 = 2;
const SYMMETRIC_KEY = 3;

/** SendWelcomeMessages: all of them, or, when one is refused, none. */
export function sendWelcomeMessages({ post }: CallContext, request: Fields): Uint8Array {
  const messages = request.messages(1).map(readWelcome);
  if (messages.length === 0) throw invalidArgument("SendWelcomeMessages: no messages");
  post("welcome", messages);
  return new Uint8Array(0);
}

function readWelcome(input: Fields): NewMessage {
  if (input.has(1)) return readDirectWelcome(input.message(1));
  if (input.has(2)) return readWelcomePointer(input.message(2));
  throw invalidArgument("welcome: unknown version");
}

// WelcomeMessageInput.V1: installation_key 1, data 2, hpke_public_key 3, wrapper_algorithm 4, welcome_metadata 7.
// WelcomeMessage.V1: id 1, created_ns 2, then the same five as 3 to 7.
function readDirectWelcome(v1: Fields): NewMessage {
  const [installationKey, data, hpkePublicKey] = [v1.bytes(1), v1.bytes(2), v1.bytes(3)];
  const algorithm = v1.uint32(4);
  if (installationKey.length === 0) throw invalidArgument("welcome: no installation key");
  if (data.length === 0) throw invalidArgument("welcome: no data");
  if (hpkePublicKey.length === 0 && algorithm !== SYMMETRIC_KEY) {
    throw invalidArgument("welcome: no HPKE public key");
  }
  return {
    topic: installationKey,
    content: data,
    encode: (id, createdNs) => {
      const encoded = new FieldWriter()
        .uint64(1, id)
        .uint64(2, createdNs)
        .bytes(3, installationKey)
        .bytes(4, data)
        .bytes(5, hpkePublicKey)
        .uint32(6, algorithm)
        .bytes(7, v1.bytes(7))
        .finish();
      return new FieldWriter().present(1, encoded).finish();
    },
  };
}

// WelcomePointer input: installation_key 1, welcome_pointer 2, hpke_public_key 3, wrapper_algorithm 4; output as above.
function readWelcomePointer(input: Fields): NewMessage {
  const [installationKey, pointer, hpkePublicKey] = [
    input.bytes(1),
    input.bytes(2),
    input.bytes(3),
  ];
  const algorithm = input.uint32(4);
  if (installationKey.length === 0) throw invalidArgument("welcome pointer: no installation key");
  if (pointer.length === 0) throw invalidArgument("welcome pointer: no pointer");
  if (hpkePublicKey.length === 0) throw invalidArgument("welcome pointer: no HPKE public key");
  if (algorithm !== XWING_MLKEM_768) {
    throw invalidArgument(`welcome pointer: algorithm ${algorithm} is not allowed`);
  }
  return {
    topic: installationKey,
    content: pointer,
    encode: (id, createdNs) => {
      const encoded = new FieldWriter()
        .uint64(1, id)
        .uint64(2, createdNs)
        .bytes(3, installationKey)
        .bytes(4, pointer)
        .bytes(5, hpkePublicKey)
        .uint32(6, algorithm)
        .finish();
      return new FieldWriter().present(2, encoded).finish();
    },
  };
}

/** QueryWelcomeMessages. The key may be one that nobody registered: pointers point at such. */
export function queryWelcomeMessages({ store }: CallContext, request: Fields): Uint8Array {
  const installationKey = request.bytes(1);
  if (installationKey.length === 0)
    throw invalidArgument("QueryWelcomeMessages: no installation key");
  const page = readPage(request.message(2));
  const messages = store.welcomeMessages.list(installationKey, page);
  return new FieldWriter()
    .repeated(
      1,
      messages.map(({ message }) => message),
    )
    .present(2, encodePage(page, messages))
    .finish();
}
