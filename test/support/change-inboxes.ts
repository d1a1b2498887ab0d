import type { XmtpInbox, XmtpNetwork } from "convos-node-sdk";

/** The real network, of whose inboxes a test has changed something. */
export function changeInboxes(
  network: XmtpNetwork,
  change: (inbox: XmtpInbox) => Partial<XmtpInbox>,
): XmtpNetwork {
  return {
    ...network,
    async openInbox(options) {
      const inbox = await network.openInbox(options);
      return { ...inbox, ...change(inbox) };
    },
  };
}
