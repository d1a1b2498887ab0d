import type { MeshPeerStatus } from "mesh-sdk";

/** Text in the exposition format of Prometheus, version 0.0.4. No label names anybody. */
export function renderMetrics(status: MeshPeerStatus, eventStreams: number): string {
  const gauges: readonly (readonly [string, number])[] = [
    ["mesh_links", status.links],
    ["mesh_proven_links", status.provenLinks],
    ["mesh_channels", status.channels],
    ["mesh_unhandled_messages", status.unhandled],
    ["mesh_given_up_messages", status.givenUp],
    ["mesh_stored_messages", status.stored],
    ["mesh_stored_bytes", status.storedBytes],
    ["mesh_quarantined_messages", status.quarantined],
    ["mesh_unopened_messages", status.unopened],
    ["mesh_made_elsewhere_messages", status.madeElsewhere],
    ["mesh_queued_messages", status.queueDepth],
    ["mesh_last_inbound_timestamp_seconds", (status.lastInboundAtMs ?? 0) / 1000],
    ["mesh_event_streams", eventStreams],
    ["process_resident_memory_bytes", process.memoryUsage.rss()],
  ];
  const lines = gauges.flatMap(([name, value]) => [`# TYPE ${name} gauge`, `${name} ${value}`]);
  return `${lines.join("\n")}\n`;
}
