import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client, type Identifier, type Signer } from "@xmtp/node-sdk";
import { createWallet, type Wallet } from "../../packages/xmtp-local-node/test-support/wallet.ts";
import { ETHEREUM } from "./xmtp-enums.ts";

/** Someone with a wallet and one real XMTP client. */
export interface XmtpPerson {
  readonly client: Client;
  readonly wallet: Wallet;
  /** The client's database: open it again with {@link XmtpPeople.reopen}. */
  readonly databasePath: string;
}

/** Real XMTP clients on a local node, their databases in a folder that goes with them. */
export class XmtpPeople implements AsyncDisposable {
  readonly #apiUrl: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "xmtp-people-"));
  readonly #clients = new Set<Client>();
  #databases = 0;

  /** @param apiUrl - Of the node, such as "http://127.0.0.1:5556". */
  constructor(apiUrl: string) {
    this.#apiUrl = apiUrl;
  }

  /** Registers a new installation: for a new wallet, or another one for a wallet that has some. */
  async join(wallet = createWallet()): Promise<XmtpPerson> {
    this.#databases += 1;
    const databasePath = path.join(this.#folder, `${this.#databases}.db3`);
    return { client: await this.#open(wallet, databasePath), wallet, databasePath };
  }

  /** Closes a client and opens its database with a new one. */
  async reopen({ client, wallet, databasePath }: XmtpPerson): Promise<XmtpPerson> {
    await this.#close(client);
    return { client: await this.#open(wallet, databasePath), wallet, databasePath };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await this.#close(client);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #open(wallet: Wallet, dbPath: string): Promise<Client> {
    const client = await Client.create(signerOf(wallet), {
      env: "local",
      apiUrl: this.#apiUrl,
      dbPath,
      dbEncryptionKey: new Uint8Array(32).fill(7),
      disableDeviceSync: true,
    });
    this.#clients.add(client);
    return client;
  }

  async #close(client: Client): Promise<void> {
    this.#clients.delete(client);
    await client.close();
  }
}

/** A wallet as the SDK wants it. */
export function signerOf(wallet: Wallet): Signer {
  return {
    type: "EOA",
    getIdentifier: () => identifierOf(wallet),
    signMessage: (text) => wallet.sign(text),
  };
}

export function identifierOf({ address }: Wallet): Identifier {
  return { identifier: address, identifierKind: ETHEREUM };
}
