export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Narrows a parsed JSON value to an object with keys. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lays `patch` over `base`: objects merge key by key, everything else (arrays too) is replaced. Inputs stay as they are. */
export function mergeJson(base: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const below = merged[key];
    merged[key] = isJsonObject(below) && isJsonObject(value) ? mergeJson(below, value) : value;
  }
  return merged;
}
