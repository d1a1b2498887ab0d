/** The seven calls of docs/protocol/gossip.md §9, below a base that ends in `/api`. */
export const RELAY_ROUTES = {
  auth: { method: "POST", path: "/auth" },
  auth_retrieve: { method: "POST", path: "/auth/retrieve" },
  bulletin_post: { method: "POST", path: "/bulletin" },
  bulletin_page: { method: "GET", path: "/bulletin" },
  bulletin_counter: { method: "GET", path: "/bulletin/counter" },
  messages_post: { method: "POST", path: "/messages" },
  messages_fetch: { method: "POST", path: "/messages/fetch" },
} as const;

export type RelayRoute = keyof typeof RELAY_ROUTES;

/** What a call answers: always a status and a JSON body, because the official client parses every body. */
export interface CallAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a call reads of a request. */
export interface CallInput {
  readonly body: unknown;
  readonly query: unknown;
}
