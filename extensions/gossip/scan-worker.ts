// The SDK starts this thread from a file beside the bundle that it is part of.
// oxlint-disable-next-line import/no-unassigned-import -- it is run for what it does
import "gossip-sdk/scan-worker";
