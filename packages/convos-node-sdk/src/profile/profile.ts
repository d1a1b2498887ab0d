import type { EncryptedImageRef } from "../metadata/image-ref.ts";

/** What members may say about themselves beside name and image. */
export type ProfileMetadata = ReadonlyMap<string, string | number | boolean>;

/** How a member shows itself in one conversation. Self-chosen: never a reason to trust anybody. */
export interface Profile {
  /** Empty is written as such, and read as absent. */
  readonly name?: string;
  readonly image?: EncryptedImageRef;
  /** Absent for people, and for software that does not say so. */
  readonly memberKind?: "agent";
  readonly metadata?: ProfileMetadata;
}

/** A profile and whose it is. */
export interface MemberProfile extends Profile {
  /** 64 hexadecimal characters. */
  readonly inboxId: string;
}
