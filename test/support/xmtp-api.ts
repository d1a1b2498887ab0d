import protobuf from "protobufjs";

/**
 * The node's API in its own schema language, as far as the node speaks it. Written down apart from the node's code and
 * read by another implementation of protobuf, so that the two check each other.
 */
const SCHEMA = `
  syntax = "proto3";
  message Empty {}
  message PagingInfo { uint32 direction = 1; uint32 limit = 2; uint64 id_cursor = 3; }

  message KeyPackage { bytes key_package_tls_serialized = 1; }
  message UploadKeyPackageRequest { KeyPackage key_package = 1; bool is_inbox_id_credential = 2; }
  message RegisterInstallationResponse { bytes installation_key = 1; }
  message FetchKeyPackagesRequest { repeated bytes installation_keys = 1; }
  message FetchKeyPackagesResponse { repeated KeyPackage key_packages = 1; }

  message GroupInputV1 { bytes data = 1; bytes sender_hmac = 2; bool should_push = 3; }
  message GroupInput { GroupInputV1 v1 = 1; }
  message SendGroupMessagesRequest { repeated GroupInput messages = 1; }
  message GroupV1 {
    uint64 id = 1; uint64 created_ns = 2; bytes group_id = 3; bytes data = 4; bytes sender_hmac = 5;
    bool should_push = 6; bool is_commit = 7;
  }
  message GroupMessage { GroupV1 v1 = 1; }
  message QueryGroupMessagesRequest { bytes group_id = 1; PagingInfo paging_info = 2; }
  message QueryGroupMessagesResponse { repeated GroupMessage messages = 1; PagingInfo paging_info = 2; }
  message GetNewestGroupMessageRequest { repeated bytes group_ids = 1; bool include_content = 2; }
  message NewestGroupMessage { optional GroupMessage group_message = 1; }
  message GetNewestGroupMessageResponse { repeated NewestGroupMessage responses = 1; }
  message Filter { bytes topic = 1; uint64 id_cursor = 2; }
  message SubscribeRequest { repeated Filter filters = 1; }

  message WelcomeInputV1 {
    bytes installation_key = 1; bytes data = 2; bytes hpke_public_key = 3; uint32 wrapper_algorithm = 4;
    bytes welcome_metadata = 7;
  }
  message PointerInput {
    bytes installation_key = 1; bytes welcome_pointer = 2; bytes hpke_public_key = 3; uint32 wrapper_algorithm = 4;
  }
  message WelcomeInput { oneof version { WelcomeInputV1 v1 = 1; PointerInput welcome_pointer = 2; } }
  message SendWelcomeMessagesRequest { repeated WelcomeInput messages = 1; }
  message WelcomeV1 {
    uint64 id = 1; uint64 created_ns = 2; bytes installation_key = 3; bytes data = 4; bytes hpke_public_key = 5;
    uint32 wrapper_algorithm = 6; bytes welcome_metadata = 7;
  }
  message WelcomePointer {
    uint64 id = 1; uint64 created_ns = 2; bytes installation_key = 3; bytes welcome_pointer = 4;
    bytes hpke_public_key = 5; uint32 wrapper_algorithm = 6;
  }
  message WelcomeMessage { oneof version { WelcomeV1 v1 = 1; WelcomePointer welcome_pointer = 2; } }
  message QueryWelcomeMessagesRequest { bytes installation_key = 1; PagingInfo paging_info = 2; }
  message QueryWelcomeMessagesResponse { repeated WelcomeMessage messages = 1; PagingInfo paging_info = 2; }

  message LogSignature { bytes bytes = 1; bytes public_key = 2; }
  message LogEntry { bytes group_id = 1; bytes serialized_commit_log_entry = 2; LogSignature signature = 3; }
  message BatchPublishCommitLogRequest { repeated LogEntry requests = 1; }
  message LogQuery { bytes group_id = 1; PagingInfo paging_info = 2; }
  message BatchQueryCommitLogRequest { repeated LogQuery requests = 1; }
  message StoredLogEntry { uint64 sequence_id = 1; bytes serialized_commit_log_entry = 2; LogSignature signature = 3; }
  message LogAnswer { bytes group_id = 1; repeated StoredLogEntry commit_log_entries = 2; PagingInfo paging_info = 3; }
  message BatchQueryCommitLogResponse { repeated LogAnswer responses = 1; }

  message Member { oneof kind { string ethereum_address = 1; bytes installation_public_key = 2; } }
  message Erc191 { bytes bytes = 1; }
  message Erc6492 { string account_id = 1; uint64 block_number = 2; bytes signature = 3; }
  message InstallationSignature { bytes bytes = 1; bytes public_key = 2; }
  message Signature {
    oneof signature { Erc191 erc_191 = 1; Erc6492 erc_6492 = 2; InstallationSignature installation_key = 3; }
  }
  message CreateInbox {
    string initial_identifier = 1; uint64 nonce = 2; Signature initial_identifier_signature = 3;
    uint32 initial_identifier_kind = 4;
  }
  message AddMember {
    Member new_member_identifier = 1; Signature existing_member_signature = 2; Signature new_member_signature = 3;
  }
  message RevokeMember { Member member_to_revoke = 1; Signature recovery_identifier_signature = 2; }
  message ChangeRecovery {
    string new_recovery_identifier = 1; Signature existing_recovery_identifier_signature = 2;
    uint32 new_recovery_identifier_kind = 3;
  }
  message Action {
    oneof kind {
      CreateInbox create_inbox = 1; AddMember add = 2; RevokeMember revoke = 3; ChangeRecovery change_recovery = 4;
    }
  }
  message IdentityUpdate { repeated Action actions = 1; uint64 client_timestamp_ns = 2; string inbox_id = 3; }
  message PublishIdentityUpdateRequest { IdentityUpdate identity_update = 1; }
  message UpdatesQuery { string inbox_id = 1; uint64 sequence_id = 2; }
  message GetIdentityUpdatesRequest { repeated UpdatesQuery requests = 1; }
  message LoggedUpdate { uint64 sequence_id = 1; uint64 server_timestamp_ns = 2; IdentityUpdate update = 3; }
  message UpdatesAnswer { string inbox_id = 1; repeated LoggedUpdate updates = 2; }
  message GetIdentityUpdatesResponse { repeated UpdatesAnswer responses = 1; }
  message InboxQuery { string identifier = 1; uint32 identifier_kind = 2; }
  message GetInboxIdsRequest { repeated InboxQuery requests = 1; }
  message InboxAnswer { string identifier = 1; optional string inbox_id = 2; uint32 identifier_kind = 3; }
  message GetInboxIdsResponse { repeated InboxAnswer responses = 1; }
  message ContractSignature { string account_id = 1; uint64 block_number = 2; bytes signature = 3; bytes hash = 4; }
  message VerifyRequest { repeated ContractSignature signatures = 1; }
  message Verdict { bool is_valid = 1; optional uint64 block_number = 2; optional string error = 3; }
  message VerifyResponse { repeated Verdict responses = 1; }
`;

