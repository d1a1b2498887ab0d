import { invalidArgument } from "../grpc/status.ts";
import { FieldWriter, type Fields } from "../wire/fields.ts";
import { readInstallationKey } from "../wire/mls.ts";
import type { CallContext } from "./call-context.ts";

/** UploadKeyPackage: the newest one of an installation counts. */
export function uploadKeyPackage(context: CallContext, request: Fields): Uint8Array {
  storeKeyPackage(context, request);
  return new Uint8Array(0);
}

/** RegisterInstallation: what UploadKeyPackage was called before; answers with the key. */
export function registerInstallation(context: CallContext, request: Fields): Uint8Array {
  return new FieldWriter().bytes(1, storeKeyPackage(context, request)).finish();
}

function storeKeyPackage({ store }: CallContext, request: Fields): Uint8Array {
  const keyPackage = request.message(1).bytes(1);
  if (keyPackage.length === 0) throw invalidArgument("UploadKeyPackage: no key package");
  const installationKey = readInstallationKey(keyPackage);
  store.keyPackages.put(installationKey, keyPackage);
  return installationKey;
}

/** FetchKeyPackages: one entry per key, in the order asked; empty for an installation that nobody registered. */
export function fetchKeyPackages({ store }: CallContext, request: Fields): Uint8Array {
  const entries = request.repeated(1).map((installationKey) => {
    const keyPackage = store.keyPackages.get(installationKey);
    return keyPackage === undefined
      ? new Uint8Array(0)
      : new FieldWriter().present(1, keyPackage).finish();
  });
  return new FieldWriter().repeated(1, entries).finish();
}
