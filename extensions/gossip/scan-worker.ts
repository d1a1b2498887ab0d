// The SDK starts this thread from a file beside the bundle that it is part of.
import "gossip-sdk/scan-worker";
