import { invalidArgument } from "../grpc/status.ts";
import { MAX_PAGE_ITEMS } from "../limits.ts";
import { BEYOND_ALL_IDS, type Page } from "../store/page.ts";
import { FieldWriter, type Fields } from "../wire/fields.ts";

const ASCENDING = 1;
const DESCENDING = 2;

/** Reads a PagingInfo: newest first unless asked otherwise, 100 items unless fewer are wanted, the cursor exclusive. */
export function readPage(info: Fields): Page {
  return readPageInDirection(info, info.uint32(1) === ASCENDING);
}

/** Reads a PagingInfo of a log that can be read in one direction only. */
export function readAscendingPage(info: Fields): Page {
  if (info.uint32(1) === DESCENDING) throw invalidArgument("paging: ascending only");
  return readPageInDirection(info, true);
}

function readPageInDirection(info: Fields, isAscending: boolean): Page {
  const cursor = info.uint64(3);
  const limit = info.uint32(2);
  return {
    direction: isAscending ? "ascending" : "descending",
    cursor: cursor > BEYOND_ALL_IDS || (cursor === 0n && !isAscending) ? BEYOND_ALL_IDS : cursor,
    limit: limit === 0 || limit > MAX_PAGE_ITEMS ? MAX_PAGE_ITEMS : limit,
  };
}

/** The PagingInfo of an answer: a cursor only when the page is full, so that the client knows where it ends. */
export function encodePage(page: Page, items: readonly { readonly id: bigint }[]): Uint8Array {
  const last = items.length === page.limit ? items.at(-1) : undefined;
  return new FieldWriter()
    .uint32(1, page.direction === "ascending" ? ASCENDING : DESCENDING)
    .uint32(2, page.limit)
    .uint64(3, last?.id ?? 0n)
    .finish();
}
