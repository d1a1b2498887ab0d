import { fastify, type FastifyInstance } from "fastify";

const MAX_CONNECTIONS = 256;
const REQUEST_TIMEOUT_MS = 10_000;
/** Readers ask every ten minutes; a proxy in front may answer for so long. */
const CACHE_SECONDS = 60;

/**
 * Serves a list at the two addresses that the reference serves it at, to pages of any site too; everything else is 404.
 * Nothing listens yet.
 *
 * @param readList - JSON text of the list as it is now.
 */
export function createListServer(readList: () => string): FastifyInstance {
  const app = fastify({
    bodyLimit: 1,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook("onSend", (_request, reply, _payload, done) => {
    reply.header("access-control-allow-origin", "*");
    done();
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "not_found" }));
  for (const url of ["/", "/bootstrap.json"]) {
    app.route({
      method: "GET",
      url,
      handler: (_request, reply) =>
        reply
          .header("cache-control", `max-age=${CACHE_SECONDS}`)
          .type("application/json; charset=utf-8")
          .send(readList()),
    });
  }
  return app;
}
