import type { BoardCounts } from "./board-store.ts";

/** One answered request. The route is the pattern, never the URL; no address, body, or key. */
export interface RequestLogLine {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly ms: number;
}

export interface RelayMetrics {
  observe(line: RequestLogLine): void;
  pruned(rows: number): void;
  /** Prometheus text exposition format, version 0.0.4. */
  render(board: BoardCounts & { readonly newestCounter: bigint }): string;
}

export function createRelayMetrics(): RelayMetrics {
  const requests = new Map<string, number>();
  const seconds = new Map<string, { count: number; sum: number }>();
  let bytesIn = 0;
  let bytesOut = 0;
  let prunedRows = 0;
  return {
    observe(line) {
      const labels = `method="${line.method}",route="${line.route}"`;
      const key = `${labels},status="${line.status}"`;
      requests.set(key, (requests.get(key) ?? 0) + 1);
      const timing = seconds.get(labels) ?? { count: 0, sum: 0 };
      timing.count += 1;
      timing.sum += line.ms / 1000;
      seconds.set(labels, timing);
      bytesIn += line.bytesIn;
      bytesOut += line.bytesOut;
    },
    pruned(rows) {
      prunedRows += rows;
    },
    render(board) {
      return [
        "# TYPE gossip_relay_requests_total counter",
        ...[...requests].map(([key, n]) => `gossip_relay_requests_total{${key}} ${n}`),
        "# TYPE gossip_relay_request_seconds summary",
        ...[...seconds].flatMap(([labels, { count, sum }]) => [
          `gossip_relay_request_seconds_sum{${labels}} ${sum}`,
          `gossip_relay_request_seconds_count{${labels}} ${count}`,
        ]),
        "# TYPE gossip_relay_received_bytes_total counter",
        `gossip_relay_received_bytes_total ${bytesIn}`,
        "# TYPE gossip_relay_sent_bytes_total counter",
        `gossip_relay_sent_bytes_total ${bytesOut}`,
        "# TYPE gossip_relay_pruned_rows_total counter",
        `gossip_relay_pruned_rows_total ${prunedRows}`,
        "# TYPE gossip_relay_rows gauge",
        `gossip_relay_rows{table="keys"} ${board.keys}`,
        `gossip_relay_rows{table="announcements"} ${board.announcements}`,
        `gossip_relay_rows{table="values"} ${board.values}`,
        "# TYPE gossip_relay_bulletin_counter gauge",
        `gossip_relay_bulletin_counter ${board.newestCounter}`,
        "",
      ].join("\n");
    },
  };
}
