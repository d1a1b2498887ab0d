// `openclaw mesh backup` is that of every channel of ours.
export { backUp } from "channel-kit/terminal";
