import type { BundledPart } from "./bundled-parts.ts";

const RULE = "-".repeat(80);

/** The text of THIRD-PARTY-NOTICES: every foreign part with its license, word for word. */
export function renderNotices(pluginName: string, parts: readonly BundledPart[]): string {
  const sections = parts
    .filter(({ isOurs }) => !isOurs)
    .map(({ name, version, license, texts }) =>
      [RULE, `${name} ${version} (${license})`, RULE, "", ...texts, ""].join("\n"),
    );
  const head = `${pluginName} contains code of the following packages, each under its own license.\n`;
  return [head, ...sections].join("\n");
}

/**
 * A software bill of materials in CycloneDX 1.6 JSON. It has neither a date nor a serial number, so that the same
 * source always gives the same bytes.
 */
export function renderBillOfMaterials(
  plugin: { name: string; version: string; license: string },
  parts: readonly BundledPart[],
): string {
  const root = component(plugin.name, plugin.version, plugin.license, "application");
  const components = parts.map(({ name, version, license }) =>
    component(name, version, license, "library"),
  );
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: root },
    components,
    // One flat bundle: the host gives everything else.
    dependencies: [
      { ref: root["bom-ref"], dependsOn: components.map((part) => part["bom-ref"]) },
      ...components.map((part) => ({ ref: part["bom-ref"] })),
    ],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function component(name: string, version: string, license: string, type: string) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  // An expression such as "MIT OR Apache-2.0" has its own field.
  const licenses = license.includes(" ")
    ? [{ expression: license }]
    : [{ license: { id: license } }];
  return { type, "bom-ref": purl, name, version, licenses: licenses, purl };
}