const { root } = protobuf.parse(SCHEMA, { keepCase: false });

const MLS = "/xmtp.mls.api.v1.MlsApi/";
const IDENTITY = "/xmtp.identity.api.v1.IdentityApi/";

/** Where each method is, and its messages. */
const METHODS = {
  UploadKeyPackage: [MLS, "UploadKeyPackageRequest", "Empty"],
  RegisterInstallation: [MLS, "UploadKeyPackageRequest", "RegisterInstallationResponse"],
  FetchKeyPackages: [MLS, "FetchKeyPackagesRequest", "FetchKeyPackagesResponse"],
  SendGroupMessages: [MLS, "SendGroupMessagesRequest", "Empty"],
  SendWelcomeMessages: [MLS, "SendWelcomeMessagesRequest", "Empty"],
  QueryGroupMessages: [MLS, "QueryGroupMessagesRequest", "QueryGroupMessagesResponse"],
  QueryWelcomeMessages: [MLS, "QueryWelcomeMessagesRequest", "QueryWelcomeMessagesResponse"],
  SubscribeGroupMessages: [MLS, "SubscribeRequest", "GroupMessage"],
  SubscribeWelcomeMessages: [MLS, "SubscribeRequest", "WelcomeMessage"],
  GetNewestGroupMessage: [MLS, "GetNewestGroupMessageRequest", "GetNewestGroupMessageResponse"],
  BatchPublishCommitLog: [MLS, "BatchPublishCommitLogRequest", "Empty"],
  BatchQueryCommitLog: [MLS, "BatchQueryCommitLogRequest", "BatchQueryCommitLogResponse"],
  PublishIdentityUpdate: [IDENTITY, "PublishIdentityUpdateRequest", "Empty"],
  GetIdentityUpdates: [IDENTITY, "GetIdentityUpdatesRequest", "GetIdentityUpdatesResponse"],
  GetInboxIds: [IDENTITY, "GetInboxIdsRequest", "GetInboxIdsResponse"],
  VerifySmartContractWalletSignatures: [IDENTITY, "VerifyRequest", "VerifyResponse"],
} as const;

export type XmtpMethod = keyof typeof METHODS;

/** A message by its field names in camelCase; 64-bit numbers read as texts, bytes as Buffers, absent ones as zero values. */
export type XmtpObject = Readonly<Record<string, unknown>>;

export function pathOf(method: XmtpMethod): string {
  return METHODS[method][0] + method;
}

export function encodeXmtpRequest(method: XmtpMethod, request: XmtpObject): Uint8Array {
  return encodeXmtp(METHODS[method][1], request);
}

export function decodeXmtpAnswer(method: XmtpMethod, bytes: Uint8Array): XmtpObject {
  const type = root.lookupType(METHODS[method][2]);
  return type.toObject(type.decode(bytes), { longs: String, bytes: Buffer, arrays: true });
}

/** @param type - Name of a message in the schema. */
function encodeXmtp(type: string, value: XmtpObject): Uint8Array {
  const messageType = root.lookupType(type);
  return messageType.encode(messageType.fromObject(value)).finish();
}
