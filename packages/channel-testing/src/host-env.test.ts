import { describe, expect, it } from "vitest";
import { buildHostEnv } from "./host-env.ts";
import { resolveHostPaths } from "./host-paths.ts";

const paths = resolveHostPaths("/h");
const source = {
  PATH: "/usr/bin",
  LANG: "C.UTF-8",
  OPENAI_API_KEY: "secret",
  OPENCLAW_CONFIG_PATH: "/elsewhere",
  NODE_OPTIONS: "--inspect",
  npm_config_registry: "http://127.0.0.1:4873/",
  VITEST: "true",
};

describe("buildHostEnv", () => {
  it("keeps the locale and leaves keys, host settings and the test runner behind", () => {
    const env = buildHostEnv(source, { paths });
    expect(env).toMatchObject({ LANG: "C.UTF-8", HOME: "/h", OPENCLAW_STATE_DIR: "/h/.openclaw" });
    for (const name of ["OPENAI_API_KEY", "OPENCLAW_CONFIG_PATH", "VITEST", "npm_config_registry"])
      expect(env).not.toHaveProperty(name);
  });

  it("preloads the loopback guard instead of the caller's node options", () => {
    const env = buildHostEnv(source, { paths, allowHosts: ["api.example.com"] });
    expect(env["NODE_OPTIONS"]).toMatch(/^--require=".*loopback-guard\.ts"$/);
    expect(env["LOOPBACK_GUARD_ALLOW"]).toBe("api.example.com");
  });

  it("keeps the guard beside the node options of a test", () => {
    const env = buildHostEnv(source, { paths, env: { NODE_OPTIONS: "--report-on-signal" } });
    expect(env["NODE_OPTIONS"]).toMatch(/loopback-guard\.ts" --report-on-signal$/);
  });

  it("lifts the guard and hands npm's settings on for an install", () => {
    const env = buildHostEnv(source, { paths, network: true });
    expect(env).not.toHaveProperty("NODE_OPTIONS");
    expect(env["npm_config_registry"]).toBe("http://127.0.0.1:4873/");
  });

  it("puts the running node first on the path", () => {
    const [first] = (buildHostEnv(source, { paths })["PATH"] ?? "").split(":");
    expect(process.execPath.startsWith(`${first}/`)).toBe(true);
  });
});
